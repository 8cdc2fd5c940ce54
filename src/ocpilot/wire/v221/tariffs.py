"""The Tariff of 2.2.1: prices are always without VAT, limits are Prices (mod_tariffs)."""

from typing import Annotated

from ocpilot.wire.fields import AT_LEAST_ONE, CiString2, CiString3, CiString36, DateTime, String3, Url, Wire
from ocpilot.wire.v221.types import Price
from ocpilot.wire.v230.locations import EnergyMix
from ocpilot.wire.v230.tariffs import TariffElement, TariffType
from ocpilot.wire.v230.types import DisplayText


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
