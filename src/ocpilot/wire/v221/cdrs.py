"""CDRs of 2.2.1: they hold the Price, Tariff and words of 2.2.1, and nothing of bookings (mod_cdrs)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import (
    AT_LEAST_ONE,
    CiString2,
    CiString3,
    CiString36,
    CiString39,
    CiString48,
    DateTime,
    Number,
    String3,
    String10,
    String20,
    String45,
    String255,
    Wire,
)
from ocpilot.wire.v221.locations import AnyConnectorType
from ocpilot.wire.v221.tariffs import Tariff
from ocpilot.wire.v221.types import AnyTokenType, Price
from ocpilot.wire.v230.cdrs import AuthMethod, SignedData
from ocpilot.wire.v230.location_words import ConnectorFormat, PowerType
from ocpilot.wire.v230.locations import GeoLocation


class CdrDimensionType(StrEnum):
    """Ampere, kWh, kW, hours, per cent (mod_cdrs, "CdrDimensionType")."""

    CURRENT = "CURRENT"
    ENERGY = "ENERGY"
    ENERGY_EXPORT = "ENERGY_EXPORT"
    ENERGY_IMPORT = "ENERGY_IMPORT"
    MAX_CURRENT = "MAX_CURRENT"
    MIN_CURRENT = "MIN_CURRENT"
    MAX_POWER = "MAX_POWER"
    MIN_POWER = "MIN_POWER"
    PARKING_TIME = "PARKING_TIME"
    POWER = "POWER"
    RESERVATION_TIME = "RESERVATION_TIME"
    STATE_OF_CHARGE = "STATE_OF_CHARGE"
    TIME = "TIME"


class CdrDimension(Wire, frozen=True, kw_only=True):
    """How much of a dimension (mod_cdrs, "CdrDimension")."""

    type: CdrDimensionType
    volume: Number


class ChargingPeriod(Wire, frozen=True, kw_only=True):
    """What was measured from a moment until the next period starts (mod_cdrs, "ChargingPeriod")."""

    start_date_time: DateTime
    dimensions: Annotated[tuple[CdrDimension, ...], AT_LEAST_ONE]
    tariff_id: CiString36 | None = None


class CdrToken(Wire, frozen=True, kw_only=True):
    """The token a session was started with (mod_cdrs, "CdrToken")."""

    country_code: CiString2
    party_id: CiString3
    uid: CiString36
    type: AnyTokenType
    contract_id: CiString36


class CdrLocation(Wire, frozen=True, kw_only=True):
    """Where the session was: Location, EVSE and Connector in one (mod_cdrs, "CdrLocation")."""

    id: CiString36
    name: String255 | None = None
    address: String45
    city: String45
    postal_code: String10 | None = None
    state: String20 | None = None
    country: String3
    coordinates: GeoLocation
    evse_uid: CiString36
    evse_id: CiString48
    connector_id: CiString36
    connector_standard: AnyConnectorType
    connector_format: ConnectorFormat
    connector_power_type: PowerType


class CDR(Wire, frozen=True, kw_only=True):
    """Energy in kWh, times in hours, money in `currency` (mod_cdrs, "CDR object")."""

    country_code: CiString2
    party_id: CiString3
    id: CiString39
    start_date_time: DateTime
    end_date_time: DateTime
    session_id: CiString36 | None = None
    cdr_token: CdrToken
    auth_method: AuthMethod
    authorization_reference: CiString36 | None = None
    cdr_location: CdrLocation
    meter_id: String255 | None = None
    currency: String3
    tariffs: tuple[Tariff, ...] = ()
    charging_periods: Annotated[tuple[ChargingPeriod, ...], AT_LEAST_ONE]
    signed_data: SignedData | None = None
    total_cost: Price
    total_fixed_cost: Price | None = None
    total_energy: Number
    total_energy_cost: Price | None = None
    total_time: Number
    total_time_cost: Price | None = None
    total_parking_time: Number | None = None
    total_parking_cost: Price | None = None
    total_reservation_cost: Price | None = None
    remark: String255 | None = None
    invoice_reference_id: CiString39 | None = None
    credit: bool | None = None
    credit_reference_id: CiString39 | None = None
    home_charging_compensation: bool | None = None
    last_updated: DateTime
