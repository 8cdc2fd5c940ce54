"""The Tariff of 2.2.1: prices are always without VAT, limits are Prices, nothing of bookings (mod_tariffs)."""

from typing import Annotated

from ocpilot.wire.fields import (
    AT_LEAST_ONE,
    CiString2,
    CiString3,
    CiString36,
    DateTime,
    LocalDate,
    Number,
    String3,
    TimeOfDay,
    Url,
    Wire,
)
from ocpilot.wire.v221.types import Price
from ocpilot.wire.v230.locations import EnergyMix
from ocpilot.wire.v230.tariffs import DayOfWeek, PriceComponent, ReservationRestrictionType, TariffType
from ocpilot.wire.v230.types import DisplayText


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
    min_price: Price | None = None
    max_price: Price | None = None
    elements: Annotated[tuple[TariffElement, ...], AT_LEAST_ONE]
    start_date_time: DateTime | None = None
    end_date_time: DateTime | None = None
    energy_mix: EnergyMix | None = None
    last_updated: DateTime
