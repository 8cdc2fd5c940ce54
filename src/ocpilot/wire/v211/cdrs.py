"""The CDR of 2.1.1: the whole Location inside, costs as one number without VAT (mod_cdrs)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import AT_LEAST_ONE, CiString36, DateTime, Number, String3, String36, String255, Wire
from ocpilot.wire.v211.locations import Location
from ocpilot.wire.v211.tariffs import Tariff


class AuthMethod(StrEnum):
    """(mod_cdrs, "AuthMethod")."""

    AUTH_REQUEST = "AUTH_REQUEST"
    WHITELIST = "WHITELIST"


class CdrDimensionType(StrEnum):
    """Ampere, kWh, hours (mod_cdrs, "CdrDimensionType")."""

    ENERGY = "ENERGY"
    FLAT = "FLAT"
    MAX_CURRENT = "MAX_CURRENT"
    MIN_CURRENT = "MIN_CURRENT"
    PARKING_TIME = "PARKING_TIME"
    TIME = "TIME"


class CdrDimension(Wire, frozen=True, kw_only=True):
    """How much of a dimension (mod_cdrs, "CdrDimension")."""

    type: CdrDimensionType
    volume: Number


class ChargingPeriod(Wire, frozen=True, kw_only=True):
    """What was measured from a moment until the next period starts (mod_cdrs, "ChargingPeriod")."""

    start_date_time: DateTime
    dimensions: Annotated[tuple[CdrDimension, ...], AT_LEAST_ONE]


class CDR(Wire, frozen=True, kw_only=True):
    """Energy in kWh, times in hours, money in `currency` (mod_cdrs, "CDR object")."""

    id: CiString36
    start_date_time: DateTime
    stop_date_time: DateTime
    auth_id: String36
    auth_method: AuthMethod
    location: Location
    meter_id: String255 | None = None
    currency: String3
    tariffs: tuple[Tariff, ...] = ()
    charging_periods: Annotated[tuple[ChargingPeriod, ...], AT_LEAST_ONE]
    total_cost: Number
    total_energy: Number
    total_time: Number
    total_parking_time: Number | None = None
    remark: String255 | None = None
    last_updated: DateTime
