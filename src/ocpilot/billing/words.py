"""A verdict in plain words, through a translation."""

from decimal import Decimal

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark
from ocpilot.billing.causes import Cause
from ocpilot.billing.check import State
from ocpilot.billing.numbers import Difference
from ocpilot.billing.structure import Oddity

_CAUSES = {
    Cause.STEP_NOT_APPLIED: mark("they billed what was measured, the tariff bills whole steps"),
    Cause.STEP_PER_PERIOD: mark("they rounded every period up to whole steps, not the whole charge once"),
    Cause.ENERGY_ROUNDED: mark("they rounded the energy before pricing it"),
    Cause.MINUTES_AS_HOURS: mark("minutes were taken for hours, or hours for minutes"),
    Cause.WH_AS_KWH: mark("Wh were taken for kWh, or kWh for Wh"),
    Cause.DUPLICATE_DIMENSION: mark("a quantity stands twice in a charging period"),
    Cause.TAX_IN_NET: mark("they wrote the amount with VAT where the one without belongs"),
    Cause.TAX_TWICE: mark("they added the VAT twice"),
    Cause.TAX_MISSING: mark("they left out the VAT"),
    Cause.TAX_TAKEN_OUT: mark("they took VAT out of prices that are without it"),
    Cause.TAX_RATE: mark("their VAT rate is not the tariff's"),
    Cause.PARKING_AS_CHARGING: mark("they billed parking like charging, or not at all"),
    Cause.CHARGING_AS_PARKING: mark("they billed charging like parking"),
    Cause.PARKING_LEFT_OUT: mark("they left out the parking"),
    Cause.PERIODS_OVERLAP: mark("charging periods overlap: their times are longer than the periods"),
    Cause.GAPS: mark("there are gaps between the charging periods"),
    Cause.PERIODS_OUT_OF_ORDER: mark("the charging periods are not in order of time"),
    Cause.PRICE_CHANGES_INSIDE_PERIOD: mark("the price changes within a charging period"),
    Cause.END_BEFORE_START: mark("the charge ends before it starts"),
    Cause.LOCAL_TIME_AS_UTC: mark("they read the tariff's local times as UTC"),
    Cause.OTHER_TIME_ZONE: mark("they read the tariff's times in another time zone"),
    Cause.TARIFF_CHANGED: mark("the tariff changed during the charge, and they used one for all of it"),
    Cause.OTHER_TARIFF: mark("they used another tariff"),
    Cause.OTHER_COPY: mark("their copy of the tariff is not ours"),
    Cause.OTHER_ELEMENT: mark("they used a price of the tariff that does not apply then"),
    Cause.PRICE_NOT_IN_TARIFF: mark("they used a price that is not in the tariff"),
    Cause.CURRENCY_MISMATCH: mark("the currency is not the tariff's"),
    Cause.NOT_BILLED: mark("they billed nothing"),
    Cause.FLAT_TWICE: mark("they billed the start fee more than once"),
    Cause.FLAT_MISSING: mark("they left out the start fee"),
    Cause.LIMIT_IGNORED: mark("they did not heed the minimum or maximum price"),
    Cause.RESERVATION_NOT_PRICED: mark("they did not bill the reservation"),
    Cause.RESERVATION_TWICE: mark("they billed the reservation twice"),
    Cause.RESERVATION_EXPIRED: mark("they billed a used reservation as an expired one, or the other way around"),
    Cause.PART_LEFT_OUT: mark("they left a part of the cost out"),
    Cause.CREDIT_SIGN: mark("in a credit the total must be negative, and only the total"),
    Cause.ENERGY_DOES_NOT_ADD_UP: mark("the energy of the charging periods does not add up to the total"),
    Cause.PERIODS_DO_NOT_ADD_UP: mark("the charging periods do not add up to it"),
    Cause.PARTS_DO_NOT_ADD_UP: mark("their parts do not add up to their total"),
    Cause.ROUNDED_PER_LINE: mark("they rounded every line, not the total"),
    Cause.ROUNDED_PER_PERIOD: mark("they rounded every charging period, not the total"),
    Cause.TRUNCATED: mark("they cut decimals off instead of rounding"),
    Cause.ROUNDING: mark("rounding"),
}
_STATES = {
    State.AGREES: mark("agrees"),
    State.DIFFERS: mark("differs"),
    State.NOT_PRICED: mark("cannot be priced"),
}


def state_text(state: State, translate: Translate) -> str:
    """What a check came to."""
    return translate(_STATES[state])


def cause_text(cause: Cause, translate: Translate) -> str:
    """What probably lies behind a difference."""
    return translate(_CAUSES[cause])


def causes_text(difference: Difference, translate: Translate) -> str:
    """The likeliest cause, and others that explain the size as well; empty when none is known."""
    if difference.cause is None:
        return ""
    texts = [cause_text(cause, translate) for cause in (difference.cause, *difference.others)]
    return translate(mark("; or: ")).join(texts)


class DifferenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One difference as a table shows it: all texts; `unit` is that of its numbers."""

    name: str
    theirs: str
    ours: str
    size: str
    unit: str
    causes: str


def difference_row(difference: Difference, currency: str, translate: Translate, locale: str) -> DifferenceRow:
    """The numbers as the locale writes them, an amount with the decimals of its currency."""
    places = _places(difference)
    return DifferenceRow(
        name=difference.name,
        theirs=_shown(difference.theirs, places, locale),
        ours=_shown(difference.ours, places, locale),
        size=_shown(difference.size, places, locale),
        unit=currency if "_cost" in difference.name else "kWh" if difference.name == "total_energy" else "h",
        causes=causes_text(difference, translate),
    )


def difference_text(difference: Difference, currency: str, translate: Translate, locale: str) -> str:
    """`total_cost: theirs 4.40, ours 4.00, difference 0.40 EUR (they wrote ...)`."""
    row = difference_row(difference, currency, translate, locale)
    text = translate(mark("{name}: theirs {theirs}, ours {ours}, difference {size}"))
    shown = text.format(name=row.name, theirs=row.theirs, ours=row.ours, size=f"{row.size} {row.unit}")
    return f"{shown} ({row.causes})" if row.causes else shown


def row_text(difference: Difference, currency: str) -> tuple[str, str]:
    """What was found and what was expected, in English: `total_cost 4.40 EUR`, `4.00 EUR: they wrote ...`."""
    row = difference_row(difference, currency, str, "en")
    expected = f"{row.ours} {row.unit}"
    return f"{row.name} {row.theirs} {row.unit}", f"{expected}: {row.causes}" if row.causes else expected


def oddity_text(oddity: Oddity, translate: Translate) -> str:
    """`the charge ends before it starts ($.end_date_time: found ..., expected ...)`."""
    return f"{cause_text(oddity.cause, translate)} ({oddity.problem})"


def _places(difference: Difference) -> int:
    """Decimals of an amount: as many as ours has, which are its currency's; of a volume none are needed."""
    exponent = 0 if difference.ours is None else difference.ours.as_tuple().exponent
    return -exponent if "_cost" in difference.name and isinstance(exponent, int) and exponent < 0 else 0


def _shown(value: Decimal | None, places: int, locale: str) -> str:
    if value is None:
        return "–"
    is_longer = round(value, places) != value
    return formats.number(value, locale, 4) if is_longer else formats.fixed(value, locale, places)
