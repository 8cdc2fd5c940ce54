"""What the requests of each resource bring and what their answers hold: the data of the OpenAPI document.

Most follows from the row itself: PUT, POST and PATCH bring the object that the path names, GET answers with it. A
handler that takes or gives something else is a row of `_OWN`, wherever the route table puts it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from ocpilot.app.cdrs import objects
from ocpilot.app.hub.hub_forward import Crossing
from ocpilot.app.ocpi import pages, payments
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS, CONFIRMATIONS, TERMINALS, class_of
from ocpilot.app.ocpi.exchange import Handler
from ocpilot.app.orders import booking_calls, command_calls, preferences, profile_calls
from ocpilot.app.partners import credentials
from ocpilot.http import routes
from ocpilot.http.routes import Resource
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.schema import MOMENT, Parameter
from ocpilot.wire.v230 import (
    EVSE,
    ActiveChargingProfile,
    ActiveChargingProfileResult,
    AuthorizationInfo,
    Booking,
    BookingRequest,
    Calendar,
    CancelReservation,
    ChargingPreferences,
    ChargingPreferencesResponse,
    ChargingProfileResponse,
    ChargingProfileResult,
    ClearProfileResult,
    CommandResponse,
    CommandResult,
    Connector,
    Credentials,
    LocationReferences,
    ReserveNow,
    SetChargingProfile,
    StartSession,
    StopSession,
    Terminal,
    TokenType,
    UnlockConnector,
    VersionDetails,
    VersionInfo,
)


@dataclass(frozen=True, kw_only=True)
class Content:
    """What one method brings and what it answers, in 2.3.0 classes; the document turns them into those of a version."""

    #: The body is one of these; none for no body.
    request: tuple[type[Wire], ...] = ()
    #: Only some fields of the body's class are given.
    patches: bool = False
    may_be_empty: bool = False
    response: type[Wire] | type[StrEnum] | None = None
    #: `response` comes as a list.
    listed: bool = False
    #: The list comes in pages.
    paged: bool = False
    #: A new object is answered with HTTP 201.
    creates: bool = False
    #: The answer says in a Location header where the object can be read again.
    located: bool = False
    query: tuple[Parameter, ...] = field(default=())


_TEXT: Body = {"type": "string"}
_PAGING = (
    Parameter(name="date_from", description="Only what was updated at this time or later.", schema=MOMENT),
    Parameter(name="date_to", description="Only what was updated before this time.", schema=MOMENT),
    Parameter(name="offset", description="How many objects to pass over.", schema={"type": "integer", "minimum": 0}),
    Parameter(name="limit", description="How many objects at most.", schema={"type": "integer", "minimum": 1}),
)
_TIMESLOTS = (
    Parameter(name="timeslot_from", description="Only where a timeslot ends after this time.", schema=MOMENT),
    Parameter(name="timeslot_to", description="Only where a timeslot starts before this time.", schema=MOMENT),
)
_TOKEN_TYPE = Parameter(
    name="type",
    description="The type of the Token.",
    schema=_TEXT | {"default": TokenType.RFID, "examples": [*TokenType]},
)
_RESPONSE_URL = Parameter(
    name="response_url", description="Where the result is sent later.", schema=_TEXT, required=True
)
_DURATION = Parameter(
    name="duration", description="How many seconds ahead.", schema={"type": "integer", "minimum": 1}, required=True
)
_COMMANDS = (CancelReservation, ReserveNow, StartSession, StopSession, UnlockConnector)
_PROFILE_RESULTS = (ActiveChargingProfileResult, ChargingProfileResult, ClearProfileResult)

_OWN: Mapping[Handler, Content] = {
    routes.versions: Content(response=VersionInfo, listed=True),
    routes.details: Content(response=VersionDetails),
    credentials.get: Content(response=Credentials),
    credentials.post: Content(request=(Credentials,), response=Credentials),
    credentials.put: Content(request=(Credentials,), response=Credentials),
    preferences.put: Content(request=(ChargingPreferences,), response=ChargingPreferencesResponse),
    objects.token_authorize: Content(
        request=(LocationReferences,), may_be_empty=True, response=AuthorizationInfo, query=(_TOKEN_TYPE,)
    ),
    command_calls.command_post: Content(request=_COMMANDS, response=CommandResponse),
    command_calls.result_post: Content(request=(CommandResult,)),
    profile_calls.profile_get: Content(response=ChargingProfileResponse, query=(_DURATION, _RESPONSE_URL)),
    profile_calls.profile_put: Content(request=(SetChargingProfile,), response=ChargingProfileResponse),
    profile_calls.profile_delete: Content(response=ChargingProfileResponse, query=(_RESPONSE_URL,)),
    profile_calls.result_post: Content(request=_PROFILE_RESULTS),
    profile_calls.update_put: Content(request=(ActiveChargingProfile,)),
    payments.activate: Content(request=(Terminal,), patches=True, creates=True),
    payments.terminal_put: Content(request=(Terminal,), patches=True),
    payments.deactivate: Content(),
    booking_calls.booking_post: Content(request=(BookingRequest,), response=Booking),
}
#: The lists, and what they are filtered by.
_LISTS: Mapping[Handler, tuple[Parameter, ...]] = {
    pages.sender_list: _PAGING,
    booking_calls.location_list: _PAGING + _TIMESLOTS,
}
_KINDS = (TERMINALS, CONFIRMATIONS, BOOKING_LOCATIONS)
#: The last variable of a path -> the class of the part that it names.
_PARTS: Mapping[str, type[Wire]] = {"{evse_uid}": EVSE, "{connector_id}": Connector, "{calendar_id}": Calendar}


def content_of(row: Resource, method: str) -> Content:
    """What a method of a row of the route table brings and answers."""
    handler = function_of(row.methods[method])
    if handler in _OWN:
        return _OWN[handler]
    if method == "DELETE":
        return Content()
    cls = _class_at(row)
    if handler in _LISTS:
        return Content(response=cls, listed=True, paged=True, query=_LISTS[handler])
    query = (_TOKEN_TYPE,) if row.module is ModuleID.TOKENS else ()
    if method == "GET":
        return Content(response=cls, query=query)
    return Content(
        request=(cls,),
        # An operator leaves out of a Terminal what is the PTP's to say (mod_payments, "POST Terminal Method").
        patches=method == "PATCH" or cls is Terminal,
        creates=method != "PATCH",
        located=method == "POST",
        query=query,
    )


def crossing_of(row: Resource, method: str, path: Mapping[str, str]) -> Crossing:
    """A call of a resource as a hub carries it on."""
    content = content_of(row, method)
    below = row.template[len(row.template) - len([part for part in row.path.split("/") if part]) :]
    segments = tuple(path[word[1:-1]] if word.startswith("{") else word for word in below)
    return Crossing(segments=segments, request=content.request, response=content.response, listed=content.listed)


def function_of(handler: Handler) -> Handler:
    """The function behind a handler, without what it was given for its row."""
    return handler.func if isinstance(handler, partial) else handler


def _class_at(row: Resource) -> type[Wire]:
    """The class of the object that a path names."""
    kind = next((kind for kind in _KINDS if kind in row.template), "")
    return _PARTS.get(row.template[-1]) or class_of(row.module, kind)
