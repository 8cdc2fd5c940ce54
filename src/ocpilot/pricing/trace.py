"""The priced charge: every amount, and for every line which component gave it and why."""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.base.problem import Problem
from ocpilot.wire.v230 import Price, TaxAmount

#: How VAT is named in the taxes of a Price (types, "TaxAmount").
VAT = "VAT"


class Part(StrEnum):
    """Which total of a CDR a line belongs to (mod_cdrs, "CDR Object"); LIMIT only stands in the total cost."""

    FIXED = "FIXED"
    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING = "PARKING"
    RESERVATION = "RESERVATION"
    LIMIT = "LIMIT"

    #: That of the word: an Enum's own is a call of Python for every look into a dict.
    __hash__ = str.__hash__


class Unit(StrEnum):
    """What a quantity counts. Time is counted in seconds and priced per hour."""

    KWH = "kWh"
    SECOND = "s"
    ONCE = "1"


class ReasonCode(StrEnum):
    """Why a line is as it is; `values` of the Reason hold what the comment says."""

    UNRESTRICTED = "UNRESTRICTED"
    TIME_OF_DAY = "TIME_OF_DAY"  # start, end: local times such as 22:00; either may be missing
    DATES = "DATES"  # start, end (exclusive): local dates; either may be missing
    DAYS = "DAYS"  # days: words of DayOfWeek with commas
    ENERGY_RANGE = "ENERGY_RANGE"  # min, max in kWh; either may be missing
    POWER_RANGE = "POWER_RANGE"  # min, max in kW
    CURRENT_RANGE = "CURRENT_RANGE"  # min, max in A
    DURATION_RANGE = "DURATION_RANGE"  # min, max in seconds
    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRED = "RESERVATION_EXPIRED"
    STEP = "STEP"  # step in Wh or seconds, measured and billed of the whole charge in kWh or seconds
    TAX_UNKNOWN = "TAX_UNKNOWN"
    MIN_PRICE = "MIN_PRICE"  # before_taxes, after_taxes
    MAX_PRICE = "MAX_PRICE"  # before_taxes, after_taxes
    #: Only as what did not match:
    NOT_FOR_RESERVATIONS = "NOT_FOR_RESERVATIONS"
    BOOKING = "BOOKING"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One fact behind a line, in words of code: `sentences.py` makes a person's words of it in any language.

    Where a range did not match because nothing was measured, `values` hold `missing`.
    """

    code: ReasonCode
    values: dict[str, str] = {}


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A Price Component that was passed over, and the first of its restrictions that did not hold."""

    element: int
    component: int
    because: Reason


class Look(msgspec.Struct, frozen=True, gc=False):
    """Which Price Component priced a quantity of one Charging Period (`period` counts from 0 in order of time), and
    which were passed over before it. `element` and `component` are None when none matched: that much was free.

    `at` is the start of the period by the clock of the Location, `kwh` and `seconds` what the charge had used and
    lasted by then: what the restrictions were held against.
    """

    period: int
    at: datetime
    kwh: Decimal
    seconds: int
    part: Part
    quantity: Decimal
    unit: Unit
    tariff_id: str
    element: int | None
    component: int | None
    passed: tuple[Passed, ...]


class Amount(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money before tax, the tax, and both. None is not known: never zero. What is known of the three adds up."""

    excl: Decimal | None = None
    vat: Decimal | None = None
    incl: Decimal | None = None

    @property
    def shown(self) -> Decimal:
        """What a driver pays as far as we know: with the tax, else without."""
        return self.incl if self.incl is not None else self.excl if self.excl is not None else Decimal(0)


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """A total: its amount and its VAT per rate, which adds up to the amount's."""

    amount: Amount
    taxes: tuple[TaxAmount, ...] = ()

    @property
    def price(self) -> Price:
        """As OCPI writes it (types, "Price"). When the net is not known, the gross stands there without taxes."""
        net = self.amount.excl if self.amount.excl is not None else self.amount.shown
        return Price(before_taxes=net, taxes=self.taxes)


class PriceLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one Price Component came to. Quantities in `unit`; `unit_price` per kWh, per hour or once.

    `element` and `component` count from 0 in the Tariff; None on a line that a price limit made. `tax_included` says
    whether `unit_price` holds the VAT. `amount` is rounded so that all lines add up to the total.
    """

    part: Part
    tariff_id: str
    element: int | None = None
    component: int | None = None
    measured: Decimal
    billed: Decimal
    unit: Unit
    unit_price: Decimal
    tax_included: bool
    vat: Decimal | None
    amount: Amount
    why: tuple[Reason, ...]


class PricedCharge(msgspec.Struct, frozen=True, kw_only=True):
    """The cost of a charge, explained. A part is None when nothing of it was priced.

    `total` is None when no Tariff is relevant, or one of them is not known: never a cost of zero.
    `kwh` and the times are what was measured. `looks` say for every period which component priced
    what. `expired` says that it is a reservation nobody came for.
    """

    currency: str
    lines: tuple[PriceLine, ...]
    total: Sum | None
    fixed: Sum | None = None
    energy: Sum | None = None
    time: Sum | None = None
    parking: Sum | None = None
    reservation: Sum | None = None
    kwh: Decimal
    duration: timedelta
    charging: timedelta
    parked: timedelta
    reserved: timedelta
    expired: bool = False
    looks: tuple[Look, ...] = ()
    findings: tuple[Problem, ...] = ()

    @property
    def total_cost(self) -> Price | None:
        """(mod_cdrs, "CDR Object")."""
        return self.total.price if self.total else None

    @property
    def total_fixed_cost(self) -> Price | None:
        """(mod_cdrs, "CDR Object")."""
        return self.fixed.price if self.fixed else None

    @property
    def total_energy_cost(self) -> Price | None:
        """(mod_cdrs, "CDR Object")."""
        return self.energy.price if self.energy else None

    @property
    def total_time_cost(self) -> Price | None:
        """(mod_cdrs, "CDR Object")."""
        return self.time.price if self.time else None

    @property
    def total_parking_cost(self) -> Price | None:
        """(mod_cdrs, "CDR Object")."""
        return self.parking.price if self.parking else None

    @property
    def total_reservation_cost(self) -> Price | None:
        """(mod_cdrs, "CDR Object")."""
        return self.reservation.price if self.reservation else None
