"""What back offices see of peers, commands, deliveries and web hooks: no secrets, times as OCPI writes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from ocpilot.app.kept.charge_records import Command
from ocpilot.app.kept.hook_ports import Hook, HookEvent
from ocpilot.app.kept.peer_records import Delivery, Leniency, Peer, PeerProfile
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.wire.v230 import CommandResponseType, CommandResultType

Moment = Annotated[str, msgspec.Meta(description="a UTC time such as 2026-11-26T20:39:09Z")]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all that is shown."""


class PartyShown(Shown, frozen=True, kw_only=True):
    """A party on a peer's platform and its role."""

    country_code: str
    party_id: str
    role: str


class EndpointShown(Shown, frozen=True, kw_only=True):
    """One interface of a peer."""

    module: str
    interface: str
    url: str


class PeerShown(Shown, frozen=True, kw_only=True):
    """A platform we are connected with."""

    name: str
    state: str
    version: str | None
    versions_url: str | None
    parties: tuple[PartyShown, ...]
    endpoints: tuple[EndpointShown, ...]
    profile: PeerProfile
    pulled_at: Moment | None
    created_at: Moment
    updated_at: Moment


class FindingShown(Shown, frozen=True, kw_only=True):
    """What a peer sends that is not as the standard says, and how often."""

    module: str
    place: str
    expected: str
    example: str
    count: int
    first_at: Moment
    last_at: Moment


class DeliveryShown(Shown, frozen=True, kw_only=True):
    """What became of an object for a peer; `remote_url` is where the peer keeps it, when it said so."""

    module: str
    party: str
    id: str
    sub: str
    state: str
    attempts: int
    next_at: Moment | None
    last_error: str | None
    remote_url: str | None
    updated_at: Moment


class CommandShown(Shown, frozen=True, kw_only=True):
    """A command from request to result to Session. `state`: `sent`, `accepted` (the station is being asked), `done`,
    `refused`, `failed`, `timeout` (a Session may still come)."""

    id: str
    command: str
    direction: str
    state: str
    peer: str | None
    token_uid: str | None
    location_id: str | None
    evse_uid: str | None
    connector_id: str | None
    authorization_reference: str | None
    response: str | None
    result: str | None
    message: str | None
    session_id: str | None
    created_at: Moment
    response_at: Moment | None
    result_at: Moment | None
    expires_at: Moment


class HookShown(Shown, frozen=True, kw_only=True):
    """A web hook. No `events` are all events."""

    name: str
    url: str
    events: tuple[str, ...]
    party: str | None
    active: bool
    ended_because: str | None
    delivered_at: Moment | None
    created_at: Moment


class HookEventShown(Shown, frozen=True, kw_only=True):
    """An event on its way to a web hook, or one it refused (`dead`)."""

    id: str
    hook: str
    event: str
    subject: str
    state: str
    attempts: int
    at: Moment
    next_at: Moment | None
    last_error: str | None


def _written(at: datetime | None) -> str | None:
    return None if at is None else time.write(at)


def party_shown(key: str) -> str:
    """`SE/LAD` of `SELAD`."""
    return str(PartyId.parse(key))


def peer(one: Peer) -> PeerShown:
    """A peer."""
    return PeerShown(
        name=one.name,
        state=one.state,
        version=one.version,
        versions_url=one.versions_url,
        parties=tuple(
            PartyShown(country_code=role.country_code, party_id=role.party_id, role=role.role) for role in one.roles
        ),
        endpoints=tuple(
            EndpointShown(module=end.identifier, interface=end.role, url=str(end.url)) for end in one.endpoints
        ),
        profile=one.profile,
        pulled_at=_written(one.pulled_at),
        created_at=time.write(one.created_at),
        updated_at=time.write(one.updated_at),
    )


def finding(one: Leniency) -> FindingShown:
    """A leniency of a peer."""
    return FindingShown(
        module=one.module,
        place=one.place,
        expected=one.expected,
        example=one.example,
        count=one.count,
        first_at=time.write(one.first_at),
        last_at=time.write(one.last_at),
    )


def delivery(one: Delivery) -> DeliveryShown:
    """A delivery to a peer."""
    return DeliveryShown(
        module=one.key.module,
        party=str(one.key.party),
        id=one.key.id,
        sub=one.key.sub,
        state=one.state,
        attempts=one.attempts,
        next_at=_written(one.next_at),
        last_error=one.last_error,
        remote_url=one.remote_url,
        updated_at=time.write(one.updated_at),
    )


def command(one: Command, peers: Sequence[Peer]) -> CommandShown:
    """A command; `peers` are all there are."""
    return CommandShown(
        id=one.id,
        command=one.command,
        direction=one.direction,
        state=_state(one),
        peer=next((peer.name for peer in peers if peer.id == one.peer_id), None),
        token_uid=one.token_uid,
        location_id=one.location_id,
        evse_uid=one.evse_uid,
        connector_id=one.connector_id,
        authorization_reference=one.authorization_reference,
        response=one.response,
        result=one.result,
        message=one.message,
        session_id=one.session_id,
        created_at=time.write(one.created_at),
        response_at=_written(one.response_at),
        result_at=_written(one.result_at),
        expires_at=time.write(one.expires_at),
    )


def _state(one: Command) -> str:
    if one.response not in (None, CommandResponseType.ACCEPTED):
        return "refused"
    match one.result:
        case None:
            return "sent" if one.response is None else "accepted"
        case CommandResultType.ACCEPTED:
            return "done"
        case CommandResultType.TIMEOUT:
            return "timeout"
        case _:
            return "failed"


def hook(one: Hook) -> HookShown:
    """A web hook."""
    return HookShown(
        name=one.name,
        url=one.url,
        events=one.events,
        party=None if one.party is None else party_shown(one.party),
        active=one.active,
        ended_because=one.ended_because,
        delivered_at=_written(one.delivered_at),
        created_at=time.write(one.created_at),
    )


def hook_event(one: HookEvent, name: str) -> HookEventShown:
    """An event on its way to the hook of this name."""
    owner = [party_shown(one.party)] if one.party else []
    return HookEventShown(
        id=one.id,
        hook=name,
        event=one.event,
        subject=" ".join([one.module, *owner, one.object_id, *([one.sub] if one.sub else [])]),
        state=one.state,
        attempts=one.attempts,
        at=time.write(one.at),
        next_at=_written(one.next_at),
        last_error=one.last_error,
    )
