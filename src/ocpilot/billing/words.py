"""A verdict in plain words, through a translation."""

from decimal import Decimal

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark
from ocpilot.billing.causes import Cause
from ocpilot.billing.check import Difference

_CAUSES = {
    Cause.STEP_NOT_APPLIED: mark("they billed what was measured, the tariff bills whole steps"),
    Cause.TAX_IN_NET: mark("they wrote the amount with VAT where the one without belongs"),
    Cause.TAX_MISSING: mark("they left out the VAT"),
    Cause.PARKING_AS_CHARGING: mark("they billed parking like charging, or not at all"),
    Cause.PRICE_CHANGES_INSIDE_PERIOD: mark("the price changes within a charging period"),
    Cause.PERIODS_DO_NOT_ADD_UP: mark("the charging periods do not add up to it"),
    Cause.PARTS_DO_NOT_ADD_UP: mark("their parts do not add up to their total"),
    Cause.ROUNDING: mark("rounding"),
}


def cause_text(cause: Cause, translate: Translate) -> str:
    """What probably lies behind a difference."""
    return translate(_CAUSES[cause])


def difference_text(difference: Difference, translate: Translate, locale: str) -> str:
    """`total_cost: theirs 4.40, ours 4.00, difference 0.40 (they wrote ...)`."""
    numbers = [_shown(value, locale) for value in (difference.theirs, difference.ours, difference.size)]
    text = translate(mark("{name}: theirs {theirs}, ours {ours}, difference {size}"))
    shown = text.format(name=difference.name, theirs=numbers[0], ours=numbers[1], size=numbers[2])
    return f"{shown} ({cause_text(difference.cause, translate)})" if difference.cause else shown


def _shown(value: Decimal | None, locale: str) -> str:
    return "–" if value is None else formats.number(value, locale, 4)
