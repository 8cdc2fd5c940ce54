"""What we ask of another platform's station: kept before it is sent, answered at once, its result awaited.

The other side of `orders.py`; commands and charging profiles use it.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus

import msgspec

from ocpilot.app.charges.command_records import OUR_OWN, give_result
from ocpilot.app.kept.charge_records import Command, CommandDirection
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.kept.records import Record, StoredObject
from ocpilot.app.ocpi import hub_clients
from ocpilot.app.ocpi.exchange import endpoint_url
from ocpilot.app.orders.orders import GRACE
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import BadRequest, NoMatchingEndpoints, NotFound, OcpilotError, PeerRefused, UserError
from ocpilot.base.ids import new_id
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import (
    ChargingProfileResponseType,
    CommandResponseType,
    CommandResultType,
    ConnectionStatus,
    Role,
)

log = logging.getLogger(__name__)

#: The longest time-out of an operator that we believe, seconds.
_LONGEST = 600.0

#: A refusal is the end of an order, so it is its result too.
_FINAL: dict[str, str] = {
    CommandResponseType.NOT_SUPPORTED: CommandResultType.NOT_SUPPORTED,
    CommandResponseType.REJECTED: CommandResultType.REJECTED,
    CommandResponseType.UNKNOWN_SESSION: CommandResultType.FAILED,
    ChargingProfileResponseType.TOO_OFTEN: CommandResultType.REJECTED,
}


class Response(Record, frozen=True):
    """What the operator's platform said at once; `timeout` in seconds."""

    result: str
    timeout: int
    message: str | None = None


def new(platform: Platform, word: str, peer: Peer | None, account_id: int | None = None) -> Command:
    """The record of something we ask for; `peer` None is a station of our own."""
    now = platform.clock()
    return Command(
        id=new_id(),
        direction=CommandDirection.SENT,
        peer_id=peer.id if peer else OUR_OWN,
        command=word,
        request="{}",
        account_id=account_id,
        created_at=now,
        expires_at=now + timedelta(seconds=platform.settings.roaming.command_timeout + GRACE),
    )


def response_url(platform: Platform, module: ModuleID, peer: Peer | None, command: Command) -> str:
    """Where the result is to be sent."""
    version = OWN_VERSION if peer is None or peer.version is None else peer.version
    return endpoint_url(platform.settings, version, module, InterfaceRole.SENDER, command.command, command.id)


async def send(platform: Platform, command: Command, call: Callable[[], Awaitable[Response]]) -> Command:
    """Keep the order, send it, keep the response. No answer is no refusal: the operator may have understood."""
    await platform.store.commands.add(command)
    try:
        response = await call()
    except OcpilotError as error:
        why = str(error)
        log.warning("%s %s to peer %d: %s", command.command, command.id, command.peer_id, why)
        await platform.store.commands.modify(
            command.id, lambda kept: msgspec.structs.replace(kept, message=kept.message or why)
        )
        if _is_refusal(error):
            await give_result(platform, command.id, CommandResultType.REJECTED, why)
    else:
        await _keep_response(platform, command, response)
    return await platform.store.commands.get(command.id) or command


def _is_refusal(error: OcpilotError) -> bool:
    """Whether nothing will come of the order. Who fails with HTTP 5xx may have passed it on to the station before."""
    if isinstance(error, PeerRefused):
        return error.http < HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, NoMatchingEndpoints | BadRequest)


async def own(platform: Platform, command: Command) -> Command:
    """An order to a station of our own, after our response to ourselves."""
    await _end_refused(platform, command, command.response or CommandResponseType.REJECTED)
    return await platform.store.commands.get(command.id) or command


async def sent_to(platform: Platform, peer: Peer, command_id: str, words: frozenset[str]) -> Command:
    """The order of one of these words that this peer has the result of; NotFound otherwise."""
    command = await platform.store.commands.get(command_id)
    mine = command is not None and command.direction == CommandDirection.SENT and command.peer_id == peer.id
    if command is None or not mine or command.command not in words:
        raise NotFound(f"nothing {command_id} of ours waits for a result of yours")
    return command


async def operator_of(platform: Platform, stored: StoredObject) -> Peer | None:
    """The peer an object came from, None when it is our own; UserError when it is not connected, or its hub says that
    the operator behind it is not (mod_hub_client_info, "Scenarios": no requests can be sent)."""
    if stored.peer_id is None:
        return None
    peer = connected(await platform.store.peers.get(stored.peer_id))
    status = await hub_clients.status_of(platform, peer, stored.key.party, Role.CPO)
    if status not in {None, ConnectionStatus.CONNECTED}:
        raise UserError(f"the operator of this station is {status} at {peer.name} at the moment")
    return peer


def connected(peer: Peer | None) -> Peer:
    """The peer, which we must be connected with; UserError otherwise."""
    if peer is None or peer.state != PeerState.REGISTERED:
        raise UserError("the operator of this station is not connected at the moment")
    return peer


async def _keep_response(platform: Platform, command: Command, response: Response) -> None:
    now = platform.clock()
    waiting = timedelta(seconds=min(max(response.timeout, 0), _LONGEST) + GRACE)

    def change(kept: Command) -> Command:
        return msgspec.structs.replace(
            kept,
            response=response.result,
            response_at=now,
            message=kept.message or response.message,
            expires_at=now + waiting,
        )

    await platform.store.commands.modify(command.id, change)
    await _end_refused(platform, command, response.result)


async def _end_refused(platform: Platform, command: Command, response: str) -> None:
    final = _FINAL.get(response)
    if final is not None:
        await give_result(platform, command.id, final)
