"""Price plans and price series: made with everything wrong named at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from ocpilot.app.filled_in import FilledIn
from ocpilot.app.kept.plan_records import Gap, Imported, Series
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.billing.plans import Margin, PartyMargin, Plan
from ocpilot.billing.spot import PricePoint
from ocpilot.wire.v230 import Tariff

#: Every field of a plan with what it is.
FIELDS: Final[Mapping[str, str]] = {
    "currency": "of every amount in the plan",
    "percent": "margin in per cent of what the operator asks, or of the spot price; below zero it is a discount",
    "per_kwh": "margin per kWh, without VAT",
    "per_charge": "margin per charge, without VAT",
    "series": "price series that energy costs by the hour",
    "monthly_fee": "without VAT",
    "included_kwh": "each calendar month",
    "included_minutes": "each calendar month",
}
_MARGINS = ("percent", "per_kwh", "per_charge")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_MOST = Decimal(1_000_000)
_NONE = Decimal(0)


async def add(
    platform: Platform,
    name: str,
    texts: Mapping[str, str],
    *,
    exceptions: Mapping[str, Mapping[str, str]] | None = None,
    tariff: Tariff | None = None,
) -> Plan:
    """A new one. `exceptions` are margins at a party (`SE/LAD`). InvalidObject with all that is wrong; Conflict when
    there is one of this name."""
    reading = FilledIn("plan", texts, FIELDS)
    if not _NAME.fullmatch(name):
        reading.wrong("name", "1 to 40 letters, digits, points, hyphens and underscores", repr(name))
    plan = Plan(
        name=name,
        currency=reading.currency("currency"),
        margin=_margin(reading),
        exceptions=tuple(_exceptions(reading, exceptions or {})),
        tariff=tariff,
        series=reading.text("series"),
        monthly_fee=reading.number("monthly_fee", _NONE, _MOST),
        included_kwh=reading.number("included_kwh", _NONE, _MOST),
        included_minutes=reading.whole("included_minutes", 44640, 0),
    )
    _consistent(reading, plan)
    if plan.series and plan.series not in {one.name for one in await platform.store.price_series.all()}:
        reading.wrong("series", "a price series that is there: ocpilot price-series import NAME FILE.csv")
    reading.require_right()
    if not await platform.store.plans.add(plan, platform.clock()):
        raise Conflict(f"there is a plan {name} already; plans are never changed, for charges were priced by them")
    return plan


async def named(platform: Platform, name: str) -> Plan:
    """By name; NotFound."""
    found = await platform.store.plans.get(name)
    if found is None:
        raise NotFound(f"there is no plan {name}")
    return found


def _margin(reading: FilledIn) -> Margin:
    return Margin(
        percent=reading.number("percent", Decimal(-100), Decimal(1000)),
        per_kwh=reading.number("per_kwh", -_MOST, _MOST),
        per_charge=reading.number("per_charge", -_MOST, _MOST),
    )


def _exceptions(reading: FilledIn, given: Mapping[str, Mapping[str, str]]) -> Iterator[PartyMargin]:
    for party, texts in given.items():
        inner = FilledIn("plan", texts, _MARGINS)
        margin = _margin(inner)
        for problem in inner.problems:
            reading.wrong(f"at {party} {problem.path}", problem.expected, problem.found)
        try:
            yield PartyMargin(party=PartyId.parse(party), margin=margin)
        except ValueError:
            reading.wrong("at", "a party such as SE/LAD", repr(party))


def _consistent(reading: FilledIn, plan: Plan) -> None:
    margins = (plan.margin, *(one.margin for one in plan.exceptions))
    has_amounts = plan.monthly_fee or plan.series or any(margin.has_amounts for margin in margins)
    if has_amounts and not plan.currency and not reading.text("currency"):
        reading.wrong("currency", FIELDS["currency"])
    if plan.tariff is None:
        return
    if plan.series:
        reading.wrong("series", "nothing beside a tariff")
    if any(margins):
        reading.wrong("tariff", "no margin: the tariff is the price", "a margin and a tariff")
    if plan.tariff.currency.upper() != plan.currency:
        reading.wrong("currency", f"{plan.tariff.currency}, that of the tariff")


# ---- price series ----------------------------------------------------------------------------------------------------


async def import_prices(platform: Platform, name: str, currency: str, points: Sequence[PricePoint]) -> Imported:
    """Keep prices; the same ones again change nothing. InvalidObject; Conflict for a series in another currency."""
    reading = FilledIn("price series", {"currency": currency}, ("currency",))
    if not _NAME.fullmatch(name):
        reading.wrong("name", "1 to 40 letters, digits, points, hyphens and underscores", repr(name))
    reading.needed("currency", "a currency such as SEK")
    checked = reading.currency("currency")
    reading.require_right()
    return await platform.store.price_series.import_points(name, checked, points)


async def series_named(platform: Platform, name: str) -> tuple[Series, tuple[Gap, ...]]:
    """A series and where it lacks prices; NotFound."""
    found = next((one for one in await platform.store.price_series.all() if one.name == name), None)
    if found is None:
        raise NotFound(f"there is no price series {name}")
    return found, await platform.store.price_series.gaps(name)
