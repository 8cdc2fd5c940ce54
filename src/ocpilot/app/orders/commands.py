"""Commands of a provider: what a driver of ours asks of another operator's station, and the results (mod_commands).

The operator's side is `command_orders.py`.
"""

from datetime import datetime

import msgspec

from ocpilot.app.charges.command_records import OUR_OWN, give_result, link_session, text_in
from ocpilot.app.kept.charge_records import Command, CommandDirection
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import Account, ObjectKey, StoredObject
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.accounts import is_his, provider
from ocpilot.app.ocpi.bodies import parsed, text_of, value_of
from ocpilot.app.ocpi.heard import heard
from ocpilot.app.ocpi.places import missing_in_start, our_location, where
from ocpilot.app.orders import sent_orders
from ocpilot.app.orders.command_orders import order_start, order_stop, order_unlock, receive
from ocpilot.app.orders.reservation_orders import order_cancel, order_reserve
from ocpilot.app.orders.sent_orders import Response, connected, operator_of
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import NotFound, UnknownLocation, UserError
from ocpilot.base.ids import PartyId, new_id
from ocpilot.roaming.routing import Route
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import (
    CancelReservation,
    CommandResponse,
    CommandResult,
    CommandType,
    Location,
    ReserveNow,
    Session,
    StartSession,
    StopSession,
    Token,
    TokenType,
    UnlockConnector,
)

__all__ = [
    "cancel",
    "cancel_reservation",
    "link_received_session",
    "receive",
    "receive_result",
    "reserve_now",
    "reserve_with",
    "session_of",
    "start_session",
    "start_with",
    "stop",
    "stop_session",
    "told_of",
    "unlock_connector",
]

Request = StartSession | StopSession | ReserveNow | CancelReservation | UnlockConnector


async def start_session(
    platform: Platform, account: Account, location: ObjectKey, evse_uid: str | None, connector_id: str | None
) -> Command:
    """Ask the operator of a Location to start; the command is kept before it is sent, and returned as answered.

    A station of our own is asked directly. Raises UnknownLocation, and UserError when the driver has no valid Token, or
    an EVSE or Connector must be named and is not.
    """
    token = await _token_of(platform, account)
    return await start_with(platform, token, location, evse_uid, connector_id, account_id=account.id)


async def start_with(
    platform: Platform,
    token: Token,
    location: ObjectKey,
    evse_uid: str | None,
    connector_id: str | None,
    *,
    account_id: int | None = None,
    reference: str | None = None,
) -> Command:
    """The same with any Token of ours; without an account no driver asked. `reference` is made when not given."""
    stored = await _stored_at(platform, location)
    if problems := missing_in_start(value_of(Location, stored), evse_uid, connector_id):
        raise UserError("; ".join(map(str, problems)))
    peer = await operator_of(platform, stored)
    command = msgspec.structs.replace(
        sent_orders.new(platform, CommandType.START_SESSION, peer, account_id),
        token_uid=token.uid,
        location_id=location.id,
        evse_uid=evse_uid,
        connector_id=connector_id,
        authorization_reference=reference or new_id(),
    )
    if peer is None:
        return await sent_orders.own(platform, await order_start(platform, command, token))
    request = StartSession(
        response_url=_response_url(platform, peer, command),
        token=token,
        location_id=location.id,
        evse_uid=evse_uid,
        connector_id=connector_id,
        authorization_reference=command.authorization_reference,
    )
    sender = PartyId.of(token.country_code, token.party_id)
    return await _send(platform, peer, command, request, Route(sender=sender, receiver=location.party))


async def stop_session(platform: Platform, account: Account, session_id: str) -> Command:
    """Ask the operator to stop a Session of this driver; NotFound when it is not his."""
    stored, session = await session_of(platform, account, session_id)
    return await stop(platform, stored, session, account.id)


async def stop(platform: Platform, stored: StoredObject, session: Session, account_id: int | None = None) -> Command:
    """The same for any Session with a Token of ours; whose it is, is for the caller to know."""
    peer = await operator_of(platform, stored)
    command = msgspec.structs.replace(
        sent_orders.new(platform, CommandType.STOP_SESSION, peer, account_id),
        token_uid=session.cdr_token.uid,
        location_id=session.location_id,
        evse_uid=session.evse_uid,
        connector_id=session.connector_id,
        session_id=session.id,
    )
    if peer is None:
        return await sent_orders.own(platform, await order_stop(platform, command))
    request = StopSession(response_url=_response_url(platform, peer, command), session_id=session.id)
    sender = PartyId.of(session.cdr_token.country_code, session.cdr_token.party_id)
    return await _send(platform, peer, command, request, Route(sender=sender, receiver=stored.key.party))


async def unlock_connector(platform: Platform, location: ObjectKey, evse_uid: str, connector_id: str) -> Command:
    """Ask the operator of a Location to unlock a connector that is stuck: for help desks, never for drivers
    (mod_commands, "CommandType"). Errors as `start_session`."""
    peer = await _operator_of(platform, location)
    command = msgspec.structs.replace(
        sent_orders.new(platform, CommandType.UNLOCK_CONNECTOR, peer),
        location_id=location.id,
        evse_uid=evse_uid,
        connector_id=connector_id,
    )
    if peer is None:
        place = await where(platform, await our_location(platform, location.id), evse_uid, connector_id)
        return await sent_orders.own(platform, await order_unlock(platform, command, place))
    request = UnlockConnector(
        response_url=_response_url(platform, peer, command),
        location_id=location.id,
        evse_uid=evse_uid,
        connector_id=connector_id,
    )
    route = Route(sender=provider(platform), receiver=location.party)
    return await _send(platform, peer, command, request, route)


async def reserve_now(
    platform: Platform,
    account: Account,
    location: ObjectKey,
    evse_uid: str | None,
    until: datetime,
    *,
    replacing: str | None = None,
) -> Command:
    """Ask the operator of a Location to keep an EVSE free; the id of the command is the reservation's.

    `replacing` is the id of an earlier RESERVE_NOW of this driver at the same Location, whose reservation it changes.
    Errors as `start_session`; NotFound when `replacing` is not his.
    """
    token = await _token_of(platform, account)
    changed = None if replacing is None else await _reservation_of(platform, account, replacing)
    return await reserve_with(platform, token, location, evse_uid, until, changed=changed, account_id=account.id)


async def reserve_with(
    platform: Platform,
    token: Token,
    location: ObjectKey,
    evse_uid: str | None,
    until: datetime,
    *,
    changed: Command | None = None,
    account_id: int | None = None,
) -> Command:
    """The same with any Token of ours; `changed` is the RESERVE_NOW whose reservation it changes."""
    peer = await _operator_of(platform, location)
    command = msgspec.structs.replace(
        sent_orders.new(platform, CommandType.RESERVE_NOW, peer, account_id),
        token_uid=token.uid,
        location_id=location.id,
        evse_uid=evse_uid,
        authorization_reference=new_id(),
    )
    request = ReserveNow(
        response_url=_response_url(platform, peer, command),
        token=token,
        expiry_date=until,
        reservation_id=command.id if changed is None else reservation_id_of(changed),
        location_id=location.id,
        evse_uid=evse_uid,
        authorization_reference=command.authorization_reference,
    )
    command = msgspec.structs.replace(command, request=text_of(request))
    if peer is None:
        return await sent_orders.own(platform, await order_reserve(platform, command, request))
    route = Route(sender=PartyId.of(token.country_code, token.party_id), receiver=location.party)
    return await _send(platform, peer, command, request, route)


async def cancel_reservation(platform: Platform, account: Account, command_id: str) -> Command:
    """Ask the operator to cancel what a RESERVE_NOW of this driver reserved; NotFound when it is not his."""
    return await cancel(platform, await _reservation_of(platform, account, command_id), account.id)


async def cancel(platform: Platform, reserved: Command, account_id: int | None = None) -> Command:
    """The same for any RESERVE_NOW of ours; whose it is, is for the caller to know."""
    peer = None
    if reserved.peer_id != OUR_OWN:
        peer = connected(await platform.store.peers.get(reserved.peer_id))
    command = msgspec.structs.replace(
        sent_orders.new(platform, CommandType.CANCEL_RESERVATION, peer, account_id),
        token_uid=reserved.token_uid,
        location_id=reserved.location_id,
        evse_uid=reserved.evse_uid,
        session_id=reserved.session_id,
    )
    reservation_id = reservation_id_of(reserved)
    request = CancelReservation(response_url=_response_url(platform, peer, command), reservation_id=reservation_id)
    command = msgspec.structs.replace(command, request=text_of(request))
    if peer is None:
        return await sent_orders.own(platform, await order_cancel(platform, command, reservation_id, None))
    route = Route(sender=provider(platform), receiver=await _party_at(platform, peer, reserved))
    return await _send(platform, peer, command, request, route)


def reservation_id_of(command: Command) -> str:
    """The reservation that a RESERVE_NOW of ours made or changed."""
    return parsed(ReserveNow, command.request).reservation_id


async def receive_result(platform: Platform, peer: Peer, command_id: str, version: Version, body: codec.Body) -> None:
    """The operator says what came of a command (mod_commands, "Sender Interface"); the first result counts.

    Raises NotFound unless the command was sent to this peer.
    """
    result = heard(platform, peer, ModuleID.COMMANDS, CommandResult, body, version=version).value
    await sent_orders.sent_to(platform, peer, command_id, frozenset(CommandType))
    await give_result(platform, command_id, result.result, text_in(result.message))


async def told_of(platform: Platform, stored: StoredObject) -> None:
    """Called for every object a peer told us: a Session may be what a command of ours was waiting for."""
    if stored.key.module is ModuleID.SESSIONS:
        await link_received_session(platform, value_of(Session, stored), stored.peer_id)


async def link_received_session(platform: Platform, session: Session, peer_id: int | None) -> None:
    """The command that started a peer's Session gets to know it, however late it came: one that this peer was sent,
    for another operator may have a Location of the same id."""
    await link_session(
        platform,
        CommandDirection.SENT,
        token_uid=session.cdr_token.uid,
        location_id=session.location_id,
        evse_uid=session.evse_uid,
        reference=session.authorization_reference,
        session_id=session.id,
        peer_id=peer_id,
    )


# ---- sending -------------------------------------------------------------------------------------------------------


def _response_url(platform: Platform, peer: Peer | None, command: Command) -> str:
    return sent_orders.response_url(platform, ModuleID.COMMANDS, peer, command)


async def _send(platform: Platform, peer: Peer, command: Command, request: Request, route: Route) -> Command:
    command = msgspec.structs.replace(command, request=text_of(request))
    return await sent_orders.send(platform, command, lambda: _post(platform, peer, command, request, route))


async def _post(platform: Platform, peer: Peer, command: Command, request: Request, route: Route) -> Response:
    version = peer.version or OWN_VERSION
    body = codec.convert(type(request), codec.body_of(request), OWN_VERSION, version).body
    answer = await platform.partners.call(
        peer,
        "POST",
        ModuleID.COMMANDS,
        InterfaceRole.RECEIVER,
        (command.command,),
        body=codec.dumps(body),
        sender=route.sender,
        receiver=route.receiver,
    )
    said = heard(platform, peer, ModuleID.COMMANDS, CommandResponse, answer.data).value
    return Response(result=said.result, timeout=said.timeout, message=text_in(said.message))


# ---- whom, with what -----------------------------------------------------------------------------------------------


async def _operator_of(platform: Platform, location: ObjectKey) -> Peer | None:
    return await operator_of(platform, await _stored_at(platform, location))


async def _stored_at(platform: Platform, location: ObjectKey) -> StoredObject:
    for stored in await platform.store.locations.find(location.id):
        if stored.key.party == location.party:
            return stored
    raise UnknownLocation(f"no Location {location.id} of {location.party}")


async def _token_of(platform: Platform, account: Account) -> Token:
    """The driver's Token for the app; a card when he has nothing else."""
    owned = [
        token
        for uid in account.token_uids
        for stored, token in await tokens.known(platform, uid)
        if stored.peer_id is None and token.valid
    ]
    if not owned:
        raise UserError("no valid token belongs to this account")
    return next((token for token in owned if token.type == TokenType.APP_USER), owned[0])


async def _reservation_of(platform: Platform, account: Account, command_id: str) -> Command:
    command = await platform.store.commands.get(command_id)
    mine = command is not None and command.account_id == account.id and command.direction == CommandDirection.SENT
    if command is None or not mine or command.command != CommandType.RESERVE_NOW:
        raise NotFound(f"no reservation {command_id} of yours")
    return command


async def _party_at(platform: Platform, peer: Peer, command: Command) -> PartyId:
    """The operator whose Location a command was about."""
    for stored in await platform.store.locations.find(command.location_id or ""):
        if stored.peer_id == peer.id:
            return stored.key.party
    raise UnknownLocation(f"no Location {command.location_id} any more")


async def session_of(platform: Platform, account: Account, session_id: str) -> tuple[StoredObject, Session]:
    """A Session of this driver, ours or a peer's; NotFound when it is not his."""
    for stored in await platform.store.objects.find(ModuleID.SESSIONS, session_id):
        session = value_of(Session, stored)
        if is_his(platform, account, stored, session.cdr_token):
            return stored, session
    raise NotFound(f"no session {session_id} of yours")
