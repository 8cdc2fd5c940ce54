"""One call of a member carried to another: in his version, from party to party, and his answer brought back.

What the other member says, also an error, is passed on as it is; what went wrong on the way is a 4xxx of the hub
(status_codes, "4xxx: Hub errors").
"""

import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from ocpilot.app.hub import hub_links
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import ObjectKey, PartnerAnswer, StoredObject
from ocpilot.app.ocpi.exchange import Answer, Call
from ocpilot.app.ocpi.heard import heard
from ocpilot.app.ocpi.in_version import text_in
from ocpilot.app.ocpi.unsaid import unsaid
from ocpilot.app.ocpi.visibility import require_sender
from ocpilot.app.partners.hub_members import Member, connected, shown_owner
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import (
    ForbiddenAddress,
    ForwardTimeout,
    HubError,
    InvalidObject,
    NotConnected,
    PeerNonsense,
    PeerRefused,
    PeerTimeout,
    PeerUnreachable,
)
from ocpilot.base.ids import PartyId
from ocpilot.wire import codec
from ocpilot.wire.codec import NOTHING, Context
from ocpilot.wire.fields import Wire
from ocpilot.wire.paging import LIMIT, LINK, TOTAL, next_link
from ocpilot.wire.protocol import PROTOCOLS, InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import TokenType

log = logging.getLogger(__name__)

#: What is said of our own token: no answer to the member who asked.
_NOT_LET_IN = frozenset({401, 403})
_CHARGES = frozenset({ModuleID.SESSIONS, ModuleID.CDRS})
#: What names its owner in a body, or where only URLs name it.
_OWNED = _CHARGES | {ModuleID.LOCATIONS, ModuleID.TARIFFS, ModuleID.TOKENS}


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """What a call looks like: the segments below its interface, and the 2.3.0 classes of what it brings and gets."""

    segments: tuple[str, ...] = ()
    request: tuple[type[Wire], ...] = ()
    response: type[Wire] | type[StrEnum] | None = None
    listed: bool = False


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A call on its way: from which party to which member. `context` is what the answer of a member of 2.1.1 leaves
    unsaid."""

    call: Call
    crossing: Crossing
    sender: PartyId | None
    member: Member
    context: Context = NOTHING

    @property
    def version(self) -> Version:
        """The version of the member it goes to."""
        return self.member.peer.version or OWN_VERSION


# ---- whole calls ---------------------------------------------------------------------------------------------------


async def carry(platform: Platform, passage: Passage) -> Answer:
    """The call as it is, with body and URL in the words of the member. Errors are those of the hub."""
    call = passage.call
    _check_owner(passage)
    if call.method == "PATCH" and passage.version != call.version:
        return await _patch(platform, passage)
    body = await _body(platform, passage) if call.body.strip() else None
    return await send(platform, passage, body)


async def send(
    platform: Platform, passage: Passage, body: bytes | None, *, params: Mapping[str, str] | None = None
) -> Answer:
    """The call with this body, which is in the member's version, and its answer in the caller's."""
    try:
        answer = await _reached(passage, _called(platform, passage, passage.call.method, body, params))
    except PeerRefused as error:
        return _as_said(passage, error)
    return await _brought_back(platform, passage, answer)


async def follow(platform: Platform, passage: Passage, url: str) -> Answer:
    """The next page of the member's list, at the URL that was sealed into our Link."""
    called = platform.partners.call_url(
        connected(passage.member).peer,
        "GET",
        url,
        sender=passage.sender,
        receiver=passage.member.party,
        correlation_id=passage.call.correlation_id,
    )
    try:
        return await _brought_back(platform, passage, await _reached(passage, called))
    except PeerRefused as error:
        return _as_said(passage, error)


async def _called(
    platform: Platform, passage: Passage, method: str, body: bytes | None, params: Mapping[str, str] | None
) -> PartnerAnswer:
    call, member = passage.call, connected(passage.member)
    return await platform.partners.call(
        member.peer,
        method,
        call.module,
        call.interface,
        _segments(platform, passage),
        body=body,
        params=_params(passage) if params is None else params,
        sender=passage.sender,
        receiver=member.party,
        correlation_id=call.correlation_id,
    )


async def _reached(passage: Passage, called: Awaitable[PartnerAnswer]) -> PartnerAnswer:
    """The answer; PeerRefused when it is an error, HubError when there is none. What the caller hears of the way there
    is the party, not its addresses."""
    party = passage.member.party
    try:
        return await called
    except PeerTimeout as error:
        log.warning("passing on to %s: %s", party, error)
        raise ForwardTimeout(f"{party} did not answer in time") from error
    except (PeerUnreachable, ForbiddenAddress) as error:
        log.warning("passing on to %s: %s", party, error)
        raise NotConnected(f"{party} cannot be reached") from error
    except PeerNonsense as error:
        log.warning("passing on to %s: %s", party, error)
        raise HubError(f"{party} answered with what is no OCPI") from error


def _as_said(passage: Passage, error: PeerRefused) -> Answer:
    """The error of the member, which the caller gets as it is."""
    party = passage.member.party
    if error.http in _NOT_LET_IN:
        raise NotConnected(f"{party} does not let this hub in") from error
    if error.ocpi is None:
        raise HubError(f"{party} answered HTTP {error.http}") from error
    headers = {} if error.retry_after is None else {"Retry-After": str(round(error.retry_after))}
    return Answer(
        http_status=error.http,
        status_code=error.ocpi if error.ocpi >= 2000 else 3000,
        message=error.said or f"{party} answered HTTP {error.http}",
        headers=headers,
        answered_by=party,
    )


# ---- there ---------------------------------------------------------------------------------------------------------


def _check_owner(passage: Passage) -> None:
    """NotFound when what is pushed is not the caller's own (transport_and_format, "Client Owned Object Push")."""
    call = passage.call
    if call.interface is not InterfaceRole.RECEIVER:
        return
    if "country_code" in call.path:
        require_sender(call.peer, call.module, call.path["country_code"], call.path["party_id"])
    elif call.method == "POST" and PROTOCOLS[call.version].owners:
        body = call.object()
        if body.get("country_code") is not None or call.module is ModuleID.CDRS:
            require_sender(call.peer, call.module, str(body.get("country_code")), str(body.get("party_id")))


def _segments(platform: Platform, passage: Passage) -> tuple[str, ...]:
    """Where the object is at the member, who may know no owner but the hub."""
    path, segments = passage.call.path, passage.crossing.segments
    if "country_code" not in path:
        return segments
    owner = PartyId.of(path["country_code"], path["party_id"])
    shown = shown_owner(platform, passage.member.peer, owner)
    return (shown.country_code, shown.party_id, *segments[2:])


def _params(passage: Passage) -> dict[str, str]:
    """The parameters of the URL; the type of a Token in the member's words."""
    params = dict(passage.call.query)
    if "type" in params and passage.call.module is ModuleID.TOKENS:
        params["type"] = codec.word_in(TokenType, params["type"], passage.version)
    return params


async def _body(platform: Platform, passage: Passage) -> bytes:
    """The body in the member's version."""
    call = passage.call
    body = call.object()
    if passage.version == call.version or not passage.crossing.request:
        return call.body
    cls = passage.crossing.request[0]
    context = await _context(platform, passage, body)
    read = call.read(cls, body, context, owned=call.interface is InterfaceRole.RECEIVER)
    return codec.dumps(await _converted(platform, passage, cls, read.body, context, there=True))


async def _context(platform: Platform, passage: Passage, body: object, *, there: bool = True) -> Context:
    """What an object does not say by itself: one that the caller sends, or one that he is sent."""
    call = passage.call
    if call.module not in _OWNED or (call.interface is InterfaceRole.SENDER and call.method != "GET"):
        return NOTHING
    version = call.version if there else passage.version
    owner = None
    if "country_code" in call.path:
        owner = PartyId.of(call.path["country_code"], call.path["party_id"])
    return await unsaid(platform, _owner(passage), version, call.module, body, party=owner)


def _owner(passage: Passage) -> Peer:
    """Whose objects the call is about."""
    receiver = passage.call.interface is InterfaceRole.RECEIVER
    return passage.call.peer if receiver else passage.member.peer


async def _patch(platform: Platform, passage: Passage) -> Answer:
    """A PATCH for a member of another version: part of an object means nothing in another version, the whole does. So
    what he has is read, changed, and PUT."""
    call, [cls] = passage.call, passage.crossing.request
    patch = call.object()
    try:
        answer = await _reached(passage, _called(platform, passage, "GET", None, None))
    except PeerRefused as error:
        return _as_said(passage, error)
    here = await _read(platform, passage, cls, answer.data)
    context = await _context(platform, passage, here)
    read = codec.read_patch(cls, call.version, here, patch, context)
    call.findings.extend(read.findings)
    whole = await _converted(platform, passage, cls, read.body, context, there=True)
    put = replace(passage, call=replace(call, method="PUT"))
    return await send(platform, put, codec.dumps(whole))


# ---- and back ------------------------------------------------------------------------------------------------------


async def _brought_back(platform: Platform, passage: Passage, answer: PartnerAnswer) -> Answer:
    data = None if answer.data is None else codec.dumps(await _data(platform, passage, answer.data))
    return Answer(
        http_status=answer.http_status,
        status_code=answer.status_code,
        message=answer.status_message or "Success",
        data=data,
        headers=_headers(platform, passage, answer),
        answered_by=passage.member.party,
    )


async def _data(platform: Platform, passage: Passage, data: object) -> object:
    """What the member answered, in the caller's version."""
    cls = passage.crossing.response
    if passage.version == passage.call.version or cls is None or not issubclass(cls, Wire):
        return data
    if not passage.crossing.listed:
        return await _read(platform, passage, cls, data)
    items = data if isinstance(data, list) else []
    return [await _read(platform, passage, cls, one) for one in items]


async def _read(platform: Platform, passage: Passage, cls: type[Wire], data: object) -> codec.Body:
    member = passage.member
    context = passage.context
    if context is NOTHING:
        context = await _context(platform, passage, data, there=False)
    try:
        read = heard(platform, member.peer, passage.call.module, cls, data, context=context)
    except InvalidObject as error:
        log.warning("passing on what %s answered: %s", member.party, error)
        raise HubError(f"{member.party} answered with a broken {cls.__name__}") from error
    return await _converted(platform, passage, cls, read.body, context, there=False)


async def _converted(
    platform: Platform, passage: Passage, cls: type[Wire], body: codec.Body, context: Context, *, there: bool
) -> codec.Body:
    """A checked body in the other side's version. Sessions and CDRs want their Location whole in some."""
    call = passage.call
    source, target = (call.version, passage.version) if there else (passage.version, call.version)
    if call.module not in _CHARGES or PROTOCOLS[source].whole_locations or "last_updated" not in body:
        return codec.convert(cls, body, source, target, context).body
    party = PartyId.of(str(body.get("country_code")), str(body.get("party_id")))
    stored = StoredObject(
        key=ObjectKey(module=call.module, party=party, id=str(body.get("id"))),
        version=source,
        body=codec.dumps(body).decode(),
        last_updated=platform.clock(),
        peer_id=_owner(passage).id,
    )
    return msgspec.convert(codec.loads(await text_in(platform, stored, target, cls)), dict[str, object])


def _headers(platform: Platform, passage: Passage, answer: PartnerAnswer) -> dict[str, str]:
    """Of a page its size and the Link to the next, through us; of what was made where it is, with us."""
    call = passage.call
    said = {name.lower(): value for name, value in answer.headers.items()}
    found = {name: said[name] for name in (TOTAL, LIMIT) if name in said}
    if "location" in said and call.method == "POST":
        found["Location"] = f"{call.url}/{_made(call, said['location'])}"
    next_url = hub_links.next_page(platform, call, passage.member, passage.sender, answer.headers)
    return found if next_url is None else {**found, LINK: next_link(next_url)}


def _made(call: Call, location: str) -> str:
    """Where an object that the caller POSTed is below our interface, as it is below the member's."""
    owned = call.module is not ModuleID.PAYMENTS
    parts = location.partition("?")[0].rstrip("/").split("/")
    if not owned:
        return parts[-1]
    body = call.object()
    owner = call.peer.parties[0] if body.get("country_code") is None else f"{body['country_code']}{body['party_id']}"
    return f"{owner[:2]}/{owner[2:]}/{parts[-1]}"
