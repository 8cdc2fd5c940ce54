"""Locations of 2.2.1: no parking places, no capabilities of connectors, fewer words (mod_locations)."""

from typing import Annotated

from ocpilot.wire.fields import (
    AT_LEAST_ONE,
    CiString2,
    CiString3,
    CiString36,
    CiString48,
    DateTime,
    String3,
    String4,
    String10,
    String16,
    String45,
    String64,
    String255,
    Url,
    Wire,
    Words,
)
from ocpilot.wire.v221.types import AnyTokenType
from ocpilot.wire.v230.location_words import ConnectorFormat, ConnectorType, ParkingRestriction, PowerType, Status
from ocpilot.wire.v230.locations import (
    AdditionalGeoLocation,
    AnyCapability,
    AnyFacility,
    AnyParkingType,
    EnergyMix,
    GeoLocation,
    Hours,
    StatusSchedule,
)
from ocpilot.wire.v230.types import BusinessDetails, DisplayText, Image

CONNECTOR_TYPES = Words(ConnectorType, without=[ConnectorType.MCS, ConnectorType.SAE_J3400])
PARKING_RESTRICTIONS = Words(
    ParkingRestriction, without=[ParkingRestriction.EMPLOYEES, ParkingRestriction.TAXIS, ParkingRestriction.TENANTS]
)
AnyConnectorType = Annotated[str, CONNECTOR_TYPES]
AnyParkingRestriction = Annotated[str, PARKING_RESTRICTIONS]


class PublishTokenType(Wire, frozen=True, kw_only=True):
    """Whose tokens may see a Location that is not published (mod_locations, "PublishTokenType")."""

    uid: CiString36 | None = None
    type: AnyTokenType | None = None
    visual_number: String64 | None = None
    issuer: String64 | None = None
    group_id: CiString36 | None = None


class Connector(Wire, frozen=True, kw_only=True):
    """A socket or cable; volt, ampere, watt (mod_locations, "Connector")."""

    id: CiString36
    standard: AnyConnectorType
    format: ConnectorFormat
    power_type: PowerType
    max_voltage: int
    max_amperage: int
    max_electric_power: int | None = None
    tariff_ids: tuple[CiString36, ...] = ()
    terms_and_conditions: Url | None = None
    last_updated: DateTime


class EVSE(Wire, frozen=True, kw_only=True):
    """What charges one vehicle at a time (mod_locations, "EVSE")."""

    uid: CiString36
    evse_id: CiString48 | None = None
    status: Status
    status_schedule: tuple[StatusSchedule, ...] = ()
    capabilities: tuple[AnyCapability, ...] = ()
    connectors: Annotated[tuple[Connector, ...], AT_LEAST_ONE]
    floor_level: String4 | None = None
    coordinates: GeoLocation | None = None
    physical_reference: String16 | None = None
    directions: tuple[DisplayText, ...] = ()
    parking_restrictions: tuple[AnyParkingRestriction, ...] = ()
    images: tuple[Image, ...] = ()
    last_updated: DateTime


class Location(Wire, frozen=True, kw_only=True):
    """A place with EVSEs (mod_locations, "Location")."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    publish: bool
    publish_allowed_to: tuple[PublishTokenType, ...] = ()
    name: String255 | None = None
    address: String255
    city: String45
    postal_code: String10 | None = None
    state: String45 | None = None
    country: String3
    coordinates: GeoLocation
    related_locations: tuple[AdditionalGeoLocation, ...] = ()
    parking_type: AnyParkingType | None = None
    evses: tuple[EVSE, ...] = ()
    directions: tuple[DisplayText, ...] = ()
    operator: BusinessDetails | None = None
    suboperator: BusinessDetails | None = None
    owner: BusinessDetails | None = None
    facilities: tuple[AnyFacility, ...] = ()
    time_zone: String255
    opening_times: Hours | None = None
    charging_when_closed: bool | None = None
    images: tuple[Image, ...] = ()
    energy_mix: EnergyMix | None = None
    last_updated: DateTime
