"""The tariffs module: what charging costs, when (mod_tariffs)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import (
    AT_LEAST_ONE,
    CiString2,
    CiString3,
    CiString36,
    DateTime,
    Implied,
    LocalDate,
    Number,
    String3,
    TimeOfDay,
    Url,
    Wire,
)
from ocpilot.wire.v230.locations import EnergyMix
from ocpilot.wire.v230.types import DisplayText


class DayOfWeek(StrEnum):
    """(mod_tariffs, "DayOfWeek")."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class BookingRestrictionType(StrEnum):
    """Which cost of a booking an element is (mod_tariffs of the bookings extension, "BookingRestrictionType")."""

    BOOKING = "BOOKING"
    BOOKING_EXPIRES = "BOOKING_EXPIRES"
    BOOKING_CANCELLATION_FEES = "BOOKING_CANCELLATION_FEES"
    BOOKING_OVERTIME = "BOOKING_OVERTIME"


class ReservationRestrictionType(StrEnum):
    """(mod_tariffs, "ReservationRestrictionType")."""

    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


class TariffDimensionType(StrEnum):
    """ENERGY per kWh, times per hour, FLAT per session (mod_tariffs, "TariffDimensionType")."""

    ENERGY = "ENERGY"
    FLAT = "FLAT"
    PARKING_TIME = "PARKING_TIME"
    TIME = "TIME"


class TariffType(StrEnum):
    """(mod_tariffs, "TariffType")."""

    AD_HOC_PAYMENT = "AD_HOC_PAYMENT"
    PROFILE_CHEAP = "PROFILE_CHEAP"
    PROFILE_FAST = "PROFILE_FAST"
    PROFILE_GREEN = "PROFILE_GREEN"
    REGULAR = "REGULAR"


class TaxIncluded(StrEnum):
    """Whether the amounts of a Tariff hold the taxes (mod_tariffs, "TaxIncluded")."""

    YES = "YES"
    NO = "NO"
    NOT_APPLICABLE = "N/A"


class PriceLimit(Wire, frozen=True, kw_only=True):
    """What a session costs at least or at most (mod_tariffs, "PriceLimit")."""

    before_taxes: Number
    after_taxes: Number | None = None


class PriceComponent(Wire, frozen=True, kw_only=True):
    """Price per unit of a dimension; `vat` in per cent; `step_size` in Wh or seconds (mod_tariffs)."""

    type: TariffDimensionType
    price: Number
    vat: Number | None = None
    step_size: int


class TariffRestrictions(Wire, frozen=True, kw_only=True):
    """When a Tariff Element counts; kWh, A, kW, seconds, local times (mod_tariffs, "TariffRestrictions")."""

    start_time: TimeOfDay | None = None
    end_time: TimeOfDay | None = None
    start_date: LocalDate | None = None
    end_date: LocalDate | None = None
    min_kwh: Number | None = None
    max_kwh: Number | None = None
    min_current: Number | None = None
    max_current: Number | None = None
    min_power: Number | None = None
    max_power: Number | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[DayOfWeek, ...] = ()
    reservation: ReservationRestrictionType | None = None
    #: Of the bookings extension.
    booking: BookingRestrictionType | None = None


class TariffElement(Wire, frozen=True, kw_only=True):
    """Price components under the same restrictions (mod_tariffs, "TariffElement")."""

    price_components: Annotated[tuple[PriceComponent, ...], AT_LEAST_ONE]
    restrictions: TariffRestrictions | None = None


class Tariff(Wire, frozen=True, kw_only=True):
    """(mod_tariffs, "Tariff object")."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    currency: String3
    type: TariffType | None = None
    tariff_alt_text: tuple[DisplayText, ...] = ()
    tariff_alt_url: Url | None = None
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    #: Of the payments extension: what a terminal reserves on the driver's card.
    preauthorize_amount: Number | None = None
    elements: Annotated[tuple[TariffElement, ...], AT_LEAST_ONE]
    #: Left out it is what every Tariff was before there was this field: prices without VAT (mod_tariffs 2.2.1,
    #: "PriceComponent").
    tax_included: Annotated[TaxIncluded, Implied("NO")]
    start_date_time: DateTime | None = None
    end_date_time: DateTime | None = None
    energy_mix: EnergyMix | None = None
    last_updated: DateTime
