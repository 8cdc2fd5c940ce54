"""One object of ours to one peer: which call, with which body, in the peer's version."""

from collections.abc import Awaitable, Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from ocpilot.app.kept.peer_records import Detected, Peer
from ocpilot.app.kept.records import ObjectKey, PartnerAnswer, Record, StoredObject
from ocpilot.app.ocpi.access_point import passes_on
from ocpilot.app.ocpi.bodies import object_in
from ocpilot.app.ocpi.in_version import text_in
from ocpilot.app.ocpi.visibility import addressee, may_see, party_of
from ocpilot.app.partners.hub_members import shown_owner
from ocpilot.app.partners.push_states import ReadEvses
from ocpilot.app.platform import Platform
from ocpilot.base.errors import OcpilotError, PeerNonsense, PeerRefused
from ocpilot.base.ids import PartyId
from ocpilot.roaming.retry import worth_retry
from ocpilot.wire import codec
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import CANONICAL, InterfaceRole, ModuleID
from ocpilot.wire.v230 import EVSE, TokenType

#: Objects a peer gets once and then keeps as they are, by POST (mod_cdrs, mod_payments, "POST Method").
SENT_ONCE = frozenset({ModuleID.CDRS, ModuleID.PAYMENTS})
#: Objects of which it is noted that the peer has them.
NOTED = SENT_ONCE | {ModuleID.INVOICE_RECONCILIATION}
#: What can be deleted (mod_tariffs, mod_invoice_reconciliation, "DELETE Method").
_DELETABLE = frozenset({ModuleID.TARIFFS, ModuleID.INVOICE_RECONCILIATION})
#: What a PATCH of a status holds (mod_locations, "PATCH Method": `last_updated` always).
_MOVING = ("status", "last_updated")
#: HTTP status of an object that is there already.
_CONFLICT = 409
#: HTTP statuses that say that a method is not there at all.
_NO_METHOD = frozenset({405, 501})
#: EVSEs per peer of which we remember what the peer knows; beyond that we forget and send the whole EVSE again.
_REMEMBERED = 50_000


def offered(peer: Peer, module: ModuleID) -> bool:
    """Whether the peer takes pushes of this module: it has the endpoint, and its profile does not say otherwise."""
    wanted = peer.profile.push is None or module in peer.profile.push
    return wanted and any(one.identifier == module and one.role == InterfaceRole.RECEIVER for one in peer.endpoints)


class Delivered(Record, frozen=True):
    """The peer has it; `url` is where a CDR can be read there."""

    url: str | None = None


class PushCalls:
    """Calls to one peer. Remembers which EVSEs the peer has, so that a change of status travels as a PATCH."""

    def __init__(self, platform: Platform, evses: ReadEvses) -> None:
        self._platform = platform
        self._read = evses
        self._read_since = 0
        self._evses: dict[ObjectKey, int] = {}
        #: EVSEs whose status did not arrive.
        self._statuses: set[ObjectKey] = set()
        #: EVSEs that were read ahead of their turn.
        self._ahead: dict[ObjectKey, StoredObject] = {}

    def log_was_read(self) -> None:
        """What is delivered from here on must hold what the change log told until now."""
        self._read_since = self._read.mark()

    async def read_ahead(self, keys: Iterable[ObjectKey]) -> None:
        """Read the EVSEs among these objects at once, shortly before they are delivered. What changes in between is in
        the change log behind what the caller has read of it."""
        wanted = [key.folded for key in keys if key.module is ModuleID.LOCATIONS and key.sub]
        self._ahead = await self._read.some(wanted, self._read_since) if len(wanted) > 1 else {}

    def forget_ahead(self) -> None:
        """What was read and not sent is old by the time it is sent."""
        self._ahead.clear()

    async def deliver(
        self, peer: Peer, key: ObjectKey, *, known: bool = False, unsure: bool = False
    ) -> Delivered | None:
        """Send the newest state of an object, or that it is gone. None: not sent, as it is not for this peer.

        `known`: it is noted that the peer has an earlier state. `unsure`: it may have it, from an attempt whose answer
        was lost. Errors as `Partners.call`.
        """
        stored = await self._load(key)
        if stored is None:
            await self._gone(peer, key)
            return Delivered()
        if stored.peer_id == peer.id or not may_see(peer, key.module, stored.audience):
            if stored.peer_id != peer.id:
                # It is for others now: a copy that the peer may have would be wrong from here on.
                await self._gone(peer, key)
            return None
        to = addressee(peer, stored.audience)
        if key.module is ModuleID.LOCATIONS:
            await (self._evse(peer, key, stored) if key.sub else self._location(peer, key, stored))
            return Delivered()
        body = await self._body(stored, peer)
        if key.module in SENT_ONCE:
            return await self._once(peer, key, body, to, unsure=unsure)
        if key.module is ModuleID.INVOICE_RECONCILIATION:
            return await self._invoice_record(peer, key, body, to, known=known)
        params = _token_type(key, peer) if key.module is ModuleID.TOKENS else None
        await self._call(peer, key, "PUT", self._segments(peer, key), body, params=params, to=to)
        return Delivered()

    async def _load(self, key: ObjectKey) -> StoredObject | None:
        """Ours; a hub or access point passes on what others sent."""
        ahead = self._ahead.pop(key.folded, None) if self._ahead else None
        if ahead is not None:
            return ahead
        store = self._platform.store
        source = store.locations if key.module is ModuleID.LOCATIONS else store.objects
        return await (source.held(key) if passes_on(self._platform.settings, key.module) else source.get(key))

    async def _body(self, stored: StoredObject, peer: Peer, cls: type[Wire] | None = None) -> bytes:
        return await text_in(self._platform, stored, peer.version or CANONICAL, cls)

    async def _gone(self, peer: Peer, key: ObjectKey) -> None:
        """Few objects can be deleted; one the peer never had is deleted too. A hub keeps no record of an invoice, so it
        must be told whose it was."""
        if key.module not in _DELETABLE:
            return
        kept_nowhere = peer.hub_party is not None and key.module is ModuleID.INVOICE_RECONCILIATION
        audience = await self._platform.store.changes.audience_of(key) if kept_nowhere else None
        try:
            await self._call(peer, key, "DELETE", (*self._owner(peer, key), key.id), None, to=addressee(peer, audience))
        except PeerRefused as error:
            if not _unknown_there(error):
                raise

    async def _once(self, peer: Peer, key: ObjectKey, body: bytes, to: PartyId | None, *, unsure: bool) -> Delivered:
        """POST of what the peer keeps as it is. When it may be there already it is looked for first: not every platform
        takes the same object twice as one (mod_cdrs, "Push model": to view a CDR one has posted)."""
        kind = (key.sub,) if key.sub else ()
        there = await self._found(peer, key, to) if unsure else None
        if there is not None:
            return there
        try:
            answer = await self._call(peer, key, "POST", kind, body, to=to)
        except PeerRefused as error:
            if unsure and error.http == _CONFLICT:
                return Delivered()
            raise
        return Delivered(url=_location_header(answer))

    async def _found(self, peer: Peer, key: ObjectKey, to: PartyId | None) -> Delivered | None:
        """The object where platforms keep it; the standard leaves the URL of a CDR to them, and the answer that named
        it was lost. None when it is not there, or cannot be read."""
        kind = (key.sub,) if key.sub else ()
        for segments in ((*kind, key.id), (*self._owner(peer, key), *kind, key.id)):
            try:
                answer = await self._call(peer, key, "GET", segments, None, to=to)
            except (PeerRefused, PeerNonsense) as error:
                if isinstance(error, PeerRefused) and worth_retry(error):
                    raise
                continue
            if isinstance(answer.data, dict) and _is_named(answer.data, key):
                return Delivered(url=_resource(peer, key, segments))
        return None

    async def _invoice_record(
        self, peer: Peer, key: ObjectKey, body: bytes, to: PartyId | None, *, known: bool
    ) -> Delivered:
        """POST of a new record, PUT of a changed one (mod_invoice_reconciliation, "Push model"); the other one when
        the peer remembers otherwise."""
        ways: list[tuple[str, tuple[str, ...]]] = [("POST", ()), ("PUT", self._segments(peer, key))]
        first, second = reversed(ways) if known else ways
        try:
            answer = await self._call(peer, key, *first, body, to=to)
        except PeerRefused as error:
            if worth_retry(error):
                raise
            answer = await self._call(peer, key, *second, body, to=to)
        return Delivered(url=_location_header(answer))

    async def _location(self, peer: Peer, key: ObjectKey, stored: StoredObject) -> None:
        body = await self._body(stored, peer)
        await self._call(peer, key, "PUT", (*self._owner(peer, key), key.id), body)
        evses = object_in(stored).get("evses")
        for evse in [one for one in evses if isinstance(one, dict)] if isinstance(evses, list) else ():
            self._remember(replace(key, sub=str(evse.get("uid"))).folded, _shape(evse))

    async def _evse(self, peer: Peer, key: ObjectKey, stored: StoredObject) -> None:
        """PATCH when only the status moved since the peer got the EVSE; PUT of it otherwise, or when it is refused;
        PUT of the whole Location when the peer does not know that."""
        shape, patch = _state(stored.body)
        segments = (*self._owner(peer, key), key.id, key.sub)
        named = key.folded
        if peer.patches and self._evses.get(named) == shape:
            if await self._patched(peer, key, named, segments, patch):
                return
            self._evses.pop(named, None)
        try:
            await self._call(peer, key, "PUT", segments, await self._body(stored, peer, EVSE))
        except PeerRefused as error:
            whole = key_of_location(key)
            location = await self._load(whole) if _unknown_there(error) else None
            if location is None:
                raise
            await self._location(peer, whole, location)
        else:
            self._remember(named, shape)

    async def _patched(
        self, peer: Peer, key: ObjectKey, named: ObjectKey, segments: tuple[str, ...], patch: bytes
    ) -> bool:
        """Whether it took the PATCH. A platform that has no such method is not asked again."""
        try:
            await self._call(peer, key, "PATCH", segments, patch)
        except OcpilotError as error:
            if not isinstance(error, PeerRefused) or worth_retry(error):
                self._statuses.add(named)
                raise
            if error.http in _NO_METHOD:
                await self._platform.store.peers.noticed(peer.id, Detected(refuses_patch=True))
            return False
        return True

    def is_let_go(self, peer: Peer, key: ObjectKey) -> bool:
        """Whether what just failed was a status that this peer does not want again."""
        was_status = key.module is ModuleID.LOCATIONS and key.folded in self._statuses
        self._statuses.discard(key.folded)
        return was_status and not peer.profile.status_after_failed_push

    def _remember(self, named: ObjectKey, shape: int) -> None:
        if len(self._evses) >= _REMEMBERED:
            self._evses.clear()
        self._evses[named] = shape

    def _call(
        self,
        peer: Peer,
        key: ObjectKey,
        method: str,
        segments: tuple[str, ...],
        body: bytes | None,
        *,
        params: Mapping[str, str] | None = None,
        to: PartyId | None = None,
    ) -> Awaitable[PartnerAnswer]:
        return self._platform.partners.call(
            peer,
            method,
            key.module,
            InterfaceRole.RECEIVER,
            segments,
            body=body,
            params=params,
            sender=self._sender(key, to),
            receiver=to or peer.addressee or self._anyone(peer, key),
            correlation_id=None if self._platform.settings.hub is None else self._platform.told_by.get(key.folded),
        )

    def _sender(self, key: ObjectKey, to: PartyId | None) -> PartyId:
        """The owner; what a hub broadcasts comes from the hub (transport_and_format, "Broadcast Push")."""
        passing = self._platform.settings.passing
        ours = passing is None or any(one.id == key.party for one in self._platform.settings.parties)
        return key.party if passing is None or to is not None or ours else passing

    def _anyone(self, peer: Peer, key: ObjectKey) -> PartyId | None:
        """A party of a member that receives such objects: what comes from a hub names one."""
        return (
            None if self._platform.settings.hub is None else party_of(peer, (key.module, InterfaceRole.RECEIVER), None)
        )

    def _owner(self, peer: Peer, key: ObjectKey) -> tuple[str, str]:
        owner = shown_owner(self._platform, peer, key.party)
        return owner.country_code, owner.party_id

    def _segments(self, peer: Peer, key: ObjectKey) -> tuple[str, ...]:
        """Where an object is at a peer. The type of a Token is no part of the path, the kind of a booking is."""
        if key.module is ModuleID.HUB_CLIENT_INFO:
            return key.party.country_code, key.party.party_id
        kind = (key.sub,) if key.module is ModuleID.BOOKINGS and key.sub else ()
        return (*self._owner(peer, key), *kind, key.id)


def key_of_location(key: ObjectKey) -> ObjectKey:
    """The whole Location of an EVSE."""
    return ObjectKey(module=key.module, party=key.party, id=key.id)


def _token_type(key: ObjectKey, peer: Peer) -> dict[str, str]:
    """The type of a Token in the words of the peer (mod_tokens, "Request Parameters")."""
    return {"type": codec.word_in(TokenType, key.sub, peer.version or CANONICAL)}


def _shape(evse: codec.Body) -> int:
    """Everything of an EVSE but what moves, as a number."""
    return hash(codec.dumps({name: value for name, value in evse.items() if name not in _MOVING}))


@lru_cache(maxsize=512)
def _state(body: str) -> tuple[int, bytes]:
    """The shape of an EVSE and the PATCH of its status, from its stored body: the same for every peer."""
    evse = msgspec.convert(codec.loads(body.encode()), dict[str, object])
    return _shape(evse), codec.dumps({name: evse[name] for name in _MOVING})


def _is_named(body: codec.Body, key: ObjectKey) -> bool:
    """Whether an object that was read is this one: a platform may answer with another, or with a list."""
    return any(str(body.get(name, "")).lower() == key.id.lower() for name in ("id", "terminal_id"))


def _resource(peer: Peer, key: ObjectKey, segments: tuple[str, ...]) -> str | None:
    """The URL at which an object was read."""
    for endpoint in peer.endpoints:
        if endpoint.identifier == key.module and endpoint.role is InterfaceRole.RECEIVER:
            return "/".join([endpoint.url.rstrip("/"), *(quote(segment, safe="") for segment in segments)])
    return None


def _unknown_there(error: PeerRefused) -> bool:
    """404, or 2003 "unknown location" (status_codes, "2xxx: Client errors")."""
    return error.http == 404 or error.ocpi == 2003


def _location_header(answer: PartnerAnswer) -> str | None:
    return next((value for name, value in answer.headers.items() if name.lower() == "location"), None)
