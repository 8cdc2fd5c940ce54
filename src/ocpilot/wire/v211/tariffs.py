"""The Tariff of 2.1.1: prices without VAT, no limits, no reservations (mod_tariffs)."""

from typing import Annotated

from ocpilot.wire.fields import AT_LEAST_ONE, DateTime, LocalDate, Number, String3, String36, TimeOfDay, Url, Wire
from ocpilot.wire.v211.locations import EnergyMix
from ocpilot.wire.v230.tariffs import DayOfWeek, TariffDimensionType
from ocpilot.wire.v230.types import DisplayText


class PriceComponent(Wire, frozen=True, kw_only=True):
    """Price per unit of a dimension, without VAT; `step_size` in Wh or seconds (mod_tariffs, "PriceComponent")."""

    type: TariffDimensionType
    price: Number
    step_size: int


class TariffRestrictions(Wire, frozen=True, kw_only=True):
    """When a Tariff Element counts; kWh, kW, seconds, local times (mod_tariffs, "TariffRestrictions")."""

    start_time: TimeOfDay | None = None
    end_time: TimeOfDay | None = None
    start_date: LocalDate | None = None
    end_date: LocalDate | None = None
    min_kwh: Number | None = None
    max_kwh: Number | None = None
    min_power: Number | None = None
    max_power: Number | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[DayOfWeek, ...] = ()


class TariffElement(Wire, frozen=True, kw_only=True):
    """Price components under the same restrictions (mod_tariffs, "TariffElement")."""

    price_components: Annotated[tuple[PriceComponent, ...], AT_LEAST_ONE]
    restrictions: TariffRestrictions | None = None


class Tariff(Wire, frozen=True, kw_only=True):
    """(mod_tariffs, "Tariff object")."""

    id: String36
    currency: String3
    tariff_alt_text: tuple[DisplayText, ...] = ()
    tariff_alt_url: Url | None = None
    elements: Annotated[tuple[TariffElement, ...], AT_LEAST_ONE]
    energy_mix: EnergyMix | None = None
    last_updated: DateTime
