"""The OCPI 2.1.1 classes: those that differ are written here, the rest are those of 2.3.0.

Enums that 2.3.0 opened are read as OpenEnums with the words of 2.1.1: a word 2.1.1 does not know is kept and counted
as a finding. What we write has only its words. A CommandResponse is also what is sent to `response_url`, so it stands
for CommandResult too.
"""

from ocpilot.wire.v211.cdrs import CDR, AuthMethod, CdrDimension, CdrDimensionType, ChargingPeriod
from ocpilot.wire.v211.commands import (
    CommandResponse,
    CommandResponseType,
    CommandType,
    ReserveNow,
    StartSession,
    StopSession,
    UnlockConnector,
)
from ocpilot.wire.v211.commands import CommandResponse as CommandResult
from ocpilot.wire.v211.credentials import Credentials
from ocpilot.wire.v211.locations import (
    EVSE,
    Connector,
    EnergyMix,
    EnvironmentalImpact,
    Hours,
    Location,
    LocationType,
    PowerType,
)
from ocpilot.wire.v211.sessions import Session, SessionStatus
from ocpilot.wire.v211.tariffs import PriceComponent, Tariff, TariffElement, TariffRestrictions
from ocpilot.wire.v211.tokens import AuthorizationInfo, LocationReferences, Token
from ocpilot.wire.v211.versions import Endpoint, VersionDetails
from ocpilot.wire.v230 import (
    AdditionalGeoLocation,
    AllowedType,
    BusinessDetails,
    Capability,
    ConnectorFormat,
    ConnectorType,
    DayOfWeek,
    DisplayText,
    EnergySource,
    EnergySourceCategory,
    EnvironmentalImpactCategory,
    ExceptionalPeriod,
    Facility,
    GeoLocation,
    Image,
    ImageCategory,
    ParkingRestriction,
    RegularHours,
    Status,
    StatusSchedule,
    TariffDimensionType,
    TokenType,
    VersionInfo,
    WhitelistType,
)

__all__ = [
    "CDR",
    "EVSE",
    "AdditionalGeoLocation",
    "AllowedType",
    "AuthMethod",
    "AuthorizationInfo",
    "BusinessDetails",
    "Capability",
    "CdrDimension",
    "CdrDimensionType",
    "ChargingPeriod",
    "CommandResponse",
    "CommandResponseType",
    "CommandResult",
    "CommandType",
    "Connector",
    "ConnectorFormat",
    "ConnectorType",
    "Credentials",
    "DayOfWeek",
    "DisplayText",
    "Endpoint",
    "EnergyMix",
    "EnergySource",
    "EnergySourceCategory",
    "EnvironmentalImpact",
    "EnvironmentalImpactCategory",
    "ExceptionalPeriod",
    "Facility",
    "GeoLocation",
    "Hours",
    "Image",
    "ImageCategory",
    "Location",
    "LocationReferences",
    "LocationType",
    "ParkingRestriction",
    "PowerType",
    "PriceComponent",
    "RegularHours",
    "ReserveNow",
    "Session",
    "SessionStatus",
    "StartSession",
    "Status",
    "StatusSchedule",
    "StopSession",
    "Tariff",
    "TariffDimensionType",
    "TariffElement",
    "TariffRestrictions",
    "Token",
    "TokenType",
    "UnlockConnector",
    "VersionDetails",
    "VersionInfo",
    "WhitelistType",
]
