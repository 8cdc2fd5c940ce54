"""Charging profiles of a provider or a smart charging service provider: limit a Session, and hear what holds.

(mod_charging_profiles, "Sender Interface"). The operator's side is `profile_orders.py`.
"""

from collections.abc import Mapping

import msgspec

from ocpilot.app.charges.command_records import OUR_OWN, ProfileOrder, give_result
from ocpilot.app.kept.charge_records import Command
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import Account, StoredObject
from ocpilot.app.ocpi.bodies import parsed, text_of
from ocpilot.app.ocpi.heard import heard
from ocpilot.app.orders import profile_orders, sent_orders
from ocpilot.app.orders.sent_orders import Response, operator_of
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId
from ocpilot.roaming.offers import OFFERED_BY
from ocpilot.wire import codec
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import (
    ActiveChargingProfile,
    ActiveChargingProfileResult,
    ChargingProfile,
    ChargingProfileResponse,
    ChargingProfileResult,
    ClearProfileResult,
    SetChargingProfile,
)

_MODULE = ModuleID.CHARGING_PROFILES
#: What may be asked, and what the operator says in the end.
_RESULTS: dict[str, type[ActiveChargingProfileResult | ChargingProfileResult | ClearProfileResult]] = {
    ProfileOrder.GET: ActiveChargingProfileResult,
    ProfileOrder.SET: ChargingProfileResult,
    ProfileOrder.CLEAR: ClearProfileResult,
}


async def set_profile(
    platform: Platform, session: StoredObject, profile: ChargingProfile, account: Account | None = None
) -> Command:
    """Ask the operator of a running Session to limit it; the order is kept before it is sent, returned as answered.

    Whose Session it is, is for the caller to know (`commands.session_of`); without an account no driver asked.
    A station of our own is asked directly. UserError when the operator is not connected.
    """
    peer, command = await _new(platform, ProfileOrder.SET, session, account)
    if peer is None:
        command = msgspec.structs.replace(command, request=text_of(profile))
        return await sent_orders.own(platform, await profile_orders.order_set(platform, command, profile))
    request = SetChargingProfile(charging_profile=profile, response_url=_response_url(platform, peer, command))
    command = msgspec.structs.replace(command, request=text_of(request))
    return await _send(platform, peer, command, session, "PUT", request=request)


async def clear_profile(platform: Platform, session: StoredObject, account: Account | None = None) -> Command:
    """Ask the operator to limit it no longer, otherwise as `set_profile`."""
    peer, command = await _new(platform, ProfileOrder.CLEAR, session, account)
    if peer is None:
        return await sent_orders.own(platform, await profile_orders.order_clear(platform, command))
    params = {"response_url": _response_url(platform, peer, command)}
    return await _send(platform, peer, command, session, "DELETE", params=params)


async def ask_profile(
    platform: Platform, session: StoredObject, seconds: int, account: Account | None = None
) -> Command:
    """Ask which limits will hold for so many seconds; the result's `answer` is an ActiveChargingProfile."""
    peer, command = await _new(platform, ProfileOrder.GET, session, account)
    if peer is None:
        return await sent_orders.own(platform, await profile_orders.order_ask(platform, command, seconds))
    params = {"duration": str(seconds), "response_url": _response_url(platform, peer, command)}
    return await _send(platform, peer, command, session, "GET", params=params)


async def active_profile(platform: Platform, session: StoredObject) -> ActiveChargingProfile | None:
    """The limits as the operator told us last."""
    text = await platform.store.active_profiles.get(session.peer_id or OUR_OWN, session.key.id)
    return parsed(ActiveChargingProfile, text) if text else None


# ---- what operators tell us ----------------------------------------------------------------------------------------


async def receive_result(platform: Platform, peer: Peer, command_id: str, version: Version, body: codec.Body) -> None:
    """The operator says what came of an order; the first result counts. NotFound unless it was sent to this peer."""
    command = await sent_orders.sent_to(platform, peer, command_id, frozenset(_RESULTS))
    result = heard(platform, peer, _MODULE, _RESULTS[command.command], body, version=version).value
    profile = result.profile if isinstance(result, ActiveChargingProfileResult) else None
    answer = text_of(profile) if profile else None
    await give_result(platform, command.id, result.result, answer=answer)
    if answer is not None and command.session_id is not None:
        await platform.store.active_profiles.put(peer.id, command.session_id, answer, platform.clock())


async def receive_update(platform: Platform, peer: Peer, session_id: str, version: Version, body: codec.Body) -> None:
    """The operator says that the limits of a Session of his changed; NotFound for one he never told us of."""
    profile = heard(platform, peer, _MODULE, ActiveChargingProfile, body, version=version).value
    known = await platform.store.objects.find(ModuleID.SESSIONS, session_id)
    if not any(stored.peer_id == peer.id for stored in known):
        raise NotFound(f"no session {session_id} of yours")
    await platform.store.active_profiles.put(peer.id, session_id, text_of(profile), platform.clock())


# ---- sending -------------------------------------------------------------------------------------------------------


async def _new(
    platform: Platform, word: ProfileOrder, session: StoredObject, account: Account | None
) -> tuple[Peer | None, Command]:
    peer = await operator_of(platform, session)
    command = sent_orders.new(platform, word, peer, account.id if account else None)
    return peer, msgspec.structs.replace(command, session_id=session.key.id)


def _response_url(platform: Platform, peer: Peer, command: Command) -> str:
    return sent_orders.response_url(platform, ModuleID.CHARGING_PROFILES, peer, command)


async def _send(
    platform: Platform,
    peer: Peer,
    command: Command,
    session: StoredObject,
    method: str,
    *,
    params: Mapping[str, str] | None = None,
    request: Wire | None = None,
) -> Command:
    async def call() -> Response:
        version = peer.version or OWN_VERSION
        body = None
        if request is not None:
            body = codec.dumps(codec.convert(type(request), codec.body_of(request), OWN_VERSION, version).body)
        answer = await platform.partners.call(
            peer,
            method,
            ModuleID.CHARGING_PROFILES,
            InterfaceRole.RECEIVER,
            (session.key.id,),
            body=body,
            params=params,
            sender=_sender(platform),
            receiver=session.key.party,
        )
        said = heard(platform, peer, _MODULE, ChargingProfileResponse, answer.data).value
        return Response(result=said.result, timeout=said.timeout)

    return await sent_orders.send(platform, command, call)


def _sender(platform: Platform) -> PartyId | None:
    """The party of ours that steers charges."""
    roles = OFFERED_BY[ModuleID.CHARGING_PROFILES, InterfaceRole.SENDER]
    return next((party.id for party in platform.settings.parties if party.role in roles), None)
