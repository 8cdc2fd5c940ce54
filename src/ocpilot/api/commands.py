"""Commands of a provider, for Tokens of ours: sent, and followed from request to result to Session."""

from datetime import datetime
from typing import Annotated

import msgspec

from ocpilot.api import calls
from ocpilot.api.calls import ApiCall, Reply
from ocpilot.api.shapes import CancelOrder, ObjectNamed, ReserveOrder, StartOrder, StopOrder, TokenNamed, UnlockOrder
from ocpilot.app import shown
from ocpilot.app.kept.charge_records import Command, CommandDirection
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.tokens import is_ours
from ocpilot.app.office import listing
from ocpilot.app.office.api_keys import require_party
from ocpilot.app.orders import commands
from ocpilot.base.errors import InvalidObject, NotFound, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CommandType, Session, Token


async def start(call: ApiCall) -> Reply:
    """Start a charge for the driver of a Token of ours, at a station of ours or of a peer."""
    order = call.read(StartOrder)
    command = await commands.start_with(
        call.platform,
        await _token(call, order.token),
        _key(ModuleID.LOCATIONS, order.location),
        order.evse_uid,
        order.connector_id,
        reference=order.authorization_reference,
    )
    return await _sent(call, command)


async def stop(call: ApiCall) -> Reply:
    """Stop a Session with a Token of ours."""
    key = _key(ModuleID.SESSIONS, call.read(StopOrder).session)
    stored = await listing.one(call.platform, key, None)
    session = value_of(Session, stored)
    driver = PartyId.of(session.cdr_token.country_code, session.cdr_token.party_id)
    if not is_ours(call.platform, driver):
        raise NotFound(f"no Session {key.id} with a Token of ours")
    require_party(call.key, driver)
    return await _sent(call, await commands.stop(call.platform, stored, session))


async def unlock(call: ApiCall) -> Reply:
    """Unlock a Connector that is stuck: for a help desk, when the driver calls."""
    order = call.read(UnlockOrder)
    location = _key(ModuleID.LOCATIONS, order.location)
    require_party(call.key, location.party)
    return await _sent(
        call, await commands.unlock_connector(call.platform, location, order.evse_uid, order.connector_id)
    )


async def reserve(call: ApiCall) -> Reply:
    """Keep an EVSE free for the driver of a Token of ours; the command's id is the reservation's."""
    order = call.read(ReserveOrder)
    if order.until.tzinfo is None or order.until <= call.platform.clock():
        found = Problem(path="$.until", found=str(order.until), expected="a time in UTC that is to come")
        raise InvalidObject([found], "body")
    changed = None if order.replacing is None else await _reservation(call, order.replacing)
    token, location = await _token(call, order.token), _key(ModuleID.LOCATIONS, order.location)
    return await _sent(
        call,
        await commands.reserve_with(call.platform, token, location, order.evse_uid, order.until, changed=changed),
    )


async def cancel(call: ApiCall) -> Reply:
    """Cancel what a RESERVE_NOW of ours reserved."""
    return await _sent(
        call, await commands.cancel(call.platform, await _reservation(call, call.read(CancelOrder).command_id))
    )


async def list_commands(call: ApiCall) -> Reply:
    """Commands, ours and those of peers to our stations, newest first."""
    found = await call.platform.store.commands.page(call.limit(), _before(call))
    peers = await call.platform.store.peers.all()
    seen = [one for one in found if await _sees(call, one)]
    last = found[-1] if len(found) == call.limit() else None
    cursor = None if last is None else listing.written((last.created_at, last.id))
    return calls.listed([msgspec.json.encode(shown.command(one, peers)) for one in seen], call, cursor)


async def get_command(call: ApiCall) -> Reply:
    """A command, from request to result to Session."""
    return calls.shown(shown.command(await _command(call, call.path["id"]), await call.platform.store.peers.all()))


# ---- whose ---------------------------------------------------------------------------------------------------------


async def _sent(call: ApiCall, command: Command) -> Reply:
    found = shown.command(command, await call.platform.store.peers.all())
    return calls.shown(found, 201, {"Location": f"/api/v1/commands/{command.id}"})


async def _token(call: ApiCall, named: TokenNamed) -> Token:
    """The valid Token of ours; NotFound, UserError."""
    party = PartyId.of(named.country_code, named.party_id)
    require_party(call.key, party)
    key = ObjectKey(module=ModuleID.TOKENS, party=party, id=named.uid, sub=named.type)
    stored = await call.platform.store.objects.get(key)
    if stored is None:
        raise NotFound(f"no Token {named.uid} ({named.type}) of {party}, one of ours")
    token = value_of(Token, stored)
    if not token.valid:
        raise UserError(f"the Token {named.uid} is not valid")
    return token


async def _reservation(call: ApiCall, command_id: str) -> Command:
    command = await _command(call, command_id)
    if command.command != CommandType.RESERVE_NOW or command.direction != CommandDirection.SENT:
        raise NotFound(f"{command_id} is no RESERVE_NOW of ours")
    return command


async def _command(call: ApiCall, command_id: str) -> Command:
    command = await call.platform.store.commands.get(command_id)
    if command is None or not await _sees(call, command):
        raise NotFound(f"no command {command_id}")
    return command


async def _sees(call: ApiCall, command: Command) -> bool:
    """A key of one party sees what was sent for its Tokens, and what came for its Locations."""
    only, store = call.key.only, call.platform.store
    if only is None:
        return True
    if command.direction == CommandDirection.SENT and command.token_uid is not None:
        about = await store.objects.find(ModuleID.TOKENS, command.token_uid)
    else:
        about = await store.locations.find(command.location_id or "")
    return any(one.peer_id is None and one.key.party == only for one in about)


def _key(module: ModuleID, named: ObjectNamed) -> ObjectKey:
    return ObjectKey(module=module, party=PartyId.of(named.country_code, named.party_id), id=named.id)


def _before(call: ApiCall) -> tuple[datetime, str] | None:
    cursor = call.query.get("cursor")
    if not cursor:
        return None
    return listing.read(cursor, tuple[Annotated[datetime, msgspec.Meta(tz=True)], str])
