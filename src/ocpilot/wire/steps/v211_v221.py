"""The step between 2.1.1 and 2.2.1: one change up and one down per class that differs.

2.1.1 leaves much unsaid that 2.2.1 must say. Up takes it from the `Context`; what that does not say either is assumed
or left out, and named in the assumptions:

    country_code, party_id      of the context's party, else left out
    publish                     true
    time_zone                   of the context, else that of country and coordinates, else UTC
    twentyfourseven             false
    cdr_token                   the context's Token, else uid = auth_id, type OTHER, owner read from the auth_id
    evse_uid, connector_id      #NA where the Location holds none; evse_id of a CDR too
    role in Credentials         of the context, else OTHER; of an Endpoint left out
    timeout of a command        30 seconds

Down, Sessions and CDRs hold their Location whole: it is taken from the context. Words that 2.1.1 does not know become:

    ConnectorType       IEC_62196_T2_COMBO for DC, IEC_62196_T2 for AC, SAE_J3400 -> TESLA_S (the same plug)
    PowerType           AC_2_PHASE, AC_2_PHASE_SPLIT -> AC_1_PHASE
    ParkingType         ALONG_MOTORWAY, ON_DRIVEWAY and any other -> the type OTHER
    ParkingRestriction  EMPLOYEES, TENANTS, TAXIS -> CUSTOMERS; any other is left out
    TokenType, ImageCategory            any other -> OTHER
    AuthMethod          COMMAND -> AUTH_REQUEST (the provider said yes)
    SessionStatus       RESERVATION -> PENDING
    CommandResultType   any other -> REJECTED
    Capability, Facility, EnvironmentalImpactCategory, CdrDimensionType     any other is left out

Ids of Locations and EVSEs that have more than the 36 characters of 2.2.1 stay as they are, and are named in the losses.
A Tariff Element for reservations is left out: 2.1.1 would count it for every charge. A restriction by current is left
out alone, so the element then counts at any current.
"""

from collections.abc import Mapping

from ocpilot.wire import v211, v221, v230
from ocpilot.wire.fields import Wire
from ocpilot.wire.steps.changes import (
    drop,
    environ_impact,
    in_turn,
    keep_valid,
    new_fields,
    renamed,
    standard,
    too_long,
    without_elements,
)
from ocpilot.wire.steps.v211_charges import cdr_down, cdr_up, dimensions, session_down, session_up
from ocpilot.wire.steps.v211_places import (
    connector_down,
    connector_up,
    hours_up,
    location_down,
    location_up,
    owner_down,
    owner_up,
)
from ocpilot.wire.steps.v211_platforms import (
    authorization_up,
    credentials_down,
    credentials_up,
    endpoint_up,
    reservation_down,
    reservation_up,
    response_up,
)
from ocpilot.wire.steps.walk import Change, Step, WordTable
from ocpilot.wire.v211.locations import CAPABILITIES, CONNECTOR_TYPES, FACILITIES, PARKING_RESTRICTIONS
from ocpilot.wire.v211.tokens import TOKEN_TYPES

_NO_PLACE = "2.1.1 has no such field"
#: Of a Location and an EVSE in 2.2.1, 39 in 2.1.1; that of a CDR is the other way round.
_LONGEST_ID = 36
_MISPLACED = "means something else here"

#: Fields of 2.2.1 that this step makes of others, by class: under these names a body of 2.1.1 means something else.
_WRITTEN: Mapping[type[Wire], frozenset[str]] = {
    v230.Session: frozenset(
        {"cdr_token", "location_id", "evse_uid", "connector_id", "start_date_time", "end_date_time"}
    ),
    v230.CDR: frozenset({"cdr_token", "cdr_location", "end_date_time"}),
    v230.Token: frozenset({"contract_id"}),
    v230.Credentials: frozenset({"roles"}),
    v230.EnvironmentalImpact: frozenset({"category"}),
}
#: Fields of 2.2.1 that a 2.1.1 peer may use already; going down they are not just left out.
_CARRIED = frozenset(
    {"country_code", "party_id", "publish", "parking_type", "max_voltage", "max_amperage", "tariff_ids", "reservation"}
)


def _new(cls: type[Wire]) -> frozenset[str]:
    """The fields of `cls` that 2.1.1 does not have."""
    return frozenset(new_fields(getattr(v221, cls.__name__), getattr(v211, cls.__name__)))


def _up(cls: type[Wire], *changes: Change) -> Change:
    """`changes`, after what a 2.1.1 peer says in fields of 2.2.1 was kept if it is right."""
    written = _WRITTEN.get(cls, frozenset())
    kept = keep_valid(getattr(v221, cls.__name__), _new(cls) - written, "2.1.1")
    return in_turn(drop(sorted(written), _MISPLACED), kept, *changes)


def _down(cls: type[Wire]) -> Change:
    """Without the fields that 2.1.1 does not have and nothing is made of."""
    return drop(sorted(_new(cls) - _WRITTEN.get(cls, frozenset()) - _CARRIED), _NO_PLACE)


_CONNECTOR_TYPES = WordTable(known=CONNECTOR_TYPES.known, nearest={"SAE_J3400": "TESLA_S"})
_WORDS_UP = {
    "CommandResponseType": WordTable(known=frozenset(v221.CommandResponseType), otherwise="REJECTED"),
    "CommandResultType": WordTable(known=frozenset(v221.CommandResultType), otherwise="FAILED"),
}
_WORDS_DOWN = {
    "AuthMethod": WordTable(known=frozenset(v211.AuthMethod), otherwise="AUTH_REQUEST"),
    "Capability": WordTable(known=CAPABILITIES.known),
    "CommandResultType": WordTable(known=frozenset(v211.CommandResponseType), otherwise="REJECTED"),
    "Facility": WordTable(known=FACILITIES.known),
    "ImageCategory": WordTable(known=frozenset(v230.ImageCategory), otherwise="OTHER"),
    "ParkingRestriction": WordTable(
        known=PARKING_RESTRICTIONS.known,
        nearest={"EMPLOYEES": "CUSTOMERS", "TENANTS": "CUSTOMERS", "TAXIS": "CUSTOMERS"},
    ),
    "PowerType": WordTable(known=frozenset(v211.PowerType), otherwise="AC_1_PHASE"),
    "SessionStatus": WordTable(known=frozenset(v211.SessionStatus), otherwise="PENDING"),
    "TokenType": WordTable(known=TOKEN_TYPES.known, otherwise="OTHER"),
}


def _fitting(*names: str) -> Change:
    return too_long(names, _LONGEST_ID, "2.2.1")


_AT_AN_EVSE = (v230.Session, v230.StartSession, v230.ReserveNow, v230.UnlockConnector)

UP = Step(
    before={
        v230.Location: _up(v230.Location, location_up),
        v230.Connector: _up(v230.Connector, connector_up),
        v230.Hours: hours_up,
        v230.EnvironmentalImpact: _up(v230.EnvironmentalImpact, renamed("source", "category")),
        v230.Tariff: _up(v230.Tariff, owner_up),
        v230.TariffRestrictions: _up(v230.TariffRestrictions),
        v230.PriceComponent: _up(v230.PriceComponent),
        v230.Session: _up(v230.Session, session_up),
        v230.CDR: _up(v230.CDR, cdr_up),
        v230.ChargingPeriod: _up(v230.ChargingPeriod, dimensions(frozenset(v221.CdrDimensionType))),
        v230.Token: _up(v230.Token, renamed("auth_id", "contract_id"), owner_up),
        v230.LocationReferences: drop(("connector_ids",), "2.2.1 has no such field"),
        v230.AuthorizationInfo: _up(v230.AuthorizationInfo),
        v230.Credentials: _up(v230.Credentials, credentials_up),
        v230.Endpoint: _up(v230.Endpoint, endpoint_up),
        v230.ReserveNow: _up(v230.ReserveNow, reservation_up),
        v230.StartSession: _up(v230.StartSession),
        v230.CommandResponse: _up(v230.CommandResponse, response_up),
        v230.CommandResult: _up(v230.CommandResult),
    },
    after={
        v230.AuthorizationInfo: authorization_up,
        v230.Location: _fitting("id"),
        v230.EVSE: _fitting("uid"),
        v230.CdrLocation: _fitting("id", "evse_uid"),
        v230.LocationReferences: _fitting("location_id", "evse_uids"),
        **{cls: _fitting("location_id", "evse_uid") for cls in _AT_AN_EVSE},
    },
    words=_WORDS_UP,
)

DOWN = Step(
    before={
        v230.Location: _down(v230.Location),
        v230.Connector: _down(v230.Connector),
        v230.EnergyMix: environ_impact(frozenset(v230.EnvironmentalImpactCategory), "category"),
        v230.Tariff: _down(v230.Tariff),
        v230.TariffRestrictions: _down(v230.TariffRestrictions),
        v230.PriceComponent: _down(v230.PriceComponent),
        v230.Session: _down(v230.Session),
        v230.CDR: _down(v230.CDR),
        v230.ChargingPeriod: in_turn(_down(v230.ChargingPeriod), dimensions(frozenset(v211.CdrDimensionType))),
        v230.Token: _down(v230.Token),
        v230.AuthorizationInfo: _down(v230.AuthorizationInfo),
        v230.Endpoint: _down(v230.Endpoint),
        v230.ReserveNow: _down(v230.ReserveNow),
        v230.StartSession: _down(v230.StartSession),
        v230.CommandResponse: _down(v230.CommandResponse),
        v230.CommandResult: _down(v230.CommandResult),
    },
    after={
        v230.Location: location_down,
        v230.Connector: in_turn(standard(_CONNECTOR_TYPES, "power_type"), connector_down),
        v230.CdrLocation: standard(_CONNECTOR_TYPES, "connector_power_type"),
        v230.EnvironmentalImpact: renamed("category", "source"),
        v230.Tariff: in_turn(without_elements(("reservation",)), owner_down),
        v230.Session: session_down,
        v230.CDR: in_turn(too_long(("id",), _LONGEST_ID, "2.1.1"), cdr_down),
        v230.Token: in_turn(renamed("contract_id", "auth_id"), owner_down),
        v230.Credentials: credentials_down,
        v230.ReserveNow: reservation_down,
    },
    words=_WORDS_DOWN,
)
