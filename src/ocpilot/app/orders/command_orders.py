"""Commands an operator gets: whose they are, where they go, and what the station is asked (mod_commands, "Receiver
Interface"). How an order is kept and its result sent is in `orders.py`, reservations are in `reservation_orders.py`.
"""

from typing import TypeVar

import msgspec

from ocpilot.app.charges import authorize
from ocpilot.app.charges.ad_hoc_tokens import is_spent
from ocpilot.app.charges.command_records import OUR_OWN, link_session, words
from ocpilot.app.kept.charge_records import Command, CommandDirection, Transaction, TransactionState
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.bodies import parsed, text_of, value_of
from ocpilot.app.ocpi.heard import heard
from ocpilot.app.ocpi.places import Place, missing_in_start, needs_connector, our_location, where
from ocpilot.app.ocpi.tokens import is_ours
from ocpilot.app.ocpi.unsaid import unsaid
from ocpilot.app.ocpi.visibility import may_command, require_commander
from ocpilot.app.orders import orders, reservation_orders
from ocpilot.app.orders.orders import Outcome
from ocpilot.app.platform import Platform
from ocpilot.app.stations.stations import evse_key
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import PartyId
from ocpilot.roaming.routing import DIRECT, Route
from ocpilot.wire import codec
from ocpilot.wire.fields import Wire
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import CANONICAL, ModuleID, Version
from ocpilot.wire.v230 import (
    EVSE,
    AuthMethod,
    CancelReservation,
    CdrToken,
    CommandResponse,
    CommandResponseType,
    CommandResultType,
    CommandType,
    LocationReferences,
    ReserveNow,
    StartSession,
    Status,
    StopSession,
    Token,
    UnlockConnector,
)

T = TypeVar("T", bound=Wire)

#: A station's word -> what came of the command (OCPP 1.6, 7.39 "RemoteStartStopStatus", 7.45 "UnlockStatus").
_RESULTS = {
    "Accepted": CommandResultType.ACCEPTED,
    "Rejected": CommandResultType.REJECTED,
    "NotSupported": CommandResultType.NOT_SUPPORTED,
    "Unlocked": CommandResultType.ACCEPTED,
    "UnlockFailed": CommandResultType.FAILED,
}
_BROKEN = frozenset({Status.INOPERATIVE, Status.OUTOFORDER, Status.BLOCKED})


async def receive(
    platform: Platform, peer: Peer, word: str, version: Version, body: codec.Body, *, route: Route = DIRECT
) -> CommandResponse:
    """A provider's command: the response at once, the station's result later to its `response_url`.

    `route` is from and to which party it goes, where the peer said so. Raises InvalidObject, and UnknownLocation for a
    Location, EVSE or Connector we do not have; BadRequest for a peer without a role that sends commands.
    """
    require_commander(peer)
    context = await unsaid(platform, peer, version, ModuleID.TOKENS, body)

    def read(cls: type[T]) -> T:
        return heard(platform, peer, ModuleID.COMMANDS, cls, body, version=version, context=context).value

    match word.upper():
        case CommandType.START_SESSION:
            answered = await _start(platform, peer, read(StartSession), route)
        case CommandType.STOP_SESSION:
            answered = await _stop(platform, peer, read(StopSession), route)
        case CommandType.UNLOCK_CONNECTOR:
            answered = await _unlock(platform, peer, read(UnlockConnector), route)
        case CommandType.RESERVE_NOW:
            answered = await _reserve(platform, peer, read(ReserveNow), route)
        case CommandType.CANCEL_RESERVATION:
            answered = await _cancel(platform, peer, read(CancelReservation), route)
        case _:
            answered = CommandResponseType.NOT_SUPPORTED, f"{word} is not supported"
    return _response(platform, answered)


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
        evse_uid=transaction.evse_uid,
        reference=transaction.authorization_reference,
        session_id=transaction.session_id,
        peer_id=OUR_OWN if ours else None,
    )


#: Our response and why.
Refusal = tuple[CommandResponseType, str]


def _response(platform: Platform, answered: Command | Refusal) -> CommandResponse:
    if isinstance(answered, Command):
        answered = CommandResponseType(answered.response or CommandResponseType.REJECTED), answered.message or ""
    result, why = answered
    seconds = round(platform.settings.roaming.command_timeout)
    return CommandResponse(result=result, timeout=seconds, message=words(why) if why else ())


# ---- the commands --------------------------------------------------------------------------------------------------


async def _start(platform: Platform, peer: Peer, request: StartSession, route: Route) -> Command | Refusal:
    """The Token is not checked: the provider authorized it (mod_commands, "StartSession object")."""
    token = request.token
    if not _is_of(peer, token):
        return CommandResponseType.REJECTED, "the Token is none of yours"
    if await is_spent(platform, token):
        return CommandResponseType.REJECTED, "the Token is for one charge, and has had it"
    command = msgspec.structs.replace(
        orders.new(platform, CommandType.START_SESSION, peer, request.response_url, text_of(request), route=route),
        token_uid=token.uid,
        location_id=request.location_id,
        evse_uid=request.evse_uid,
        connector_id=request.connector_id,
        authorization_reference=request.authorization_reference,
    )
    has_connectors = "connector_id" in class_in(StartSession, peer.version or CANONICAL).__struct_fields__
    return await order_start(platform, command, token, complete=has_connectors)


async def order_start(platform: Platform, command: Command, token: Token, *, complete: bool = True) -> Command:
    """Keep a START_SESSION with our response to it; when we accept it, the station is asked in the background.

    Raises UnknownLocation, and InvalidObject when it must name an EVSE or Connector and does not (`complete`: in its
    version it can). The same for a driver of our own, whose command has no `response_url`.
    """
    driver = PartyId.of(token.country_code, token.party_id)
    location = await our_location(platform, command.location_id or "", (driver.key,))
    if complete and (problems := missing_in_start(location, command.evse_uid, command.connector_id)):
        raise InvalidObject(problems, "StartSession")
    reserved = await reservation_orders.reserved_evse(platform, location.id, token.uid)
    evse_uid = command.evse_uid or reserved
    place = await where(
        platform, location, evse_uid, command.connector_id, fits=lambda evse: not (complete and needs_connector(evse))
    )
    if place is None or not await platform.stations.is_connected(place.station.id):
        why = "no free station is connected there"
        return await orders.kept(platform, command, CommandResponseType.REJECTED, why)
    there = msgspec.structs.replace(
        command,
        location_id=location.id,
        evse_uid=place.connector.evse_uid,
        connector_id=place.connector.ocpi_connector_id,
    )
    kept = await orders.kept(platform, there, CommandResponseType.ACCEPTED)
    await authorize.remember_command(platform, kept, token, LocationReferences(location_id=location.id))
    orders.carry_out(platform, kept, lambda: _remote_start(platform, kept, place, token), _RESULTS)
    return kept


async def _stop(platform: Platform, peer: Peer, request: StopSession, route: Route) -> Command | Refusal:
    """A Session of another provider's driver is as unknown as one that does not exist."""
    command = orders.new(platform, CommandType.STOP_SESSION, peer, request.response_url, text_of(request), route=route)
    command = msgspec.structs.replace(command, session_id=request.session_id)
    transaction = await platform.store.transactions.by_session(request.session_id)
    if transaction is not None and _is_his(peer, transaction):
        return await order_stop(platform, command)
    reservation = await platform.store.reservations.of_session(request.session_id)
    if transaction is None and reservation is not None and may_command(peer, reservation.owner):
        return CommandResponseType.REJECTED, "nothing is charged in a reservation; cancel it"
    return CommandResponseType.UNKNOWN_SESSION, f"no session {request.session_id} of yours"


async def order_stop(platform: Platform, command: Command) -> Command:
    """Keep a STOP_SESSION with our response to it; when we accept it, the station is asked in the background."""
    transaction = await platform.store.transactions.by_session(command.session_id or "")
    if transaction is None:
        return await orders.kept(platform, command, CommandResponseType.UNKNOWN_SESSION)
    there = msgspec.structs.replace(
        command,
        token_uid=parsed(CdrToken, transaction.cdr_token).uid if transaction.cdr_token else None,
        location_id=transaction.location_id,
        evse_uid=transaction.evse_uid,
        connector_id=transaction.ocpi_connector_id,
    )
    if transaction.state != TransactionState.OPEN:
        return await orders.kept(platform, there, CommandResponseType.REJECTED, "the session is over already")
    if not await platform.stations.is_connected(transaction.station_id):
        return await orders.kept(platform, there, CommandResponseType.REJECTED, "the station is not connected")
    kept = await orders.kept(platform, there, CommandResponseType.ACCEPTED)

    async def stop() -> Outcome:
        return Outcome(word=await platform.stations.remote_stop(transaction))

    orders.carry_out(platform, kept, stop, _RESULTS)
    return kept


async def _unlock(platform: Platform, peer: Peer, request: UnlockConnector, route: Route) -> Command | Refusal:
    location = await our_location(platform, request.location_id, peer.parties)
    place = await where(platform, location, request.evse_uid, request.connector_id)
    command = msgspec.structs.replace(
        orders.new(platform, CommandType.UNLOCK_CONNECTOR, peer, request.response_url, text_of(request), route=route),
        location_id=request.location_id,
        evse_uid=request.evse_uid,
        connector_id=request.connector_id,
    )
    return await order_unlock(platform, command, place, peer)


async def order_unlock(platform: Platform, command: Command, place: Place | None, peer: Peer | None = None) -> Command:
    """Keep an UNLOCK_CONNECTOR with our response to it; `peer` None: somebody of ours asks, who may unlock all.

    While the driver of another provider charges it would hand out a cable that is not the asking one's.
    """
    if place is None or not await platform.stations.is_connected(place.station.id):
        return await orders.kept(platform, command, CommandResponseType.REJECTED, "the station is not connected")
    running = await platform.store.transactions.open_on(place.station.id, place.connector.evse_id)
    if peer is not None and running is not None and not _is_his(peer, running):
        return await orders.kept(platform, command, CommandResponseType.REJECTED, "somebody else charges there")
    kept = await orders.kept(platform, command, CommandResponseType.ACCEPTED)

    async def unlock() -> Outcome:
        at = place.connector
        return Outcome(word=await platform.stations.unlock(place.station.id, at.evse_id, at.connector_id))

    orders.carry_out(platform, kept, unlock, _RESULTS)
    return kept


async def _reserve(platform: Platform, peer: Peer, request: ReserveNow, route: Route) -> Command | Refusal:
    """The Token is not checked: the provider authorized it (mod_commands, "ReserveNow object")."""
    if not _is_of(peer, request.token):
        return CommandResponseType.REJECTED, "the Token is none of yours"
    command = msgspec.structs.replace(
        orders.new(platform, CommandType.RESERVE_NOW, peer, request.response_url, text_of(request), route=route),
        token_uid=request.token.uid,
        location_id=request.location_id,
        evse_uid=request.evse_uid,
        authorization_reference=request.authorization_reference,
    )
    return await reservation_orders.order_reserve(platform, command, request)


async def _cancel(platform: Platform, peer: Peer, request: CancelReservation, route: Route) -> Command | Refusal:
    word = CommandType.CANCEL_RESERVATION
    command = orders.new(platform, word, peer, request.response_url, text_of(request), route=route)
    return await reservation_orders.order_cancel(platform, command, request.reservation_id, route.sender)


def _is_his(peer: Peer, transaction: Transaction) -> bool:
    return transaction.cdr_token is not None and _is_of(peer, parsed(CdrToken, transaction.cdr_token))


def _is_of(peer: Peer, token: Token | CdrToken) -> bool:
    return may_command(peer, PartyId.of(token.country_code, token.party_id))


# ---- what the station is asked -------------------------------------------------------------------------------------


async def _remote_start(platform: Platform, command: Command, place: Place, token: Token) -> Outcome:
    """The station's word, or EVSE_OCCUPIED / EVSE_INOPERATIVE where we know better than it says."""
    station, connector = place.station, place.connector
    if await platform.store.transactions.open_on(station.id, connector.evse_id) is not None:
        return Outcome(word=CommandResultType.EVSE_OCCUPIED)
    shown = tokens.shown_as(token)
    word = await platform.stations.remote_start(station.id, connector.evse_id, shown, command.number)
    key = evse_key(station, connector.evse_uid)
    if word == "Rejected" and _is_broken(await platform.store.locations.get(key)):
        return Outcome(word=CommandResultType.EVSE_INOPERATIVE)
    return Outcome(word=word)


def _is_broken(evse: StoredObject | None) -> bool:
    return evse is not None and value_of(EVSE, evse).status in _BROKEN
