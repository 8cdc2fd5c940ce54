"""Fetching all that a peer offers: after registration, when it was away, and on demand.

A crawl keeps good objects and reports bad ones (transport_and_format, "GET"). It may be run again at any time: what we
have in a newer state, because it was pushed meanwhile, stays. How lists are read is in `crawling.py`.
"""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from ocpilot.app.cdrs import cdrs
from ocpilot.app.kept.crawl_records import Crawl
from ocpilot.app.kept.peer_records import FindingKind, Peer, PeerState
from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.app.ocpi import heard, hub_clients, payments
from ocpilot.app.ocpi.access_point import shown_to
from ocpilot.app.ocpi.classes import class_of, kinds_of
from ocpilot.app.ocpi.homes import home
from ocpilot.app.ocpi.owned import from_peer
from ocpilot.app.ocpi.unsaid import unsaid
from ocpilot.app.ocpi.visibility import require_hub, require_sender
from ocpilot.app.orders import commands
from ocpilot.app.orders.booking_calls import check_life
from ocpilot.app.partners import crawling
from ocpilot.app.partners.crawling import Told, Wish, quietly
from ocpilot.app.partners.hub_members import audience_here
from ocpilot.app.partners.vanished import take_away
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import BadRequest, Conflict, HubError, NotFound
from ocpilot.base.ids import PartyId, new_id
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
OF_OUR_TIME = frozenset({ModuleID.SESSIONS, ModuleID.CDRS})
#: Bad objects that a summary tells about; beyond these they are only counted.
_TOLD = 100


class BadObject(Record, frozen=True, kw_only=True):
    """An object of a peer we could not keep: which, as far as it says, and why."""

    module: ModuleID
    id: str
    reason: str


class ModulePull(Record, frozen=True, kw_only=True):
    """One crawl of a module, or of a kind in it (`classes.py`): objects received, kept as new or changed, already here
    as new as that, refused; what is odd about the list. `error` stopped it; `pages` were read, those before a stop too.

    `told` is the total the peer says there is. `vanished` objects are ours and no longer in the list, `gone` are some.
    """

    module: ModuleID
    kind: str = ""
    received: int = 0
    kept: int = 0
    known: int = 0
    bad: int = 0
    error: str | None = None
    pages: int = 0
    told: int | None = None
    listed: int = 0
    repeated: int = 0
    vanished: int = 0
    gone: tuple[str, ...] = ()


class PullSummary(Record, frozen=True, kw_only=True):
    """What a pull brought."""

    modules: tuple[ModulePull, ...]
    problems: tuple[BadObject, ...]

    @property
    def complete(self) -> bool:
        """Whether every crawl reached its end."""
        return all(one.error is None for one in self.modules)


class PullWish(Record, frozen=True, kw_only=True):
    """What to fetch: from `since` on, None for everything; all `modules` that we receive, or some. The loop that pulls
    by itself (`by_itself`) leaves a list alone that a person reads."""

    since: datetime | None = None
    modules: Collection[ModuleID] | None = None
    by_itself: bool = False


EVERYTHING = PullWish()


async def pull(
    platform: Platform, peer: Peer, since: datetime | None = None, *, wish: PullWish = EVERYTHING, told: Told = quietly
) -> PullSummary:
    """Crawl the peer's Sender interfaces that our parties have a use for; its errors end up in the summary.

    With `since` only what the peer updated from then on; Sessions and CDRs never from before we knew the peer. A
    complete pull of all modules is noted with the peer, as of when the first of its crawls began.
    """
    wished = wish if since is None else PullWish(since=since, modules=wish.modules, by_itself=wish.by_itself)
    problems: list[BadObject] = []
    some = wanted(platform, peer)
    modules = some if wished.modules is None else tuple(one for one in some if one in wished.modules)
    crawls = [
        await _crawl(platform, peer, module, kind, wished, problems, told)
        for module in modules
        for kind in kinds_of(module)
    ]
    summary = PullSummary(modules=tuple(map(_told_of, crawls)), problems=tuple(problems))
    for one in crawls:
        log.info("%s of %s: received %d, bad %d %s", one.module, peer.name, one.received, one.bad, one.error or "")
    if summary.complete and modules == some and _leaves_no_gap(peer, wished.since):
        began = min((one.began_at for one in crawls), default=platform.clock())
        await platform.store.peers.pulled(peer.id, began)
    return summary


def _leaves_no_gap(peer: Peer, since: datetime | None) -> bool:
    return since is None or (peer.pulled_at is not None and since <= peer.pulled_at)


def wanted(platform: Platform, peer: Peer) -> tuple[ModuleID, ...]:
    """The modules we receive, this peer offers, and its profile does not leave out."""
    if peer.state is not PeerState.REGISTERED:
        return ()
    ours = offered(party.role for party in platform.settings.parties)
    theirs = {(endpoint.identifier, endpoint.role) for endpoint in peer.endpoints}
    chosen = [module for module in PULLED if peer.profile.pull is None or module in peer.profile.pull]
    receiving = [(module, InterfaceRole.RECEIVER) for module in chosen if (module, InterfaceRole.RECEIVER) in ours]
    return tuple(interface[0] for interface in receiving if other_side(interface) in theirs)


async def _crawl(  # noqa: PLR0917 - what is fetched of whom, and where what is bad is told
    platform: Platform,
    peer: Peer,
    module: ModuleID,
    kind: str,
    wished: PullWish,
    problems: list[BadObject],
    told: Told,
) -> Crawl:
    since = wished.since
    if module in OF_OUR_TIME:
        since = max(since or peer.created_at, peer.created_at)
    wish = Wish(
        module=module,
        kind=kind,
        since=since,
        owner=crawling.LOOP if wished.by_itself else new_id(),
        takes_over=not wished.by_itself,
        asker=asker(platform, module),
        may_lack=len(kinds_of(module)) > 1,
    )

    async def one(body: object) -> crawling.Word:
        outcome = await take(platform, peer, module, kind, body)
        if not isinstance(outcome, BadObject):
            return outcome
        if len(problems) < _TOLD:
            problems.append(outcome)
        return "bad"

    async def at_end(crawl: Crawl) -> Crawl:
        return crawl if wished.since is not None else await take_away(platform, peer, crawl)

    return await crawling.crawl(platform, peer, wish, one, told, at_end)


def _told_of(crawl: Crawl) -> ModulePull:
    return ModulePull(
        module=crawl.module,
        kind=crawl.kind,
        received=crawl.received,
        kept=crawl.kept,
        known=crawl.known,
        bad=crawl.bad,
        error=crawl.error,
        pages=crawl.pages,
        told=crawl.told,
        listed=crawl.listed,
        repeated=crawl.repeated,
        vanished=crawl.vanished,
        gone=crawl.gone,
    )


def asker(platform: Platform, module: ModuleID) -> PartyId | None:
    """The first of our parties that has a use for the module; a hub has one for all."""
    parties = platform.settings.parties_as(*OFFERED_BY[module, InterfaceRole.RECEIVER])
    return parties[0].id if parties else platform.settings.hub


async def take(
    platform: Platform, peer: Peer, module: ModuleID, kind: str, body: object
) -> Literal["kept", "known"] | BadObject:
    """Keep one object, unless we have it as new as that; why not, when it is bad."""
    try:
        if module is ModuleID.CDRS:
            return await _take_cdr(platform, peer, body)
        stored = await read(platform, peer, module, kind, body)
        if _is_passed_on(platform, stored.audience) or await _comes_itself(platform, peer, stored.key.party):
            return "known"
        return await _keep_newer(platform, peer, stored)
    except (BadRequest, NotFound, Conflict, HubError) as error:
        named = crawling.label_of(module, body)
        heard.refused(platform, peer, FindingKind.PULL, module, error, "" if named == "?" else named)
        return BadObject(module=module, id=named, reason=str(error))


async def _comes_itself(platform: Platform, peer: Peer, party: PartyId) -> bool:
    """Whether a party that an access point tells of has a connection of its own with us: then what it says counts."""
    return party.key not in peer.parties and await platform.store.peers.of_party(party) is not None


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
    store = home(platform, key.module)
    here = await store.get(key, peer.id)
    if here is not None and platform.settings.hub is not None:
        stored = replace(stored, audience=here.audience)
    stored = replace(stored, audience=shown_to(platform.settings, stored, here))
    as_new = here is not None and here.last_updated >= stored.last_updated and here.version == stored.version
    if as_new and not await _came_back(platform, peer, key):
        return "known"
    if here is not None and class_of(key.module, key.sub) is Booking:
        check_life(here, stored)
    await store.put(stored)
    await commands.told_of(platform, stored)
    return "kept"


async def _came_back(platform: Platform, peer: Peer, key: ObjectKey) -> bool:
    """Whether we showed this Location as removed because it was no longer listed: now it is as it was before."""
    return key.module is ModuleID.LOCATIONS and await platform.store.crawls.came_back(peer.id, key)


async def read(platform: Platform, peer: Peer, module: ModuleID, kind: str, body: object) -> StoredObject:
    """The object checked; InvalidObject when it breaks the standard, NotFound when its party is none of the peer's."""
    version = peer.version or OWN_VERSION
    context = await unsaid(platform, peer, version, module, body)
    said = heard.heard(platform, peer, module, class_of(module, kind), body, context=context)
    key = await _key(platform, peer, module, said.value, kind)
    audience = await audience_here(platform, said.value)
    return from_peer(peer, version, key, said.body, context, audience=audience)


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
        case Location() | Tariff() | Session() | CDR() | Booking() | BookingLocation() | InvoiceReconciliationRecord():
            party = require_sender(peer, module, value.country_code, value.party_id)
            return ObjectKey(module=module, party=party, id=value.id, sub=kind)
        case _:
            raise TypeError(f"{type(value).__name__} is not pulled")
