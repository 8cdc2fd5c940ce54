"""Fetching all that a peer offers: after registration, when it was away, and on demand.

A crawl keeps good objects and reports bad ones (transport_and_format, "GET"). It may be run again at any time: what we
have in a newer state, because it was pushed meanwhile, stays.
"""

import logging
from collections import Counter
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from ocpilot.app import cdrs, commands, hub_clients, payments
from ocpilot.app.booking_calls import check_life
from ocpilot.app.classes import class_of, kinds_of
from ocpilot.app.heard import heard
from ocpilot.app.hub_members import audience_here
from ocpilot.app.owned import from_peer
from ocpilot.app.peer_records import Peer, PeerState
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.app.records import ObjectKey, Record, StoredObject
from ocpilot.app.unsaid import unsaid
from ocpilot.app.visibility import require_hub, require_sender
from ocpilot.base import time
from ocpilot.base.errors import (
    BadRequest,
    Conflict,
    ForbiddenAddress,
    HubError,
    NoMatchingEndpoints,
    NotFound,
    OcpilotError,
    PeerError,
    PeerRefused,
)
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import HubMode
from ocpilot.roaming.offers import OFFERED_BY, offered, other_side
from ocpilot.wire import codec
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import (
    CDR,
    Booking,
    BookingLocation,
    ClientInfo,
    FinancialAdviceConfirmation,
    InvoiceReconciliationRecord,
    Location,
    Session,
    Tariff,
    Terminal,
    Token,
)

log = logging.getLogger(__name__)

#: What is fetched; Tariffs first, so that Locations and CDRs find theirs.
PULLED = (
    ModuleID.HUB_CLIENT_INFO,
    ModuleID.TARIFFS,
    ModuleID.LOCATIONS,
    ModuleID.TOKENS,
    ModuleID.PAYMENTS,
    ModuleID.BOOKINGS,
    ModuleID.INVOICE_RECONCILIATION,
    ModuleID.SESSIONS,
    ModuleID.CDRS,
)
#: Of these only what happened since we know the peer: charges before that were billed some other way.
_OF_OUR_TIME = frozenset({ModuleID.SESSIONS, ModuleID.CDRS})
#: Fields that name an object.
_NAMES = ("id", "uid", "terminal_id")
#: Bad objects that a summary tells about; beyond these they are only counted.
_TOLD = 100


class BadObject(Record, frozen=True):
    """An object of a peer we could not keep: which, as far as it says, and why."""

    module: ModuleID
    id: str
    reason: str


class ModulePull(Record, frozen=True):
    """One crawl of a module, or of a kind in it (`classes.py`): objects received, kept as new or changed, already here
    as new as that, refused. `error` ended it."""

    module: ModuleID
    kind: str = ""
    received: int = 0
    kept: int = 0
    known: int = 0
    bad: int = 0
    error: str | None = None


class PullSummary(Record, frozen=True):
    """What a pull brought."""

    modules: tuple[ModulePull, ...]
    problems: tuple[BadObject, ...]

    @property
    def complete(self) -> bool:
        """Whether every crawl reached its end."""
        return all(one.error is None for one in self.modules)


async def pull(platform: Platform, peer: Peer, since: datetime | None = None) -> PullSummary:
    """Crawl the peer's Sender interfaces that our parties have a use for; its errors end up in the summary.

    With `since` only what the peer updated from then on; Sessions and CDRs never from before we knew the peer. A
    complete pull is noted with the peer.
    """
    began = platform.clock()
    problems: list[BadObject] = []
    kinds = [(module, kind) for module in wanted(platform, peer) for kind in kinds_of(module)]
    modules = [await _crawl(platform, peer, module, kind, since, problems) for module, kind in kinds]
    summary = PullSummary(modules=tuple(modules), problems=tuple(problems))
    for one in modules:
        log.info("%s of %s: received %d, bad %d %s", one.module, peer.name, one.received, one.bad, one.error or "")
    if summary.complete:
        await platform.store.peers.pulled(peer.id, began)
    return summary


def wanted(platform: Platform, peer: Peer) -> tuple[ModuleID, ...]:
    """The modules we receive and this peer offers."""
    if peer.state is not PeerState.REGISTERED:
        return ()
    ours = offered(party.role for party in platform.settings.parties)
    theirs = {(endpoint.identifier, endpoint.role) for endpoint in peer.endpoints}
    receiving = [(module, InterfaceRole.RECEIVER) for module in PULLED if (module, InterfaceRole.RECEIVER) in ours]
    return tuple(interface[0] for interface in receiving if other_side(interface) in theirs)


async def _crawl(  # noqa: PLR0917 - what is fetched of whom, and where what is bad is told
    platform: Platform, peer: Peer, module: ModuleID, kind: str, since: datetime | None, problems: list[BadObject]
) -> ModulePull:
    counts: Counter[str] = Counter()
    start = max(since or peer.created_at, peer.created_at) if module in _OF_OUR_TIME else since
    params = {"date_from": time.write(start)} if start else None
    error = None
    try:
        pages = platform.partners.pages(peer, module, params, (kind,) if kind else (), sender=_asker(platform, module))
        async for page in pages:
            for body in page:
                outcome = await _take(platform, peer, module, kind, body)
                if isinstance(outcome, BadObject) and len(problems) < _TOLD:
                    problems.append(outcome)
                counts["bad" if isinstance(outcome, BadObject) else outcome] += 1
    except (PeerError, NoMatchingEndpoints, ForbiddenAddress) as failure:
        error = None if _has_no_such_list(failure, module) else str(failure)
    return ModulePull(
        module=module,
        kind=kind,
        received=counts.total(),
        kept=counts["kept"],
        known=counts["known"],
        bad=counts["bad"],
        error=error,
    )


def _has_no_such_list(failure: OcpilotError, module: ModuleID) -> bool:
    """A terminal provider that writes the invoices itself has no confirmations: of several kinds one may be missing."""
    return len(kinds_of(module)) > 1 and isinstance(failure, PeerRefused) and failure.http == 404


def _asker(platform: Platform, module: ModuleID) -> PartyId | None:
    """The first of our parties that has a use for the module; a hub has one for all."""
    parties = platform.settings.parties_as(*OFFERED_BY[module, InterfaceRole.RECEIVER])
    return parties[0].id if parties else platform.settings.hub


async def _take(
    platform: Platform, peer: Peer, module: ModuleID, kind: str, body: object
) -> Literal["kept", "known"] | BadObject:
    """Keep one object, unless we have it as new as that; why not, when it is bad."""
    try:
        if module is ModuleID.CDRS:
            return await _take_cdr(platform, peer, body)
        stored = await _read(platform, peer, module, kind, body)
        return "known" if _is_passed_on(platform, stored.audience) else await _keep_newer(platform, peer, stored)
    except (BadRequest, NotFound, Conflict, HubError) as error:
        named = body if isinstance(body, dict) else {}
        ident = next((named[name] for name in _NAMES if named.get(name)), "?")
        return BadObject(module=module, id=str(ident), reason=str(error))


async def _take_cdr(platform: Platform, peer: Peer, body: object) -> Literal["kept", "known"]:
    version = peer.version or OWN_VERSION
    context = await unsaid(platform, peer, version, ModuleID.CDRS, body)
    audience = await audience_here(platform, codec.read(CDR, version, body, context).value)
    if _is_passed_on(platform, audience):
        return "known"
    _, new = await cdrs.receive(platform, peer, version, body, audience=audience)
    return "kept" if new else "known"


def _is_passed_on(platform: Platform, audience: str | None) -> bool:
    """Whether it is for one member of our hub, which keeps nothing of that kind."""
    return audience is not None and platform.settings.roaming.hub_mode is HubMode.PASS_THROUGH


async def _keep_newer(platform: Platform, peer: Peer, stored: StoredObject) -> Literal["kept", "known"]:
    key = stored.key
    store = platform.store.locations if key.module is ModuleID.LOCATIONS else platform.store.objects
    here = await store.get(key, peer.id)
    if here is not None and platform.settings.hub is not None:
        stored = replace(stored, audience=here.audience)
    if here is not None and here.last_updated >= stored.last_updated and here.version == stored.version:
        return "known"
    if here is not None and class_of(key.module, key.sub) is Booking:
        check_life(here, stored)
    await store.put(stored)
    await commands.told_of(platform, stored)
    return "kept"


async def _read(platform: Platform, peer: Peer, module: ModuleID, kind: str, body: object) -> StoredObject:
    """The object checked; InvalidObject when it breaks the standard, NotFound when its party is none of the peer's."""
    version = peer.version or OWN_VERSION
    context = await unsaid(platform, peer, version, module, body)
    read = heard(platform, peer, module, class_of(module, kind), body, context=context)
    key = await _key(platform, peer, module, read.value, kind)
    audience = await audience_here(platform, read.value)
    return from_peer(peer, version, key, read.body, context, audience=audience)


async def _key(platform: Platform, peer: Peer, module: ModuleID, value: Wire, kind: str) -> ObjectKey:
    """Where an object of this peer is kept."""
    match value:
        case ClientInfo():
            require_hub(peer)
            await hub_clients.reached(platform, peer, value)
            return hub_clients.key_of(value.country_code, value.party_id, value.role, peer.id)
        case Terminal():
            return await payments.key_from(platform, peer, kind, value.terminal_id)
        case FinancialAdviceConfirmation():
            return await payments.key_from(platform, peer, kind, value.id)
        case Token():
            party = require_sender(peer, module, value.country_code, value.party_id)
            return ObjectKey(module=module, party=party, id=value.uid, sub=value.type)
        case Location() | Tariff() | Session() | Booking() | BookingLocation() | InvoiceReconciliationRecord():
            party = require_sender(peer, module, value.country_code, value.party_id)
            return ObjectKey(module=module, party=party, id=value.id, sub=kind)
        case _:
            raise TypeError(f"{type(value).__name__} is not pulled")
