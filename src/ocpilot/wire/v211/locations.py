"""Locations of 2.1.1: a type of place, one tariff per connector, no owner in the object (mod_locations)."""

from enum import StrEnum
from typing import Annotated

from ocpilot.wire.fields import (
    AT_LEAST_ONE,
    DateTime,
    Number,
    String3,
    String4,
    String10,
    String16,
    String36,
    String39,
    String45,
    String48,
    String64,
    String255,
    Url,
    Wire,
    Words,
)
from ocpilot.wire.v230.location_words import (
    Capability,
    ConnectorFormat,
    ConnectorType,
    Facility,
    ParkingRestriction,
    Status,
)
from ocpilot.wire.v230.locations import (
    AdditionalGeoLocation,
    AnyEnvironmentalImpactCategory,
    EnergySource,
    ExceptionalPeriod,
    GeoLocation,
    RegularHours,
    StatusSchedule,
)
from ocpilot.wire.v230.types import BusinessDetails, DisplayText, Image

CAPABILITIES = Words(
    Capability,
    without=[
        Capability.CHARGING_PREFERENCES_CAPABLE,
        Capability.CHIP_CARD_SUPPORT,
        Capability.CONTACTLESS_CARD_SUPPORT,
        Capability.DEBIT_CARD_PAYABLE,
        Capability.PED_TERMINAL,
        Capability.START_SESSION_CONNECTOR_REQUIRED,
        Capability.TOKEN_GROUP_CAPABLE,
    ],
)
CONNECTOR_TYPES = Words(
    ConnectorType,
    without=[
        ConnectorType.CHAOJI,
        ConnectorType.DOMESTIC_M,
        ConnectorType.DOMESTIC_N,
        ConnectorType.DOMESTIC_O,
        ConnectorType.GBT_AC,
        ConnectorType.GBT_DC,
        ConnectorType.MCS,
        ConnectorType.NEMA_5_20,
        ConnectorType.NEMA_6_30,
        ConnectorType.NEMA_6_50,
        ConnectorType.NEMA_10_30,
        ConnectorType.NEMA_10_50,
        ConnectorType.NEMA_14_30,
        ConnectorType.NEMA_14_50,
        ConnectorType.PANTOGRAPH_BOTTOM_UP,
        ConnectorType.PANTOGRAPH_TOP_DOWN,
        ConnectorType.SAE_J3400,
    ],
)
FACILITIES = Words(
    Facility,
    without=[Facility.BIKE_SHARING, Facility.TRAM_STOP, Facility.METRO_STATION, Facility.PARKING_LOT],
)
PARKING_RESTRICTIONS = Words(
    ParkingRestriction, without=[ParkingRestriction.EMPLOYEES, ParkingRestriction.TAXIS, ParkingRestriction.TENANTS]
)
AnyCapability = Annotated[str, CAPABILITIES]
AnyConnectorType = Annotated[str, CONNECTOR_TYPES]
AnyFacility = Annotated[str, FACILITIES]
AnyParkingRestriction = Annotated[str, PARKING_RESTRICTIONS]


class LocationType(StrEnum):
    """(mod_locations, "LocationType")."""

    ON_STREET = "ON_STREET"
    PARKING_GARAGE = "PARKING_GARAGE"
    UNDERGROUND_GARAGE = "UNDERGROUND_GARAGE"
    PARKING_LOT = "PARKING_LOT"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


class PowerType(StrEnum):
    """(mod_locations, "PowerType")."""

    AC_1_PHASE = "AC_1_PHASE"
    AC_3_PHASE = "AC_3_PHASE"
    DC = "DC"


class EnvironmentalImpact(Wire, frozen=True, kw_only=True):
    """What a kWh leaves behind, in g/kWh (mod_locations, "EnvironmentalImpact")."""

    source: AnyEnvironmentalImpactCategory
    amount: Number


class EnergyMix(Wire, frozen=True, kw_only=True):
    """Where the energy comes from (mod_locations, "EnergyMix")."""

    is_green_energy: bool
    energy_sources: tuple[EnergySource, ...] = ()
    environ_impact: tuple[EnvironmentalImpact, ...] = ()
    supplier_name: String64 | None = None
    energy_product_name: String64 | None = None


class Hours(Wire, frozen=True, kw_only=True):
    """Opening times; `twentyfourseven` may be left out beside `regular_hours` (mod_locations, "Hours")."""

    regular_hours: tuple[RegularHours, ...] = ()
    twentyfourseven: bool | None = None
    exceptional_openings: tuple[ExceptionalPeriod, ...] = ()
    exceptional_closings: tuple[ExceptionalPeriod, ...] = ()


class Connector(Wire, frozen=True, kw_only=True):
    """A socket or cable; volt, ampere (mod_locations, "Connector object")."""

    id: String36
    standard: AnyConnectorType
    format: ConnectorFormat
    power_type: PowerType
    voltage: int
    amperage: int
    tariff_id: String36 | None = None
    terms_and_conditions: Url | None = None
    last_updated: DateTime


class EVSE(Wire, frozen=True, kw_only=True):
    """What charges one vehicle at a time (mod_locations, "EVSE object")."""

    uid: String39
    evse_id: String48 | None = None
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
    """A place with EVSEs (mod_locations, "Location object")."""

    id: String39
    type: LocationType
    name: String255 | None = None
    address: String45
    city: String45
    postal_code: String10
    country: String3
    coordinates: GeoLocation
    related_locations: tuple[AdditionalGeoLocation, ...] = ()
    evses: tuple[EVSE, ...] = ()
    directions: tuple[DisplayText, ...] = ()
    operator: BusinessDetails | None = None
    suboperator: BusinessDetails | None = None
    owner: BusinessDetails | None = None
    facilities: tuple[AnyFacility, ...] = ()
    time_zone: String255 | None = None
    opening_times: Hours | None = None
    charging_when_closed: bool | None = None
    images: tuple[Image, ...] = ()
    energy_mix: EnergyMix | None = None
    last_updated: DateTime
