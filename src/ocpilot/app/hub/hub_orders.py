"""Orders that one member of our hub gave another: his `response_url` is replaced by ours, and the result is sent on.

An order is kept before it is passed on, so its result finds its way also after a restart of ours, late or again. Nobody
but the member that the order went to can give it.
"""

import logging
from datetime import timedelta

from msgspec.structs import replace

from ocpilot.app.charges.command_records import ProfileOrder
from ocpilot.app.kept.hub_records import HubOrder
from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.ocpi.bodies import parsed, text_of
from ocpilot.app.ocpi.exchange import Answer, Call, endpoint_url
from ocpilot.app.partners.hub_members import Member
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import NoMatchingEndpoints, NotFound, OcpilotError
from ocpilot.base.ids import PartyId, new_id
from ocpilot.roaming.addresses import check_url
from ocpilot.roaming.retry import worth_retry
from ocpilot.wire import codec
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import (
    ActiveChargingProfileResult,
    ChargingProfileResult,
    ClearProfileResult,
    CommandResult,
)

log = logging.getLogger(__name__)

#: How long a result is tried for, and how long an order waits for one.
GIVEN_UP = timedelta(days=1)
KEPT = timedelta(days=30)
_RESULTS: dict[str, type[Wire]] = {
    ProfileOrder.GET: ActiveChargingProfileResult,
    ProfileOrder.SET: ChargingProfileResult,
    ProfileOrder.CLEAR: ClearProfileResult,
}
_MODULES = frozenset({ModuleID.COMMANDS, ModuleID.CHARGING_PROFILES})


async def kept(
    platform: Platform,
    call: Call,
    word: str,
    member: Member,
    response_url: str,
    *,
    sender: PartyId | None,
    about: str | None = None,
) -> str:
    """Keep an order of the caller before it is passed on; the `response_url` for the member.

    ForbiddenAddress (2001) for one of the caller that leads inside: nothing would ever be sent there.
    """
    check_url(response_url, allow_inner=platform.settings.security.allow_inner_addresses)
    order = HubOrder(
        id=new_id(),
        module=call.module,
        word=word,
        origin=call.peer.id,
        executor=member.peer.id,
        response_url=response_url,
        version=call.version,
        sender=sender.key if sender else None,
        receiver=member.party.key,
        about=about,
        created_at=platform.clock(),
    )
    await platform.store.hub.add(order)
    version = member.peer.version or OWN_VERSION
    return endpoint_url(platform.settings, version, call.module, InterfaceRole.SENDER, word, order.id)


def is_result(call: Call) -> bool:
    """Whether this is a POST to a `response_url` of ours: what came of an order of ours, or of one between members."""
    return call.interface is InterfaceRole.SENDER and call.module in _MODULES and "id" in call.path


async def take(platform: Platform, call: Call, order: HubOrder) -> Answer:
    """The result of an order: acknowledged when it is kept, then sent on. The same again changes nothing; another one
    counts, for an operator may cancel a reservation that he accepted (mod_commands, "Flow")."""
    if order.executor != call.peer.id:
        raise NotFound(f"nothing {order.id} waits for a result of yours")
    result = text_of(call.read(_RESULTS.get(order.word, CommandResult), call.object()).value)
    now = platform.clock()

    def change(here: HubOrder) -> HubOrder:
        if here.result == result:
            return here
        return replace(here, result=result, result_at=now, sent_at=None, correlation_id=call.correlation_id)

    changed = await platform.store.hub.modify(order.id, change)
    if changed is not None and changed.result_at == now:  # the same again is on its way already, or tried again
        platform.background.start(_sent_at_once(platform, changed), f"result of {order.word} {order.id}")
    return Answer(answered_by=PartyId.parse(order.sender) if order.sender else None)


async def _sent_at_once(platform: Platform, order: HubOrder) -> None:
    """What fails is tried again (`jobs.py`)."""
    await send_on(platform, order)


async def send_on(platform: Platform, order: HubOrder) -> bool:
    """Send a result to the member who waits for it, in his version; True when nothing is left to do.

    A refusal of his ends it too: he does not want to know. Only what may pass is tried again (`jobs.py`).
    """
    peer = await platform.store.peers.get(order.origin)
    if peer is not None and peer.state is not PeerState.UNREGISTERED and order.result is not None:
        try:
            await platform.partners.call_url(
                peer,
                "POST",
                order.response_url,
                _written(order, order.result),
                sender=PartyId.parse(order.receiver),
                receiver=PartyId.parse(order.sender) if order.sender else None,
                correlation_id=order.correlation_id,
            )
        except OcpilotError as error:
            log.warning("result of %s %s to %s: %s", order.word, order.id, peer.name, error)
            if worth_retry(error) and not isinstance(error, NoMatchingEndpoints):
                return False
    now = platform.clock()

    def change(here: HubOrder) -> HubOrder:
        """Unless there is another result meanwhile."""
        return here if here.result != order.result else replace(here, sent_at=here.sent_at or now)

    await platform.store.hub.modify(order.id, change)
    return True


def _written(order: HubOrder, result: str) -> bytes:
    """The result in the version of the member who gave the order."""
    cls = _RESULTS.get(order.word, CommandResult)
    body = codec.body_of(parsed(cls, result))
    return codec.dumps(codec.convert(cls, body, OWN_VERSION, order.version).body)


async def waiting(platform: Platform) -> tuple[HubOrder, ...]:
    """Orders whose result is still to be sent; those that are older than a day are given up."""
    if platform.settings.hub is None:
        return ()
    return await platform.store.hub.unsent(platform.clock() - GIVEN_UP)
