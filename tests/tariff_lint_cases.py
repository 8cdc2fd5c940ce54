"""For every rule of the tariff lint, a Tariff in which it is found and one beside it in which it is not.

Each is made by a function of the builders `b` (tests/unit/pricing/conftest.py); options of `lint` go with it as a dict.
Prices are in SEK, the VAT is 25 %.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
FAST = {"power_kw": Decimal(150), "ad_hoc": True}
SLOW = {"power_kw": Decimal(22), "ad_hoc": True}


class Case(NamedTuple):
    """`near` is close to `fires`, and right."""

    code: str
    fires: Callable
    near: Callable
    options: dict | None = None


def energy(b, price="4", vat="25", step=1):
    return b.component("ENERGY", price, vat, step)


def when(b, *components, **restrictions):
    return b.element(*(components or (energy(b, "3"),)), **restrictions)


def default(b):
    return energy(b, "5")


def tariff(b, *elements, **more):
    return b.tariff(*elements, **more)


def days(*numbers):
    return tuple(WEEK[number] for number in numbers)


LOOKUP = (
    Case(
        "restriction.impossible",
        lambda b: tariff(b, when(b, min_kwh=Decimal(20), max_kwh=Decimal(10)), default(b)),
        lambda b: tariff(b, when(b, min_kwh=Decimal(10), max_kwh=Decimal(20)), default(b)),
    ),
    Case(
        "restriction.impossible",
        lambda b: tariff(b, when(b, start_date="2026-12-24", end_date="2026-12-24"), default(b)),
        lambda b: tariff(b, when(b, start_date="2026-12-24", end_date="2026-12-25"), default(b)),
    ),
    Case(  # 24 December 2026 is a Thursday
        "restriction.impossible",
        lambda b: tariff(b, when(b, start_date="2026-12-24", end_date="2026-12-25", day_of_week=days(0)), default(b)),
        lambda b: tariff(b, when(b, start_date="2026-12-24", end_date="2026-12-25", day_of_week=days(3)), default(b)),
    ),
    Case(
        "restriction.impossible",
        lambda b: tariff(b, when(b, min_duration=3600, max_duration=3600), default(b)),
        lambda b: tariff(b, when(b, min_duration=3600, max_duration=3601), default(b)),
    ),
    Case(
        "element.unreachable",
        lambda b: tariff(b, default(b), when(b, start_time="22:00", end_time="06:00")),
        lambda b: tariff(b, when(b, start_time="22:00", end_time="06:00"), default(b)),
    ),
    Case(  # hidden by two elements together
        "element.unreachable",
        lambda b: tariff(
            b,
            when(b, end_time="12:00"),
            when(b, energy(b, "5"), start_time="12:00"),
            when(b, energy(b, "6"), start_time="10:00", end_time="14:00"),
        ),
        lambda b: tariff(
            b,
            when(b, end_time="12:00"),
            when(b, energy(b, "5"), start_time="12:01"),
            when(b, energy(b, "6"), start_time="10:00", end_time="14:00"),
        ),
    ),
    Case(
        "component.unreachable",
        lambda b: tariff(b, default(b), b.element(energy(b), b.component("FLAT", "5"))),
        lambda b: tariff(b, default(b), b.element(b.component("TIME", "9"), b.component("FLAT", "5"))),
    ),
    Case(
        "component.duplicate",
        lambda b: tariff(b, b.element(energy(b), energy(b, "5"))),
        lambda b: tariff(b, b.element(energy(b), b.component("TIME", "9"))),
    ),
    Case(
        "element.redundant",
        lambda b: tariff(b, when(b, energy(b, "5"), day_of_week=days(5, 6)), default(b)),
        lambda b: tariff(b, when(b, energy(b, "6"), day_of_week=days(5, 6)), default(b)),
    ),
    Case(
        "component.redundant",
        lambda b: tariff(b, when(b, energy(b, "5"), b.component("TIME", "9"), day_of_week=days(5, 6)), default(b)),
        lambda b: tariff(
            b, when(b, energy(b, "5", step=100), b.component("TIME", "9"), day_of_week=days(5, 6)), default(b)
        ),
    ),
    Case(
        "flat.several",
        lambda b: tariff(
            b,
            when(b, b.component("FLAT", "5"), day_of_week=days(5, 6)),
            when(b, b.component("FLAT", "9"), start_time="22:00", end_time="06:00"),
            default(b),
        ),
        lambda b: tariff(
            b,
            when(b, b.component("FLAT", "5"), day_of_week=days(5, 6)),
            when(b, b.component("FLAT", "9"), day_of_week=days(0)),
            default(b),
        ),
    ),
    Case(
        "charge.unpriced",
        lambda b: tariff(b, when(b, start_time="06:00", end_time="22:00")),
        lambda b: tariff(b, when(b, start_time="06:00", end_time="22:00"), default(b)),
    ),
    Case(
        "dimension.no_default",
        lambda b: tariff(b, default(b), when(b, b.component("PARKING_TIME", "30"), day_of_week=days(0))),
        lambda b: tariff(b, default(b), when(b, b.component("PARKING_TIME", "30"), min_duration=14400)),
    ),
    Case(
        "dimension.unmeasured",
        lambda b: tariff(b, when(b, max_power=Decimal(16)), when(b, energy(b, "6"), min_power=Decimal(16))),
        lambda b: tariff(b, when(b, max_power=Decimal(16)), default(b)),
    ),
)

RESTRICTIONS = (
    Case(
        "restriction.unreadable",
        lambda b: tariff(b, when(b, start_date="2026-02-30"), default(b)),
        lambda b: tariff(b, when(b, start_date="2026-02-28"), default(b)),
    ),
    Case(
        "restriction.unreadable",
        lambda b: tariff(b, when(b, start_time="25:00"), default(b)),
        lambda b: tariff(b, when(b, end_time="24:00"), default(b)),
    ),
    Case(
        "restriction.whole_day",
        lambda b: tariff(b, when(b, start_time="08:00", end_time="08:00"), default(b)),
        lambda b: tariff(b, when(b, start_time="08:00", end_time="08:01"), default(b)),
    ),
    Case(
        "restriction.whole_week",
        lambda b: tariff(b, when(b, day_of_week=days(*range(7)))),
        lambda b: tariff(b, when(b, day_of_week=days(*range(6))), default(b)),
    ),
    Case(
        "restriction.last_minute",
        lambda b: tariff(b, when(b, start_time="18:00", end_time="23:59"), default(b)),
        lambda b: tariff(b, when(b, start_time="18:00", end_time="00:00"), default(b)),
    ),
    Case(
        "restriction.overnight_days",
        lambda b: tariff(b, when(b, start_time="22:00", end_time="06:00", day_of_week=days(4)), default(b)),
        lambda b: tariff(b, when(b, start_time="22:00", end_time="00:00", day_of_week=days(4)), default(b)),
    ),
    Case(
        "restriction.nothing",
        lambda b: tariff(b, when(b, min_duration=0)),
        lambda b: tariff(b, when(b, min_duration=60), default(b)),
    ),
    Case(
        "restriction.past",
        lambda b: tariff(b, when(b, end_date="2026-11-01"), default(b)),
        lambda b: tariff(b, when(b, end_date="2026-12-01"), default(b)),
    ),
    Case(
        "restriction.looks_like_minutes",
        lambda b: tariff(b, when(b, max_duration=30), default(b)),
        lambda b: tariff(b, when(b, max_duration=1800), default(b)),
    ),
    Case(
        "restriction.long_duration",
        lambda b: tariff(b, when(b, min_duration=3600000), default(b)),
        lambda b: tariff(b, when(b, min_duration=86400), default(b)),
    ),
    Case(
        "restriction.duration_from_start",
        lambda b: tariff(b, default(b), when(b, b.component("PARKING_TIME", "30"), min_duration=7200)),
        lambda b: tariff(b, default(b), when(b, b.component("TIME", "30"), min_duration=7200)),
    ),
    Case(
        "restriction.duration_from_start",
        lambda b: tariff(b, when(b, start_time="08:00", end_time="18:00", min_duration=7200), default(b)),
        lambda b: tariff(b, when(b, start_time="08:00", end_time="18:00", max_duration=7200), default(b)),
    ),
    Case(
        "restriction.much_energy",
        lambda b: tariff(b, when(b, max_kwh=Decimal(20000)), default(b)),
        lambda b: tariff(b, when(b, max_kwh=Decimal(600)), default(b)),
    ),
    Case(
        "restriction.much_power",
        lambda b: tariff(b, when(b, max_power=Decimal(50000)), default(b)),
        lambda b: tariff(b, when(b, max_power=Decimal(350)), default(b)),
    ),
    Case(
        "restriction.booking",
        lambda b: tariff(b, when(b, b.component("FLAT", "9"), booking="BOOKING"), default(b)),
        lambda b: tariff(b, when(b, b.component("FLAT", "9"), reservation="RESERVATION"), default(b)),
    ),
    Case(
        "booking.dimension",
        lambda b: tariff(b, when(b, booking="BOOKING"), default(b)),
        lambda b: tariff(b, when(b, b.component("TIME", "9"), booking="BOOKING"), default(b)),
    ),
    Case(
        "reservation.dimension",
        lambda b: tariff(b, when(b, reservation="RESERVATION"), default(b)),
        lambda b: tariff(b, when(b, b.component("TIME", "9"), reservation="RESERVATION"), default(b)),
    ),
    Case(
        "reservation.expires_alone",
        lambda b: tariff(b, when(b, b.component("FLAT", "9"), reservation="RESERVATION_EXPIRES"), default(b)),
        lambda b: tariff(
            b,
            when(b, b.component("FLAT", "9"), reservation="RESERVATION_EXPIRES"),
            when(b, b.component("TIME", "9"), reservation="RESERVATION"),
            default(b),
        ),
    ),
    Case(
        "reservation.usage",
        lambda b: tariff(
            b, when(b, b.component("TIME", "9"), reservation="RESERVATION", max_kwh=Decimal(5)), default(b)
        ),
        lambda b: tariff(
            b, when(b, b.component("TIME", "9"), reservation="RESERVATION", start_time="22:00"), default(b)
        ),
    ),
    Case(
        "flat.timed",
        lambda b: tariff(b, when(b, b.component("FLAT", "9"), start_time="08:00", end_time="18:00"), default(b)),
        lambda b: tariff(
            b,
            when(b, b.component("FLAT", "9"), start_time="08:00", end_time="18:00"),
            b.element(default(b), b.component("FLAT", "0")),
        ),
    ),
    Case(
        "flat.late",
        lambda b: tariff(b, when(b, b.component("FLAT", "9"), min_kwh=Decimal(10)), default(b)),
        lambda b: tariff(b, when(b, b.component("FLAT", "9"), max_kwh=Decimal(10)), default(b)),
    ),
)

PRICES = (
    Case(
        "price.per_minute",
        lambda b: tariff(b, default(b), b.component("TIME", "0.5")),
        lambda b: tariff(b, default(b), b.component("TIME", "30")),
    ),
    Case("price.minor_unit", lambda b: tariff(b, energy(b, "450")), lambda b: tariff(b, energy(b, "4.50"))),
    Case("price.implausible", lambda b: tariff(b, energy(b, "0.01")), lambda b: tariff(b, energy(b, "0"))),
    Case("price.negative", lambda b: tariff(b, energy(b, "-1")), lambda b: tariff(b, energy(b, "1"))),
    Case(
        "currency.unknown",
        lambda b: b.changed(tariff(b, default(b)), currency="EUO"),
        lambda b: b.changed(tariff(b, default(b)), currency="NOK"),
    ),
    Case("step.negative", lambda b: tariff(b, energy(b, step=-1)), lambda b: tariff(b, energy(b, step=1))),
    Case(
        "step.zero",
        lambda b: tariff(b, energy(b, step=0)),
        lambda b: tariff(b, default(b), b.component("FLAT", "9", step=0)),
    ),
    Case("step.large", lambda b: tariff(b, energy(b, step=10000)), lambda b: tariff(b, energy(b, step=1000))),
    Case("tax.fraction", lambda b: tariff(b, energy(b, vat="0.25")), lambda b: tariff(b, energy(b, vat="0"))),
    Case("tax.high", lambda b: tariff(b, energy(b, vat="125")), lambda b: tariff(b, energy(b, vat="27"))),
    Case("tax.negative", lambda b: tariff(b, energy(b, vat="-5")), lambda b: tariff(b, energy(b, vat="5"))),
    Case(
        "tax.not_applicable",
        lambda b: tariff(b, energy(b, vat="25"), tax="N/A"),
        lambda b: tariff(b, energy(b, vat=None), tax="N/A"),
    ),
    Case(
        "tax.mixed",
        lambda b: tariff(b, when(b, energy(b, vat="12"), start_time="22:00"), default(b)),
        lambda b: tariff(b, energy(b, vat="12"), b.component("TIME", "30", "25")),
    ),
    Case(
        "tax.missing",
        lambda b: tariff(b, default(b), b.component("TIME", "30", None)),
        lambda b: tariff(b, default(b), b.component("TIME", "0", None)),
    ),
    Case(
        "tax.unknown",
        lambda b: tariff(b, energy(b, vat=None)),
        lambda b: tariff(b, energy(b, "0", vat=None)),
    ),
    Case(
        "limit.crossing",
        lambda b: tariff(b, default(b), min_price=b.limit("20"), max_price=b.limit("10")),
        lambda b: tariff(b, default(b), min_price=b.limit("10"), max_price=b.limit("20")),
    ),
    Case(
        "limit.crossing",
        lambda b: tariff(b, default(b), min_price=b.limit("10", "30"), max_price=b.limit("20", "25")),
        lambda b: tariff(b, default(b), min_price=b.limit("10", "12.50"), max_price=b.limit("20", "25")),
    ),
    Case(
        "limit.negative",
        lambda b: tariff(b, default(b), min_price=b.limit("-1")),
        lambda b: tariff(b, default(b), min_price=b.limit("0")),
    ),
    Case(
        "limit.after_below_before",
        lambda b: tariff(b, default(b), max_price=b.limit("25", "20")),
        lambda b: tariff(b, default(b), max_price=b.limit("20", "25")),
    ),
    Case(
        "limit.untaxed",
        lambda b: tariff(b, default(b), max_price=b.limit("20", "20"), tax="YES"),
        lambda b: tariff(b, energy(b, vat="0"), max_price=b.limit("20", "20"), tax="YES"),
    ),
    Case(
        "limit.taxed",
        lambda b: tariff(b, energy(b, vat=None), max_price=b.limit("20", "25"), tax="N/A"),
        lambda b: tariff(b, energy(b, vat=None), max_price=b.limit("20", "20"), tax="N/A"),
    ),
    Case(
        "limit.below_fee",
        lambda b: tariff(b, b.component("FLAT", "50"), default(b), max_price=b.limit("20")),
        lambda b: tariff(b, b.component("FLAT", "5"), default(b), max_price=b.limit("20")),
    ),
)

OTHERS = (
    Case("text.empty", lambda b: b.told(" "), lambda b: b.told("Closed at night")),
    Case("text.other_price", lambda b: b.told("4,90 kr/kWh"), lambda b: b.told("5 kWh for free at 07:30")),
    Case(
        "text.repeats_price",
        lambda b: b.told("6.25 kr per kWh incl. VAT"),
        lambda b: b.told("Free parking for 3 hours while charging"),
    ),
    Case(
        "validity.reversed",
        lambda b: tariff(b, default(b), start_date_time=NOW, end_date_time=datetime(2026, 1, 1, tzinfo=UTC)),
        lambda b: tariff(b, default(b), start_date_time=NOW, end_date_time=datetime(2027, 1, 1, tzinfo=UTC)),
    ),
    Case(
        "validity.past",
        lambda b: tariff(b, default(b), end_date_time=datetime(2026, 11, 23, tzinfo=UTC)),
        lambda b: tariff(b, default(b), end_date_time=datetime(2026, 11, 24, tzinfo=UTC)),
    ),
    Case(
        "afir.no_kwh_price",
        lambda b: tariff(b, when(b, b.component("TIME", "90"), min_duration=60)),
        lambda b: tariff(b, default(b), when(b, b.component("TIME", "90"), min_duration=60)),
        FAST,
    ),
    Case(
        "afir.session_fee",
        lambda b: tariff(b, default(b), b.component("FLAT", "5")),
        lambda b: tariff(b, default(b), b.component("FLAT", "0")),
        FAST,
    ),
    Case(
        "afir.min_price",
        lambda b: tariff(b, default(b), min_price=b.limit("5")),
        lambda b: tariff(b, default(b), max_price=b.limit("500")),
        FAST,
    ),
    Case(
        "afir.time_from_start",
        lambda b: tariff(b, default(b), b.component("TIME", "60")),
        lambda b: tariff(b, default(b), when(b, b.component("TIME", "60"), min_duration=2700)),
        FAST,
    ),
    Case(
        "afir.not_per_minute",
        lambda b: tariff(b, default(b), b.component("PARKING_TIME", "60", step=900)),
        lambda b: tariff(b, default(b), b.component("PARKING_TIME", "60", step=60)),
        FAST,
    ),
    Case(
        "afir.order",
        lambda b: tariff(b, b.element(b.component("FLAT", "5"), energy(b))),
        lambda b: tariff(b, b.element(energy(b), b.component("FLAT", "5"))),
        SLOW,
    ),
)

CASES = (*LOOKUP, *RESTRICTIONS, *PRICES, *OTHERS)
#: Found in the body, or only in a Tariff too long to be written here: tested on their own.
OTHERS_ELSEWHERE = {"field.misspelled", "field.unknown", "tariff.too_complex"}
