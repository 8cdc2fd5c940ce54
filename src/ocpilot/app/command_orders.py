"""Commands an operator gets: checked, kept, carried out by the station, and their result sent until it is acknowledged.

(mod_commands, "Receiver Interface"). What a station was asked when this process died ends as TIMEOUT (`jobs.py`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from ocpilot.app import authorize, tokens
from ocpilot.app.bodies import parsed, text_of, value_of
from ocpilot.app.command_records import give_result, link_session, words
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.app.records import (
    Command,
    CommandDirection,
    Peer,
    Station,
    StationConnector,
    StoredObject,
    Transaction,
    TransactionState,
)
from ocpilot.app.stations import evse_key
from ocpilot.app.tokens import is_ours
from ocpilot.app.visibility import may_send
from ocpilot.base.errors import OcpilotError, StationError, StationTimeout, UnknownLocation
from ocpilot.base.ids import PartyId, fold, new_id
from ocpilot.roaming.retry import worth_retry
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import (
    EVSE,
    AuthMethod,
    CdrToken,
    CommandResponse,
    CommandResponseType,
    CommandResult,
    CommandResultType,
    CommandType,
    Location,
    LocationReferences,
    StartSession,
    Status,
    StopSession,
    Token,
    UnlockConnector,
)

Order = Callable[[], Awaitable[str]]

log = logging.getLogger(__name__)

#: A station's word -> what came of the command (OCPP 1.6, 7.39 "RemoteStartStopStatus", 7.45 "UnlockStatus").
_RESULTS = {
    "Accepted": CommandResultType.ACCEPTED,
    "Rejected": CommandResultType.REJECTED,
    "NotSupported": CommandResultType.NOT_SUPPORTED,
    "Unlocked": CommandResultType.ACCEPTED,
    "UnlockFailed": CommandResultType.FAILED,
}
_BROKEN = frozenset({Status.INOPERATIVE, Status.OUTOFORDER, Status.BLOCKED})
#: Seconds beyond the time-out after which a command without a result has none.
_GRACE = 5.0


async def receive(platform: Platform, peer: Peer, word: str, version: Version, body: codec.Body) -> CommandResponse:
    """A provider's command: the response at once, the station's result later to its `response_url`.

    Raises InvalidObject, and UnknownLocation for a Location, EVSE or Connector we do not have.
    """
    match word.upper():
        case CommandType.START_SESSION:
            return await _start(platform, peer, codec.read(StartSession, version, body).value)
        case CommandType.STOP_SESSION:
            return await _stop(platform, peer, codec.read(StopSession, version, body).value)
        case CommandType.UNLOCK_CONNECTOR:
            return await _unlock(platform, peer, codec.read(UnlockConnector, version, body).value)
        case _:
            return _refusal(platform, CommandResponseType.NOT_SUPPORTED, f"{word} is not supported")


async def link_transaction(platform: Platform, transaction: Transaction) -> None:
    """The command a transaction of ours began with gets to know its Session, however late it started."""
    if transaction.auth_method != AuthMethod.COMMAND or transaction.cdr_token is None:
        return
    token = parsed(CdrToken, transaction.cdr_token)
    ours = is_ours(platform, PartyId.of(token.country_code, token.party_id))
    await link_session(
        platform,
        CommandDirection.SENT if ours else CommandDirection.RECEIVED,
        token_uid=token.uid,
        location_id=transaction.location_id,
        reference=transaction.authorization_reference,
        session_id=transaction.session_id,
    )


# ---- the three commands --------------------------------------------------------------------------------------------


async def _start(platform: Platform, peer: Peer, request: StartSession) -> CommandResponse:
    """The Token is not checked: the provider authorized it (mod_commands, "StartSession object")."""
    token = request.token
    if not may_send(peer, ModuleID.TOKENS, PartyId.of(token.country_code, token.party_id)):
        return _refusal(platform, CommandResponseType.REJECTED, "the Token is none of yours")
    command = msgspec.structs.replace(
        _new(platform, CommandType.START_SESSION, peer, request.response_url, text_of(request)),
        token_uid=token.uid,
        location_id=request.location_id,
        evse_uid=request.evse_uid,
        connector_id=request.connector_id,
        authorization_reference=request.authorization_reference,
    )
    return _response(platform, await order_start(platform, command, token))


async def order_start(platform: Platform, command: Command, token: Token) -> Command:
    """Keep a START_SESSION with our response to it; when we accept it, the station is asked in the background.

    Raises UnknownLocation. The same for a driver of our own, whose command has no `response_url`.
    """
    location = await _our_location(platform, command.location_id or "")
    found = await _where(platform, location, command.evse_uid, command.connector_id)
    if found is None or not platform.stations.is_connected(found[0].id):
        return await _kept(platform, command, CommandResponseType.REJECTED, "no free station is connected there")
    station, connector = found
    there = msgspec.structs.replace(
        command,
        location_id=location.id,
        evse_uid=connector.evse_uid,
        connector_id=connector.ocpi_connector_id,
    )
    kept = await _kept(platform, there, CommandResponseType.ACCEPTED)
    await authorize.remember_command(platform, kept, token, LocationReferences(location_id=location.id))
    _carry_out(platform, kept, lambda: _remote_start(platform, kept, station, connector))
    return kept


async def _stop(platform: Platform, peer: Peer, request: StopSession) -> CommandResponse:
    """A Session of another provider's driver is as unknown as one that does not exist."""
    command = _new(platform, CommandType.STOP_SESSION, peer, request.response_url, text_of(request))
    command = msgspec.structs.replace(command, session_id=request.session_id)
    transaction = await platform.store.transactions.by_session(request.session_id)
    token = parsed(CdrToken, transaction.cdr_token) if transaction and transaction.cdr_token else None
    if token is None or not may_send(peer, ModuleID.TOKENS, PartyId.of(token.country_code, token.party_id)):
        return _refusal(platform, CommandResponseType.UNKNOWN_SESSION, f"no session {request.session_id} of yours")
    return _response(platform, await order_stop(platform, command))


async def order_stop(platform: Platform, command: Command) -> Command:
    """Keep a STOP_SESSION with our response to it; when we accept it, the station is asked in the background."""
    transaction = await platform.store.transactions.by_session(command.session_id or "")
    if transaction is None:
        return await _kept(platform, command, CommandResponseType.UNKNOWN_SESSION)
    there = msgspec.structs.replace(
        command,
        token_uid=parsed(CdrToken, transaction.cdr_token).uid if transaction.cdr_token else None,
        location_id=transaction.location_id,
        evse_uid=transaction.evse_uid,
        connector_id=transaction.ocpi_connector_id,
    )
    if transaction.state != TransactionState.OPEN:
        return await _kept(platform, there, CommandResponseType.REJECTED, "the session is over already")
    if not platform.stations.is_connected(transaction.station_id):
        return await _kept(platform, there, CommandResponseType.REJECTED, "the station is not connected")
    kept = await _kept(platform, there, CommandResponseType.ACCEPTED)
    _carry_out(platform, kept, lambda: platform.stations.remote_stop(transaction.station_id, transaction.id))
    return kept


async def _unlock(platform: Platform, peer: Peer, request: UnlockConnector) -> CommandResponse:
    location = await _our_location(platform, request.location_id)
    found = await _where(platform, location, request.evse_uid, request.connector_id)
    command = msgspec.structs.replace(
        _new(platform, CommandType.UNLOCK_CONNECTOR, peer, request.response_url, text_of(request)),
        location_id=request.location_id,
        evse_uid=request.evse_uid,
        connector_id=request.connector_id,
    )
    if found is None or not platform.stations.is_connected(found[0].id):
        why = "the station is not connected"
        return _response(platform, await _kept(platform, command, CommandResponseType.REJECTED, why))
    station, connector = found
    kept = await _kept(platform, command, CommandResponseType.ACCEPTED)
    _carry_out(platform, kept, lambda: platform.stations.unlock(station.id, connector.connector_id))
    return _response(platform, kept)


def _new(platform: Platform, word: CommandType, peer: Peer, response_url: str, request: str) -> Command:
    now = platform.clock()
    return Command(
        id=new_id(),
        direction=CommandDirection.RECEIVED,
        peer_id=peer.id,
        command=word,
        request=request,
        response_url=response_url,
        created_at=now,
        expires_at=now + timedelta(seconds=platform.settings.roaming.command_timeout + _GRACE),
    )


async def _kept(
    platform: Platform, command: Command, response: CommandResponseType, message: str | None = None
) -> Command:
    answered = msgspec.structs.replace(command, response=response, response_at=platform.clock(), message=message)
    await platform.store.commands.add(answered)
    return answered


def _response(platform: Platform, command: Command) -> CommandResponse:
    return CommandResponse(
        result=CommandResponseType(command.response or CommandResponseType.REJECTED),
        timeout=round(platform.settings.roaming.command_timeout),
        message=words(command.message) if command.message else (),
    )


def _refusal(platform: Platform, result: CommandResponseType, why: str) -> CommandResponse:
    return CommandResponse(result=result, timeout=round(platform.settings.roaming.command_timeout), message=words(why))


# ---- which station -------------------------------------------------------------------------------------------------


async def _our_location(platform: Platform, location_id: str) -> Location:
    for stored in await platform.store.locations.find(location_id):
        if stored.peer_id is None:
            return value_of(Location, stored)
    raise UnknownLocation(f"no Location {location_id} here")


async def _where(
    platform: Platform, location: Location, evse_uid: str | None, connector_id: str | None
) -> tuple[Station, StationConnector] | None:
    """The station and connector a command means. Without `evse_uid` a free one of a connected station is taken.

    None when there is none; UnknownLocation for an EVSE or Connector that is not there.
    """
    if evse_uid is None:
        return await _free_one(platform, location)
    evse = next((one for one in location.evses if fold(one.uid) == fold(evse_uid)), None)
    if evse is None or evse.status == Status.REMOVED:
        raise UnknownLocation(f"no EVSE {evse_uid} at Location {location.id}")
    if connector_id is not None and fold(connector_id) not in {fold(one.id) for one in evse.connectors}:
        raise UnknownLocation(f"no Connector {connector_id} at EVSE {evse_uid}")
    return await _station_of(platform, location, evse, connector_id)


async def _station_of(
    platform: Platform, location: Location, evse: EVSE, connector_id: str | None = None
) -> tuple[Station, StationConnector] | None:
    station = await platform.store.stations.at_evse(location.id, evse.uid)
    for one in station.connectors if station else ():
        same = connector_id is None or fold(one.ocpi_connector_id) == fold(connector_id)
        if station is not None and fold(one.evse_uid) == fold(evse.uid) and same:
            return station, one
    return None


async def _free_one(platform: Platform, location: Location) -> tuple[Station, StationConnector] | None:
    for evse in location.evses:
        if evse.status == Status.AVAILABLE:
            found = await _station_of(platform, location, evse)
            if found is not None and platform.stations.is_connected(found[0].id):
                return found
    return None


# ---- the station's result ------------------------------------------------------------------------------------------


async def _remote_start(platform: Platform, command: Command, station: Station, connector: StationConnector) -> str:
    """The station's word, or EVSE_OCCUPIED / EVSE_INOPERATIVE where we know better than it says."""
    if await platform.store.transactions.open_on(station.id, connector.connector_id) is not None:
        return CommandResultType.EVSE_OCCUPIED
    id_tag = tokens.id_tag_of(command.token_uid or "")
    word = await platform.stations.remote_start(station.id, connector.connector_id, id_tag)
    key = evse_key(station, connector.evse_uid)
    if word == "Rejected" and _is_broken(await platform.store.locations.get(key)):
        return CommandResultType.EVSE_INOPERATIVE
    return word


def _is_broken(evse: StoredObject | None) -> bool:
    return evse is not None and value_of(EVSE, evse).status in _BROKEN


def _carry_out(platform: Platform, command: Command, order: Order) -> None:
    platform.background.start(_carried_out(platform, command, order), f"command {command.command} {command.id}")


async def _carried_out(platform: Platform, command: Command, order: Order) -> None:
    """Wait for the station, keep the result, send it to whoever sent the command."""
    try:
        async with asyncio.timeout(platform.settings.roaming.command_timeout):
            word = await order()
        result = _RESULTS.get(word) or CommandResultType(word)
        message = None
    except (StationTimeout, TimeoutError):
        result, message = CommandResultType.TIMEOUT, "the station did not answer"
    except (StationError, ValueError) as error:
        result, message = CommandResultType.FAILED, str(error)
    finished = await give_result(platform, command.id, result, message)
    if finished is not None and finished.direction == CommandDirection.RECEIVED:
        await send_result(platform, finished)


async def send_result(platform: Platform, command: Command) -> bool:
    """POST the result to the `response_url`; True when nothing is left to do.

    A refusal of the sender ends it too: it does not want to know. Only what may pass is tried again (`jobs.py`).
    """
    peer = await platform.store.peers.get(command.peer_id)
    if peer is None or command.result is None or command.response_url is None:
        return True
    message = words(command.message) if command.message else ()
    result = CommandResult(result=CommandResultType(command.result), message=message)
    version = peer.version or OWN_VERSION
    body = codec.convert(CommandResult, codec.body_of(result), OWN_VERSION, version).body
    try:
        await platform.partners.call_url(peer, "POST", command.response_url, codec.dumps(body))
    except OcpilotError as error:
        log.warning("result of command %s to %s: %s", command.id, peer.name, error)
        if worth_retry(error):
            return False
    now = platform.clock()
    await platform.store.commands.modify(
        command.id, lambda kept: msgspec.structs.replace(kept, result_sent_at=kept.result_sent_at or now)
    )
    return True
