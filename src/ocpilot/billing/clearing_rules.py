"""What speaks against paying a CDR: rules over the CDR, what pricing it again came to, and what is known around it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ocpilot.base import formats
from ocpilot.base.ids import fold
from ocpilot.base.problem import Severity
from ocpilot.base.time import hours, write
from ocpilot.billing.causes import Cause
from ocpilot.billing.check import TariffSource, Verdict
from ocpilot.billing.clearing_limits import ClearingLimits, Rule
from ocpilot.billing.numbers import COSTS, numbers_in
from ocpilot.billing.power import most_of_kind
from ocpilot.billing.words import oddity_text, row_text
from ocpilot.wire.v230 import CDR

#: How far two starts may be apart that are the same one, and how long two charges may overlap: clocks differ.
_SAME = timedelta(minutes=1)
#: A Token that stands for nobody in particular (transport_and_format, "No data available").
_NOBODY = "#na"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found and what it expected, in words of English a finance person reads."""

    rule: Rule
    found: str
    expected: str


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """Another CDR that was looked at before, of the same Session, or of the same Token or EVSE at the same time;
    `party` as `SELAD`. `credited`: it was taken back."""

    party: str
    id: str
    session: str | None
    token_uid: str
    location_id: str
    evse_uid: str
    starts: datetime
    ends: datetime
    credited: bool


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What is known around a CDR. `came_at` None: it is ours, made when the charge ended. `signed` is why its signed
    meter values are held against it. None for what is not for us to know: whether we know its Token (somebody else's
    driver), its Location and EVSE (ours). `connector_kw` is what the Connector gives at most by our copy of the
    Location, None where we have none."""

    verdict: Verdict
    came_at: datetime | None = None
    signed: str | None = None
    token_known: bool | None = None
    place_known: bool | None = None
    connector_kw: Decimal | None = None
    neighbours: tuple[Neighbour, ...] = ()


def findings(cdr: CDR, around: Around, limits: ClearingLimits) -> tuple[Found, ...]:
    """All that is found of a CDR that is no credit, rule after rule."""
    return tuple(one for rule in _RULES for one in rule(cdr, around, limits))


def corrected(cdr: CDR, neighbours: Sequence[Neighbour]) -> tuple[Neighbour, ...]:
    """CDRs of the same charge that were taken back before this one came, in the order given."""
    return tuple(one for one in neighbours if one.credited and _is_same_charge(cdr, one))


# ---- the price -----------------------------------------------------------------------------------------------------


def _price(cdr: CDR, around: Around, _: ClearingLimits) -> Iterator[Found]:
    for difference in around.verdict.differences:
        theirs, ours = row_text(difference, cdr.currency)
        yield Found(rule=Rule.PRICE, found=theirs, expected=ours)


def _not_priced(_: CDR, around: Around, __: ClearingLimits) -> Iterator[Found]:
    verdict = around.verdict
    if verdict.ours.total is None:
        missing = verdict.source is TariffSource.NONE
        why = "no Tariff is known of it" if missing else "; ".join(map(str, verdict.ours.findings)) or "no price"
        yield Found(rule=Rule.NOT_PRICED, found=why, expected="a Tariff that it can be priced by")


def _structure(_: CDR, around: Around, __: ClearingLimits) -> Iterator[Found]:
    for oddity in around.verdict.findings:
        if oddity.problem.severity is Severity.ERROR and oddity.cause is not Cause.CURRENCY_MISMATCH:
            text = oddity_text(oddity, str)
            yield Found(rule=Rule.STRUCTURE, found=text, expected=oddity.problem.expected)


def _zero_cost(cdr: CDR, around: Around, _: ClearingLimits) -> Iterator[Found]:
    total = around.verdict.ours.total
    ours = None if total is None else total.amount.shown
    theirs = cdr.total_cost.before_taxes
    if ours is not None and around.verdict.differences and (theirs == 0) != (ours == 0):
        found, expected = (_money(one, cdr.currency) for one in (theirs, ours))
        yield Found(rule=Rule.ZERO_COST, found=found, expected=f"{expected} by the Tariff")


def _currency(cdr: CDR, around: Around, limits: ClearingLimits) -> Iterator[Found]:
    agreed = {one.upper() for one in limits.currencies}
    if agreed and cdr.currency.upper() not in agreed:
        expected = f"{' or '.join(sorted(agreed))}, as agreed with the partner"
        yield Found(rule=Rule.CURRENCY, found=cdr.currency, expected=expected)
    for oddity in around.verdict.findings:
        if oddity.cause is Cause.CURRENCY_MISMATCH:
            expected = f"{oddity.problem.expected}, the currency of its Tariff"
            yield Found(rule=Rule.CURRENCY, found=cdr.currency, expected=expected)


def _negative(cdr: CDR, _: Around, __: ClearingLimits) -> Iterator[Found]:
    numbers = numbers_in(cdr)
    for name in (*COSTS, "total_time"):
        if numbers.get(name, Decimal(0)) < 0:
            unit = cdr.currency if name in COSTS else "h"
            found = f"{name} {_plain(numbers[name])} {unit}"
            yield Found(rule=Rule.NEGATIVE, found=found, expected="nothing below zero in a CDR that is no credit")


def _cost(cdr: CDR, _: Around, limits: ClearingLimits) -> Iterator[Found]:
    most = limits.most_cost.get(cdr.currency.upper())
    if most is not None and cdr.total_cost.before_taxes > most:
        found = _money(cdr.total_cost.before_taxes, cdr.currency)
        yield Found(rule=Rule.COST, found=found, expected=f"at most {_money(most, cdr.currency)}")


# ---- the charge ----------------------------------------------------------------------------------------------------


def _duration(cdr: CDR, _: Around, limits: ClearingLimits) -> Iterator[Found]:
    lasted = hours(cdr.end_date_time - cdr.start_date_time)
    if max(lasted, cdr.total_time) > limits.most_hours:
        found = f"{_plain(max(lasted, cdr.total_time))} hours"
        yield Found(rule=Rule.DURATION, found=found, expected=f"at most {_plain(limits.most_hours)} hours")


def _energy(cdr: CDR, _: Around, limits: ClearingLimits) -> Iterator[Found]:
    if cdr.total_energy > limits.most_kwh:
        expected = f"at most {_plain(limits.most_kwh)} kWh"
        yield Found(rule=Rule.ENERGY, found=f"{_plain(cdr.total_energy)} kWh", expected=expected)


def _power(cdr: CDR, around: Around, limits: ClearingLimits) -> Iterator[Found]:
    """Of the whole time without parking; where that is nothing, no power is right."""
    kilowatts = around.connector_kw or most_of_kind(cdr.cdr_location)
    charging = hours(cdr.end_date_time - cdr.start_date_time) - (cdr.total_parking_time or Decimal(0))
    # Of less than a watt-hour per watt a rounded clock says anything.
    most = kilowatts * (1 + limits.power_tolerance) * max(charging, Decimal(0)) + kilowatts / 60
    if cdr.total_energy > most:
        mean = f"{cdr.total_energy / charging:.1f} kW on average" if charging > 0 else "no time"
        what = "the Connector gives" if around.connector_kw else f"{cdr.cdr_location.connector_power_type} can give"
        found = f"{_plain(cdr.total_energy)} kWh in {_plain(max(charging, Decimal(0)))} hours: {mean}"
        yield Found(rule=Rule.POWER, found=found, expected=f"at most {_plain(kilowatts)} kW, as {what}")


def _overlap(cdr: CDR, around: Around, _: ClearingLimits) -> Iterator[Found]:
    for one in around.neighbours:
        shared = min(cdr.end_date_time, one.ends) - max(cdr.start_date_time, one.starts)
        if one.credited or shared <= _SAME or _is_same_charge(cdr, one):
            continue
        what = "EVSE" if _is_same_place(cdr, one) else "Token"
        found = f"at the same {what} as CDR {_named(one)}, {write(one.starts)} to {write(one.ends)}"
        yield Found(rule=Rule.OVERLAP, found=found, expected=f"one charge per {what} at a time")


def _doubled(cdr: CDR, around: Around, _: ClearingLimits) -> Iterator[Found]:
    for one in around.neighbours:
        if not one.credited and _is_same_charge(cdr, one):
            found = f"the same charge as CDR {_named(one)}"
            yield Found(rule=Rule.DOUBLED, found=found, expected="one CDR per charge, or a Credit CDR for the first")


def _late(cdr: CDR, around: Around, limits: ClearingLimits) -> Iterator[Found]:
    if around.came_at is not None and around.came_at - cdr.end_date_time > timedelta(days=float(limits.late_days)):
        days = (around.came_at - cdr.end_date_time).days
        expected = f"at most {_plain(limits.late_days)} days"
        yield Found(rule=Rule.LATE, found=f"it came {days} days after the end of the charge", expected=expected)


# ---- who and where -------------------------------------------------------------------------------------------------


def _token(cdr: CDR, around: Around, _: ClearingLimits) -> Iterator[Found]:
    if around.token_known is False:
        token = cdr.cdr_token
        found = f"Token {token.uid}, contract {token.contract_id}"
        yield Found(rule=Rule.UNKNOWN_TOKEN, found=found, expected="a Token of ours")


def _place(cdr: CDR, around: Around, _: ClearingLimits) -> Iterator[Found]:
    if around.place_known is False:
        place = cdr.cdr_location
        found = f"EVSE {place.evse_id} ({place.evse_uid}) at Location {place.id}"
        yield Found(rule=Rule.UNKNOWN_PLACE, found=found, expected="a Location and an EVSE that the partner told of")


def _signed(_: CDR, around: Around, __: ClearingLimits) -> Iterator[Found]:
    if around.signed is not None:
        expected = "signed meter values that hold and fit the bill"
        yield Found(rule=Rule.SIGNED, found=around.signed, expected=expected)


_RULES: tuple[Callable[[CDR, Around, ClearingLimits], Iterator[Found]], ...] = (
    _price,
    _not_priced,
    _structure,
    _zero_cost,
    _currency,
    _negative,
    _cost,
    _duration,
    _energy,
    _power,
    _doubled,
    _overlap,
    _late,
    _token,
    _place,
    _signed,
)


def _is_same_place(cdr: CDR, other: Neighbour) -> bool:
    place = cdr.cdr_location
    here = (_party(cdr), fold(place.id), fold(place.evse_uid))
    return here == (other.party, fold(other.location_id), fold(other.evse_uid))


def _is_same_charge(cdr: CDR, other: Neighbour) -> bool:
    """By the Session, else by Token, EVSE and start."""
    if other.party != _party(cdr):
        return False
    if cdr.session_id and other.session and fold(cdr.session_id) == fold(other.session):
        return True
    near = abs(cdr.start_date_time - other.starts) <= _SAME
    same_token = fold(cdr.cdr_token.uid) == fold(other.token_uid) != _NOBODY
    return near and same_token and _is_same_place(cdr, other)


def _party(cdr: CDR) -> str:
    return (cdr.country_code + cdr.party_id).upper()


def _named(one: Neighbour) -> str:
    return f"{one.id} of {one.party[:2]}/{one.party[2:]}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _money(amount: Decimal, currency: str) -> str:
    return formats.money(amount, currency, "en").replace("\N{NO-BREAK SPACE}", " ")
