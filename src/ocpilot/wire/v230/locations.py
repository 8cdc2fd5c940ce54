"""The locations module: Location, EVSE, Connector and what they hold (mod_locations)."""

from typing import Annotated

from ocpilot.wire.fields import (
    AT_LEAST_ONE,
    CiString,
    CiString2,
    CiString3,
    CiString25,
    CiString36,
    CiString48,
    DateTime,
    Implied,
    Latitude,
    Longitude,
    Number,
    PlaceId,
    String3,
    String4,
    String10,
    String12,
    String16,
    String45,
    String50,
    String64,
    String255,
    TimeOfDay,
    Url,
    Weekday,
    Wire,
    Words,
)
from ocpilot.wire.v230.location_words import (
    Capability,
    ConnectorCapability,
    ConnectorFormat,
    ConnectorType,
    EnergySourceCategory,
    EnvironmentalImpactCategory,
    EVSEPosition,
    Facility,
    ParkingDirection,
    ParkingRestriction,
    ParkingType,
    PowerType,
    Status,
    VehicleType,
)
from ocpilot.wire.v230.types import AnyTokenType, BusinessDetails, DisplayText, Image

AnyCapability = Annotated[str, Words(Capability)]
AnyConnectorCapability = Annotated[str, Words(ConnectorCapability)]
AnyConnectorType = Annotated[str, Words(ConnectorType)]
AnyEnvironmentalImpactCategory = Annotated[str, Words(EnvironmentalImpactCategory)]
AnyFacility = Annotated[str, Words(Facility)]
AnyParkingRestriction = Annotated[str, Words(ParkingRestriction)]
AnyParkingType = Annotated[str, Words(ParkingType)]
AnyVehicleType = Annotated[str, Words(VehicleType)]


class GeoLocation(Wire, frozen=True, kw_only=True):
    """A point in decimal degrees, WGS 84, as text (mod_locations, "GeoLocation")."""

    latitude: Latitude
    longitude: Longitude


class AdditionalGeoLocation(Wire, frozen=True, kw_only=True):
    """A point with a name (mod_locations, "AdditionalGeoLocation")."""

    latitude: Latitude
    longitude: Longitude
    name: DisplayText | None = None


class EnergySource(Wire, frozen=True, kw_only=True):
    """A source's share of the mix, 0-100 (mod_locations, "EnergySource")."""

    source: EnergySourceCategory
    percentage: Number


class EnvironmentalImpact(Wire, frozen=True, kw_only=True):
    """What a kWh leaves behind, in g/kWh (mod_locations, "EnvironmentalImpact")."""

    category: AnyEnvironmentalImpactCategory
    amount: Number


class EnergyMix(Wire, frozen=True, kw_only=True):
    """Where the energy comes from (mod_locations, "EnergyMix")."""

    is_green_energy: bool
    energy_sources: tuple[EnergySource, ...] = ()
    environ_impact: tuple[EnvironmentalImpact, ...] = ()
    supplier_name: String64 | None = None
    energy_product_name: String64 | None = None


class ExceptionalPeriod(Wire, frozen=True, kw_only=True):
    """(mod_locations, "ExceptionalPeriod")."""

    period_begin: DateTime
    period_end: DateTime


class RegularHours(Wire, frozen=True, kw_only=True):
    """Opening hours of one weekday, 1 is Monday, in local time (mod_locations, "RegularHours")."""

    weekday: Weekday
    period_begin: TimeOfDay
    period_end: TimeOfDay


class Hours(Wire, frozen=True, kw_only=True):
    """Opening times (mod_locations, "Hours")."""

    twentyfourseven: Annotated[bool, Implied(value=False, beside="regular_hours")]
    regular_hours: tuple[RegularHours, ...] = ()
    exceptional_openings: tuple[ExceptionalPeriod, ...] = ()
    exceptional_closings: tuple[ExceptionalPeriod, ...] = ()


class StatusSchedule(Wire, frozen=True, kw_only=True):
    """A planned status (mod_locations, "StatusSchedule")."""

    period_begin: DateTime
    period_end: DateTime | None = None
    status: Status


class PublishTokenType(Wire, frozen=True, kw_only=True):
    """Whose tokens may see a Location that is not published (mod_locations, "PublishTokenType")."""

    uid: CiString36 | None = None
    type: AnyTokenType | None = None
    visual_number: String64 | None = None
    issuer: String64 | None = None
    group_id: CiString36 | None = None


class Parking(Wire, frozen=True, kw_only=True):
    """A parking place; kilograms, centimetres, minutes (mod_locations, "Parking")."""

    id: CiString36
    physical_reference: String12 | None = None
    vehicle_types: Annotated[tuple[AnyVehicleType, ...], AT_LEAST_ONE]
    max_vehicle_weight: Number | None = None
    max_vehicle_height: Number | None = None
    max_vehicle_length: Number | None = None
    max_vehicle_width: Number | None = None
    parking_space_length: Number | None = None
    parking_space_width: Number | None = None
    dangerous_goods_allowed: bool | None = None
    direction: ParkingDirection | None = None
    drive_through: bool | None = None
    restricted_to_type: bool
    reservation_required: bool
    time_limit: Number | None = None
    roofed: bool | None = None
    images: tuple[Image, ...] = ()
    lighting: bool | None = None
    refrigeration_outlet: bool | None = None
    standards: tuple[CiString36, ...] = ()
    apds_reference: CiString | None = None


class EVSEParking(Wire, frozen=True, kw_only=True):
    """Which Parking of the Location an EVSE serves (mod_locations, "EVSEParking")."""

    parking_id: CiString36
    evse_position: EVSEPosition | None = None


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
    capabilities: tuple[AnyConnectorCapability, ...] = ()
    last_updated: DateTime


class EVSE(Wire, frozen=True, kw_only=True):
    """What charges one vehicle at a time (mod_locations, "EVSE")."""

    uid: PlaceId
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
    parking: tuple[EVSEParking, ...] = ()
    images: tuple[Image, ...] = ()
    accepted_service_providers: tuple[String50, ...] = ()
    last_updated: DateTime


class Location(Wire, frozen=True, kw_only=True):
    """A place with EVSEs (mod_locations, "Location")."""

    country_code: CiString2
    party_id: CiString3
    id: PlaceId
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
    parking_places: tuple[Parking, ...] = ()
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
    help_phone: CiString25 | None = None
    last_updated: DateTime
