"""Commands and charging profiles, whose results come later, and authorize, which is answered at once."""

import asyncio
import logging
from collections.abc import Mapping

from ocpilot.base.errors import BadRequest, MissingParameter, NotFound, OcpilotError, UnknownToken
from ocpilot.base.ids import fold, new_id
from ocpilot.mock.exchange import Asked, Reply
from ocpilot.mock.faults import Fault
from ocpilot.mock.partner import Partner
from ocpilot.wire import codec
from ocpilot.wire.codec import Body, Context
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import CANONICAL, ModuleID
from ocpilot.wire.v230 import (
    AuthorizationInfo,
    CancelReservation,
    ChargingProfileResponse,
    ChargingProfileResponseType,
    ChargingProfileResult,
    ChargingProfileResultType,
    CommandResponse,
    CommandResult,
    CommandType,
    LocationReferences,
    ReserveNow,
    SetChargingProfile,
    StartSession,
    StopSession,
    UnlockConnector,
)

log = logging.getLogger(__name__)

_COMMANDS: Mapping[str, type[Wire]] = {
    CommandType.START_SESSION: StartSession,
    CommandType.STOP_SESSION: StopSession,
    CommandType.RESERVE_NOW: ReserveNow,
    CommandType.CANCEL_RESERVATION: CancelReservation,
    CommandType.UNLOCK_CONNECTOR: UnlockConnector,
}
#: Seconds we say that a result may take.
_TIMEOUT = 30


def command(partner: Partner, asked: Asked) -> Reply:
    """POST of a command: accepted, and the result comes later; REJECTED for what is not here (mod_commands)."""
    asked.only("POST")
    if len(asked.segments) == 1 and partner.faults.hits(Fault.ANY_COMMAND) and asked.segments[0] not in _COMMANDS:
        return _response(partner, asked, "ACCEPTED")
    if len(asked.segments) != 1 or asked.segments[0] not in _COMMANDS:
        raise NotFound(f"no command {'/'.join(asked.segments)}")
    body = asked.object()
    context = Context(party=partner.connection.parties[0])
    request = codec.body_of(codec.read(_COMMANDS[asked.segments[0]], asked.version, body, context).value)
    session_id = request.get("session_id")
    if session_id is not None and partner.memory.one(ModuleID.SESSIONS, str(session_id)) is None:
        return _response(partner, asked, "UNKNOWN_SESSION")
    location_id = request.get("location_id")
    known = location_id is None or partner.memory.one(ModuleID.LOCATIONS, str(location_id)) is not None
    result = codec.convert(
        CommandResult, {"result": "ACCEPTED" if known else "REJECTED"}, CANONICAL, asked.version
    ).body
    _result_later(partner, asked, str(request["response_url"]), result)
    return _response(partner, asked, "ACCEPTED")


def _response(partner: Partner, asked: Asked, result: str) -> Reply:
    body: Body = {"result": result, "timeout": _TIMEOUT}
    if partner.faults.hits(Fault.NO_COMMAND_RESPONSE):
        return Reply()
    return Reply(data=codec.convert(CommandResponse, body, CANONICAL, asked.version).body)


def profile(partner: Partner, asked: Asked) -> Reply:
    """PUT, GET and DELETE of a session's charging profile (mod_charging_profiles, "Receiver Interface")."""
    asked.only("GET", "PUT", "DELETE")
    if len(asked.segments) != 1:
        raise NotFound("no such resource")
    url = asked.query.get("response_url", "")
    if asked.method == "PUT":
        url = codec.read(SetChargingProfile, asked.version, asked.object()).value.response_url
    if not url:
        raise MissingParameter("response_url: found nothing, expected a URL")
    known = partner.memory.one(ModuleID.SESSIONS, asked.segments[0]) is not None or partner.faults.hits(
        Fault.ANY_SESSION
    )
    if known:
        done = ChargingProfileResult(result=ChargingProfileResultType.ACCEPTED)
        _result_later(partner, asked, url, codec.body_of(done))
    if partner.faults.hits(Fault.NO_PROFILE_RESPONSE):
        return Reply()
    word = ChargingProfileResponseType.ACCEPTED if known else ChargingProfileResponseType.UNKNOWN_SESSION
    return Reply(data=codec.body_of(ChargingProfileResponse(result=word, timeout=_TIMEOUT)))


def result(partner: Partner, asked: Asked) -> Reply:
    """POST of what came of a command of ours, to a URL we gave out; PUT of an active charging profile."""
    asked.only("POST", "PUT")
    if not asked.segments:
        raise NotFound("no such resource")
    partner.memory.results[asked.segments[-1]] = asked.object()
    return Reply()


def authorize(partner: Partner, asked: Asked) -> Reply:
    """POST .../authorize: 404 and 2004 for a Token we do not know (mod_tokens, "POST Method")."""
    asked.only("POST")
    hits = partner.faults.hits
    uid, kind = asked.segments[0], asked.query.get("type", "RFID")
    if asked.body.strip() and hits(Fault.PLACES_REFUSED):
        return Reply(http=400, code=2001)
    place = codec.read(LocationReferences, asked.version, asked.object()).body if asked.body.strip() else None
    ours = partner.memory.own.get(ModuleID.TOKENS, [])
    # With new words our lists say another type.
    typed = [one for one in ours if one["type"] == kind or hits(Fault.NEW_WORDS)]
    token = next((one for one in typed if fold(str(one["uid"])) == fold(uid)), None)
    if token is None and hits(Fault.UNKNOWN_TOKEN_ALLOWED):
        token = ours[0]
    if token is None:
        error = UnknownToken(f"no Token {uid} of type {kind} here")
        code = 2000 if hits(Fault.UNKNOWN_TOKEN_2000) else error.ocpi_status
        return Reply(http=404, code=code, message=str(error))
    if hits(Fault.AUTHORIZE_FAILS):
        raise BadRequest("nobody is authorized here")
    info: Body = {"allowed": "ALLOWED" if token["valid"] else "BLOCKED", "token": token}
    if token["valid"]:
        info |= {"authorization_reference": new_id()} | ({"location": place} if place else {})
    return Reply(data=codec.convert(AuthorizationInfo, info, CANONICAL, asked.version).body)


def _result_later(partner: Partner, asked: Asked, url: str, body: Body) -> None:
    if not partner.faults.hits(Fault.NO_RESULT):
        partner.later(_send_result(partner, asked, url, body))


async def _send_result(partner: Partner, asked: Asked, url: str, body: Body) -> None:
    await asyncio.sleep(partner.result_after)
    token = partner.connection.their_token
    if token is None:
        return
    try:
        await partner.caller.ask("POST", url, token, asked.version, body)
    except OcpilotError as error:
        log.warning("the result of a command was not taken: %s", error)
