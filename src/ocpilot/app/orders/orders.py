"""What another platform wants of a station of ours: kept, answered at once, carried out, its result sent until taken.

Commands and charging profiles work alike (mod_commands, "Flow"; mod_charging_profiles, "Flow"): one record, one way.
What a station was asked when this process died ends as TIMEOUT (`jobs.py`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import msgspec

from ocpilot.app.charges.command_records import ProfileOrder, give_result, words
from ocpilot.app.kept.charge_records import Command, CommandDirection
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.kept.records import Record
from ocpilot.app.ocpi.bodies import parsed
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import NoMatchingEndpoints, OcpilotError, StationError, StationTimeout
from ocpilot.base.ids import PartyId, new_id
from ocpilot.roaming.addresses import check_url
from ocpilot.roaming.retry import worth_retry
from ocpilot.roaming.routing import Route
from ocpilot.wire import codec
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import (
    ActiveChargingProfile,
    ActiveChargingProfileResult,
    ChargingProfileResult,
    ChargingProfileResultType,
    ClearProfileResult,
    CommandResult,
    CommandResultType,
    Role,
)

log = logging.getLogger(__name__)

#: Seconds beyond the time-out after which an order without a result has none.
GRACE = 5.0


class Outcome(Record, frozen=True):
    """A station's word, and the JSON text of what it said beside it."""

    word: str
    answer: str | None = None


#: What may come of an order; stations have been seen to answer with words of their own.
_WORDS = frozenset({*CommandResultType, *ChargingProfileResultType})

Order = Callable[[], Awaitable[Outcome]]


def new(platform: Platform, word: str, peer: Peer, response_url: str, request: str, *, route: Route) -> Command:
    """The record of something this peer asked of us; `route` is the one of its request.

    ForbiddenAddress (2001) for a `response_url` that leads inside: nothing would ever be sent there.
    """
    check_url(response_url, allow_inner=platform.settings.security.allow_inner_addresses)
    now = platform.clock()
    return Command(
        id=new_id(),
        direction=CommandDirection.RECEIVED,
        peer_id=peer.id,
        command=word,
        request=request,
        response_url=response_url,
        sender=_asking(peer, route),
        receiver=_asked(platform, route),
        created_at=now,
        expires_at=now + timedelta(seconds=platform.settings.roaming.command_timeout + GRACE),
    )


def _asking(peer: Peer, route: Route) -> str | None:
    """The party that asks: as the request says, else the only one it can be."""
    if route.sender is not None:
        return route.sender.key
    return peer.parties[0] if len(peer.parties) == 1 else None


def _asked(platform: Platform, route: Route) -> str | None:
    """The party of ours that was asked; an operator when none was named."""
    named = [party for party in platform.settings.parties if party.id == route.receiver]
    return next((party.id.key for party in (*named, *platform.settings.parties_as(Role.CPO))), None)


async def kept(platform: Platform, command: Command, response: str, message: str | None = None) -> Command:
    """Store an order with our response to it."""
    answered = msgspec.structs.replace(command, response=response, response_at=platform.clock(), message=message)
    return await platform.store.commands.add(answered)


def carry_out(platform: Platform, command: Command, order: Order, results: Mapping[str, str]) -> None:
    """Ask the station in the background; `results` says which word of the standard a station's word is."""
    work = _carried_out(platform, command, order, results)
    platform.background.start(work, f"command {command.command} {command.id}")


async def _carried_out(platform: Platform, command: Command, order: Order, results: Mapping[str, str]) -> None:
    """Wait for the station, keep the result, send it to whoever gave the order."""
    answer = message = None
    try:
        async with asyncio.timeout(platform.settings.roaming.command_timeout):
            outcome = await order()
        result, answer = results.get(outcome.word, outcome.word), outcome.answer
        if result not in _WORDS:
            result, message = str(CommandResultType.FAILED), f"the station answered {outcome.word[:40]!r}"
    except (StationTimeout, TimeoutError):
        result, message = str(CommandResultType.TIMEOUT), "the station did not answer"
    except StationError as error:
        result, message = str(CommandResultType.FAILED), str(error)
    finished = await give_result(platform, command.id, result, message, answer)
    if finished is not None and finished.direction == CommandDirection.RECEIVED:
        await send_result(platform, finished)


async def send_result(platform: Platform, command: Command) -> bool:
    """Send the result to whoever waits for it; True when nothing is left to do.

    A refusal of the other side ends it too: it does not want to know; so does the end of the registration. Only what
    may pass is tried again (`jobs.py`).
    """
    if command.result is None:
        return True
    peer = await platform.store.peers.get(command.peer_id)
    if peer is not None and peer.state is not PeerState.UNREGISTERED:
        try:
            await _send(platform, peer, command, command.result)
        except OcpilotError as error:
            log.warning("result of %s %s to %s: %s", command.command, command.id, peer.name, error)
            if worth_retry(error) and not isinstance(error, NoMatchingEndpoints):
                return False
    now, sent = platform.clock(), command.result_at

    def change(now_kept: Command) -> Command:
        """Unless there is another result meanwhile: a reservation that was accepted may be cancelled."""
        if now_kept.result_at != sent:
            return now_kept
        return msgspec.structs.replace(now_kept, result_sent_at=now_kept.result_sent_at or now)

    await platform.store.commands.modify(command.id, change)
    return True


async def _send(platform: Platform, peer: Peer, command: Command, result: str) -> None:
    value = _result_object(command, result)
    version = peer.version or OWN_VERSION
    body = codec.dumps(codec.convert(type(value), codec.body_of(value), OWN_VERSION, version).body)
    sender, receiver = _party(command.receiver), _party(command.sender)
    if command.command == ProfileOrder.UPDATE:
        await platform.partners.call(
            peer,
            "PUT",
            ModuleID.CHARGING_PROFILES,
            InterfaceRole.SENDER,
            (command.session_id or "",),
            body=body,
            sender=sender,
            receiver=receiver,
        )
    elif command.response_url is not None:
        await platform.partners.call_url(peer, "POST", command.response_url, body, sender=sender, receiver=receiver)


def _party(key: str | None) -> PartyId | None:
    return PartyId.parse(key) if key else None


def _result_object(command: Command, result: str) -> Wire:
    """The object that goes to the other side. Charging profiles have fewer words for what went wrong."""
    profile = parsed(ActiveChargingProfile, command.answer) if command.answer else None
    if command.command == ProfileOrder.UPDATE and profile is not None:
        return profile
    if command.command not in set(ProfileOrder):
        return CommandResult(
            result=CommandResultType(result), message=words(command.message) if command.message else ()
        )
    known = result in set(ChargingProfileResultType)
    word = ChargingProfileResultType(result) if known else ChargingProfileResultType.REJECTED
    match command.command:
        case ProfileOrder.GET:
            return ActiveChargingProfileResult(result=word, profile=profile)
        case ProfileOrder.CLEAR:
            return ClearProfileResult(result=word)
        case _:
            return ChargingProfileResult(result=word)
