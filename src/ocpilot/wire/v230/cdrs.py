"""The CDRs module: what a finished session came to (mod_cdrs)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import (
    AT_LEAST_ONE,
    Blob512,
    Blob5000,
    CiString2,
    CiString3,
    CiString32,
    CiString36,
    CiString39,
    CiString48,
    DateTime,
    Number,
    PlaceId,
    String3,
    String10,
    String20,
    String45,
    String255,
    String512,
    Wire,
)
from ocpilot.wire.v230.location_words import ConnectorFormat, PowerType
from ocpilot.wire.v230.locations import AnyConnectorType, GeoLocation
from ocpilot.wire.v230.tariffs import Tariff
from ocpilot.wire.v230.types import AnyTokenType, Price


class AuthMethod(StrEnum):
    """(mod_cdrs, "AuthMethod")."""

    AUTH_REQUEST = "AUTH_REQUEST"
    COMMAND = "COMMAND"
    WHITELIST = "WHITELIST"


class CdrDimensionType(StrEnum):
    """Ampere, kWh, kW, hours, per cent (mod_cdrs, "CdrDimensionType"); the last two are of the bookings extension."""

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
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"
    RESERVATION_OVERTIME = "RESERVATION_OVERTIME"


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

    id: PlaceId
    name: String255 | None = None
    address: String45
    city: String45
    postal_code: String10 | None = None
    state: String20 | None = None
    country: String3
    coordinates: GeoLocation
    evse_uid: PlaceId
    evse_id: CiString48
    connector_id: CiString36
    connector_standard: AnyConnectorType
    connector_format: ConnectorFormat
    connector_power_type: PowerType


class SignedValue(Wire, frozen=True, kw_only=True):
    """One signed meter value (mod_cdrs, "SignedValue")."""

    nature: CiString32
    plain_data: Blob5000
    signed_data: Blob5000


class SignedData(Wire, frozen=True, kw_only=True):
    """Signed meter values and what is needed to verify them (mod_cdrs, "SignedData")."""

    encoding_method: CiString36
    encoding_method_version: int | None = None
    public_key: Blob512 | None = None
    signed_values: Annotated[tuple[SignedValue, ...], AT_LEAST_ONE]
    url: String512 | None = None


class CDR(Wire, frozen=True, kw_only=True):
    """Energy in kWh, times in hours, money in `currency` (mod_cdrs, "CDR object")."""

    country_code: CiString2
    party_id: CiString3
    id: CiString39
    start_date_time: DateTime
    end_date_time: DateTime
    #: Of the bookings extension.
    booking_id: CiString36 | None = None
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
