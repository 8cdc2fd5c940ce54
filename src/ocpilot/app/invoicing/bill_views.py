"""What operators see of bills: CDRs with the price traced line by line, and what became of them at each peer."""

from collections.abc import Mapping, Sequence

from ocpilot.app.cdrs.cdr_match import match_of
from ocpilot.app.cdrs.cdrs import verdict_of, zone_of
from ocpilot.app.kept.cdr_match_records import CdrMatch
from ocpilot.app.kept.clearing_records import Clearing, ClearingStep, Wanted
from ocpilot.app.kept.comparison_records import Comparison
from ocpilot.app.kept.crawl_records import Crawl
from ocpilot.app.kept.peer_records import UNFINISHED, Delivery, DeliveryState, Leniency, Peer
from ocpilot.app.kept.records import CdrCheck, ObjectKey, Receipt, Record, StoredObject
from ocpilot.app.ocpi import hub_clients
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import InvalidObject, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.billing.check import Verdict, check_cdr
from ocpilot.metering.signed import SignedCharge
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

_MOST_WAITING = 1000
#: Deliveries that a page lists.
_SHOWN = 100


class CdrRow(Record, frozen=True):
    """A CDR of ours (`peer` None) or of a peer, with what we found, or the worst of its deliveries, and where it stands
    (None: nobody has looked at it yet)."""

    stored: StoredObject
    cdr: CDR
    peer: Peer | None
    check: CdrCheck | None
    delivery: Delivery | None
    clearing: Clearing | None = None


class CdrDetail(Record, frozen=True):
    """One CDR with its price traced, and per peer what became of it."""

    row: CdrRow
    verdict: Verdict
    zone: str
    deliveries: tuple[tuple[Peer, Delivery], ...]
    receipt: Receipt | None
    match: CdrMatch
    signed: SignedCharge | None = None
    steps: tuple[ClearingStep, ...] = ()


class PeerView(Record, frozen=True):
    """A peer and what is on its way to it. `unread` counts changes it has not got to, at most 1000; `waiting` objects
    that will be tried again, `dead` those a person must look at; `deliveries` are the newest of both. `not_allowed` is
    what a hub says is behind it and may not speak for."""

    peer: Peer
    unread: int
    waiting: int
    dead: int
    deliveries: tuple[Delivery, ...]
    leniencies: tuple[Leniency, ...]
    pulls: tuple[Crawl, ...]
    comparisons: tuple[Comparison, ...]
    not_allowed: tuple[str, ...] = ()

    @property
    def last_error(self) -> str | None:
        """The newest failure that is not yet mended."""
        return next((one.last_error for one in self.deliveries if one.last_error), None)


async def cdrs(platform: Platform, limit: int) -> tuple[CdrRow, ...]:
    """The newest CDRs, ours and peers', and where each stands; those that break the standard are left out."""
    return await _rows(platform, await platform.store.objects.newest(ModuleID.CDRS, limit))


async def cdrs_standing(platform: Platform, wanted: Wanted) -> tuple[CdrRow, ...]:
    """The CDRs that stand where it is asked, longest first."""
    found = [await platform.store.objects.held(one.key) for one in await platform.store.clearings.listed(wanted)]
    return await _rows(platform, [one for one in found if one is not None])


async def _rows(platform: Platform, found: Sequence[StoredObject]) -> tuple[CdrRow, ...]:
    peers = {peer.id: peer for peer in await platform.store.peers.all()}
    sent = await _sent(platform, tuple(peers.values()), found)
    rows = []
    for stored in found:
        try:
            cdr = value_of(CDR, stored)
        except InvalidObject:
            continue
        rows.append(
            CdrRow(
                stored=stored,
                cdr=cdr,
                peer=peers.get(stored.peer_id or 0),
                check=await platform.store.documents.check(stored.key) if stored.peer_id else None,
                delivery=sent.get(stored.key),
                clearing=await platform.store.clearings.get(stored.key),
            )
        )
    return tuple(rows)


async def _sent(platform: Platform, peers: Sequence[Peer], newest: Sequence[StoredObject]) -> dict[ObjectKey, Delivery]:
    """What became of these objects of ours: of several peers what waits or was given up, the newest of that."""
    ours = [stored.key for stored in newest if stored.peer_id is None]
    found = [one for peer in peers for one in await platform.store.deliveries.of(peer.id, ours)]
    return {one.key: one for one in sorted(found, key=lambda one: (one.state in UNFINISHED, one.updated_at))}


async def cdr_detail(platform: Platform, party: PartyId, cdr_id: str) -> CdrDetail:
    """One CDR; NotFound. Its price is the one we found when it came, or is found now for a CDR of ours."""
    found = await platform.store.objects.find(ModuleID.CDRS, cdr_id)
    stored = next((one for one in found if one.key.party == party), None)
    if stored is None:
        raise NotFound(f"no CDR {cdr_id} of {party}")
    cdr = value_of(CDR, stored)
    check = await platform.store.documents.check(stored.key) if stored.peer_id else None
    peers = await platform.store.peers.all()
    zone = await zone_of(platform, stored, cdr)
    sent = [(peer, await platform.store.deliveries.get(peer.id, stored.key)) for peer in peers]
    return CdrDetail(
        row=CdrRow(
            stored=stored,
            cdr=cdr,
            peer=next((peer for peer in peers if peer.id == stored.peer_id), None),
            check=check,
            delivery=None,
            clearing=await platform.store.clearings.get(stored.key),
        ),
        verdict=verdict_of(check) if check else check_cdr(cdr, None, zone),
        zone=zone.key,
        deliveries=tuple((peer, delivery) for peer, delivery in sent if delivery is not None),
        receipt=await platform.store.documents.receipt_of(stored.key),
        match=await match_of(platform, stored),
        signed=await platform.store.signed.verdict(stored.key),
        steps=await platform.store.clearings.steps(stored.key),
    )


async def peers(platform: Platform) -> tuple[PeerView, ...]:
    """Every peer with what is on its way to it."""
    counts = await platform.store.deliveries.counts()
    return tuple([await _state(platform, peer, counts) for peer in await platform.store.peers.all()])


async def peer(platform: Platform, peer_id: int) -> PeerView:
    """One peer; NotFound."""
    found = await known_peer(platform, peer_id)
    return await _state(platform, found, await platform.store.deliveries.counts())


async def known_peer(platform: Platform, peer_id: int) -> Peer:
    """The peer of this number; NotFound."""
    found = await platform.store.peers.get(peer_id)
    if found is None:
        raise NotFound(f"no peer {peer_id}")
    return found


async def _state(platform: Platform, found: Peer, counts: Mapping[tuple[int, DeliveryState], int]) -> PeerView:
    cursor = await platform.store.changes.cursor(found.id)
    unread = await platform.store.changes.after(cursor, _MOST_WAITING)
    return PeerView(
        peer=found,
        unread=len(unread),
        waiting=counts.get((found.id, DeliveryState.WAITING), 0),
        dead=counts.get((found.id, DeliveryState.DEAD), 0),
        deliveries=await platform.store.deliveries.all(found.id, limit=_SHOWN),
        leniencies=await platform.store.leniencies.of_peer(found.id),
        pulls=await platform.store.crawls.of_peer(found.id),
        comparisons=await platform.store.comparisons.of_peer(found.id),
        not_allowed=() if found.hub_party is None else await hub_clients.not_allowed(platform, found),
    )


async def dead_letter(platform: Platform, peer_id: int, key: ObjectKey) -> Delivery:
    """What a peer would not take; NotFound when it is no dead letter."""
    delivery = await platform.store.deliveries.get(peer_id, key)
    if delivery is not None and delivery.state is DeliveryState.DEAD:
        return delivery
    raise NotFound(f"no dead letter {key.id} for peer {peer_id}")
