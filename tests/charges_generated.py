"""Tariffs and charges for hypothesis: all that the Tariffs and CDRs modules allow, on the days that hurt."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from ocpilot.pricing import PricedCharge, price
from ocpilot.wire.v230 import (
    CdrDimension,
    CdrDimensionType,
    ChargingPeriod,
    DayOfWeek,
    PriceComponent,
    PriceLimit,
    ReservationRestrictionType,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TariffRestrictions,
    TaxIncluded,
)

CURRENCY = "EUR"
ZONES = tuple(map(ZoneInfo, ("UTC", "Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")))
#: Ordinary days, and the nights in which clocks are changed somewhere (half an hour on Lord Howe).
DAYS = (
    datetime(2026, 11, 23, tzinfo=UTC),
    datetime(2026, 12, 31, tzinfo=UTC),
    datetime(2026, 3, 28, 22, tzinfo=UTC),
    datetime(2026, 10, 24, 22, tzinfo=UTC),
    datetime(2026, 11, 1, 3, tzinfo=UTC),
    datetime(2026, 4, 4, 12, tzinfo=UTC),
)
TIMES = ("00:00", "02:00", "02:30", "06:00", "12:00", "18:00", "22:00", "23:59", "24:00")
DATES = ("2026-03-29", "2026-10-25", "2026-11-01", "2026-11-23", "2026-11-24", "2027-01-01")
IDS = ("DAY", "Night")
_QUANTITIES = (0, 1, 5, 10, 16, 32)


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What `price` is asked about."""

    periods: tuple[ChargingPeriod, ...]
    tariffs: tuple[Tariff, ...]
    start: datetime
    end: datetime
    zone: ZoneInfo
    expired: bool = False

    def priced(self, **options: object) -> PricedCharge:
        """By the engine."""
        given = {"start": self.start, "end": self.end, "zone": self.zone, "currency": CURRENCY, "expired": self.expired}
        return price(self.periods, self.tariffs, **(given | options))


def hours(seconds: int) -> Decimal:
    """As CDRs write them."""
    return (Decimal(seconds) / 3600).quantize(Decimal("0.0001"))


def seconds_of(volume: Decimal) -> int:
    """The whole seconds behind hours with 4 decimals."""
    return round(volume * 3600)


# ---- tariffs -------------------------------------------------------------------------------------------------------

_numbers = st.sampled_from(_QUANTITIES).map(Decimal)
_durations = st.sampled_from([0, 60, 900, 1800, 3600, 7200])
_RESTRICTIONS = {
    "start_time": st.sampled_from(TIMES),
    "end_time": st.sampled_from(TIMES),
    "start_date": st.sampled_from(DATES),
    "end_date": st.sampled_from(DATES),
    "min_kwh": _numbers,
    "max_kwh": _numbers,
    "min_current": _numbers,
    "max_current": _numbers,
    "min_power": _numbers,
    "max_power": _numbers,
    "min_duration": _durations,
    "max_duration": _durations,
    "day_of_week": st.sets(st.sampled_from(DayOfWeek), min_size=1).map(tuple),
}
#: Those that a shift by whole weeks leaves alone.
SEASONLESS = tuple(name for name in _RESTRICTIONS if not name.endswith("_date"))


@st.composite
def restrictions(draw: st.DrawFn, among: tuple[str, ...] = tuple(_RESTRICTIONS)) -> TariffRestrictions | None:
    """None, or up to three of them."""
    chosen = draw(st.lists(st.sampled_from(among), max_size=3, unique=True)) if among else []
    return TariffRestrictions(**{name: draw(_RESTRICTIONS[name]) for name in chosen}) if chosen else None


@st.composite
def components(draw: st.DrawFn, kind: TariffDimensionType, *, steps: bool = True) -> PriceComponent:
    """One, with and without VAT, free now and then."""
    return PriceComponent(
        type=kind,
        price=Decimal(draw(st.sampled_from(["0", "0.25", "1", "2.5", "0.3333", "7.1999"]))),
        vat=draw(st.sampled_from([None, "0", "6", "25", "5.2", "19.25"]).map(lambda rate: rate and Decimal(rate))),
        step_size=draw(st.sampled_from([0, 1, 60, 300, 500, 900])) if steps else 0,
    )


@st.composite
def elements(
    draw: st.DrawFn, among: tuple[str, ...] = tuple(_RESTRICTIONS), *, steps: bool = True, reservations: bool = True
) -> TariffElement:
    """For the charge, or one in five for a reservation."""
    if reservations and draw(st.integers(0, 4)) == 0:
        kinds = draw(st.sets(st.sampled_from([TariffDimensionType.FLAT, TariffDimensionType.TIME]), min_size=1))
        limit = TariffRestrictions(reservation=draw(st.sampled_from(ReservationRestrictionType)))
    else:
        kinds = draw(st.sets(st.sampled_from(TariffDimensionType), min_size=1))
        limit = draw(restrictions(among))
    return TariffElement(
        price_components=tuple(draw(components(kind, steps=steps)) for kind in sorted(kinds)), restrictions=limit
    )


_limits = st.builds(
    PriceLimit,
    before_taxes=st.sampled_from(["0", "1", "5", "20"]).map(Decimal),
    after_taxes=st.none() | st.sampled_from(["1.25", "6", "25"]).map(Decimal),
)


@st.composite
def tariffs(
    draw: st.DrawFn,
    ident: str = IDS[0],
    among: tuple[str, ...] = tuple(_RESTRICTIONS),
    *,
    limits: bool = True,
    steps: bool = True,
    reservations: bool = True,
) -> Tariff:
    """A whole Tariff of one to six elements."""
    bounds = {name: draw(st.none() | _limits) for name in ("min_price", "max_price")} if limits else {}
    one = elements(among, steps=steps, reservations=reservations)
    return Tariff(
        country_code="SE",
        party_id="LAD",
        id=ident,
        currency=CURRENCY,
        elements=tuple(draw(st.lists(one, min_size=1, max_size=6))),
        tax_included=draw(st.sampled_from(TaxIncluded)),
        last_updated=DAYS[0],
        **bounds,
    )


# ---- charges -------------------------------------------------------------------------------------------------------

_kwh = st.integers(0, 200_000).map(lambda number: Decimal(number).scaleb(-4))
_negative = st.integers(-100_000, 200_000).map(lambda number: Decimal(number).scaleb(-4))
_levels = st.sampled_from([-5, 0, 4, 5, 12, 16, 20, 40]).map(Decimal)
_LEVELS = ("MIN_POWER", "MAX_POWER", "POWER", "MIN_CURRENT", "MAX_CURRENT", "CURRENT")
#: Lengths of periods in seconds: quarters of an hour so that borders are met, and anything.
_lengths = st.sampled_from([0, 1, 60, 900, 1800, 3600, 10_800]) | st.integers(1, 20_000)


@st.composite
def dimensions(draw: st.DrawFn, lasts: int, *, negative: bool = True) -> tuple[CdrDimension, ...]:
    """What was used in a period that lasts so many seconds."""
    found = {"ENERGY": draw(_negative if negative else _kwh)} if draw(st.integers(0, 5)) else {}
    if draw(st.booleans()):
        found["TIME"] = hours(lasts)
    elif draw(st.booleans()):
        found["PARKING_TIME"] = hours(lasts)
    elif draw(st.booleans()):
        charging = draw(st.integers(0, lasts))
        found |= {"TIME": hours(charging), "PARKING_TIME": hours(lasts - charging)}
    for name in draw(st.lists(st.sampled_from(_LEVELS), max_size=3, unique=True)):
        found[name] = draw(_levels)
    found = found or {"TIME": hours(lasts)}
    return tuple(CdrDimension(type=CdrDimensionType(name), volume=volume) for name, volume in found.items())


@st.composite
def charges(
    draw: st.DrawFn,
    among: tuple[str, ...] = tuple(_RESTRICTIONS),
    *,
    limits: bool = True,
    steps: bool = True,
    negative: bool = True,
    several: bool = True,
    days: tuple[datetime, ...] = DAYS,
    zones: tuple[ZoneInfo, ...] = ZONES,
) -> Charge:
    """A charge, or a reservation with or without one, under one Tariff or two."""
    names = IDS if several and draw(st.booleans()) else IDS[:1]
    given = tuple(draw(tariffs(name, among, limits=limits, steps=steps)) for name in names)
    at = start = draw(st.sampled_from(days)) + timedelta(minutes=15 * draw(st.integers(0, 95)))
    reserved = draw(st.sampled_from(["no", "no", "no", "used", "expired"]))
    is_named = len(names) > 1 or draw(st.booleans())
    periods = []
    lengths = draw(st.lists(_lengths, min_size=1, max_size=6))
    if reserved != "no":
        lengths = lengths[: 1 if reserved == "expired" else None]
    for place, lasts in enumerate(lengths):
        if place == 0 and reserved != "no":
            held = (CdrDimension(type=CdrDimensionType.RESERVATION_TIME, volume=hours(max(lasts, 1))),)
        else:
            held = draw(dimensions(lasts, negative=negative))
        name = draw(st.sampled_from([*names, names[0].lower()])) if is_named else None
        periods.append(ChargingPeriod(start_date_time=at, dimensions=held, tariff_id=name))
        at += timedelta(seconds=lasts)
    return Charge(
        periods=tuple(periods),
        tariffs=given,
        start=start,
        end=at,
        zone=draw(st.sampled_from(zones)),
        expired=reserved == "expired",
    )
