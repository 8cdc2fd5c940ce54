"""What people see of clearing: how many CDRs stand where, and those that wait for somebody."""

from ocpilot.app.invoicing import bill_views
from ocpilot.app.invoicing.bill_views import CdrRow
from ocpilot.app.kept.charge_records import TransactionState
from ocpilot.app.kept.clearing_records import ClearingState, Wanted
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform

#: Where a CDR waits for somebody.
WAITS = (ClearingState.HELD, ClearingState.DISPUTED, ClearingState.NEW)


class Queue(Record, frozen=True):
    """`rows` are those asked for, longest first; `charges` of ours wait too, before their CDR is made."""

    counts: dict[ClearingState, int]
    rows: tuple[CdrRow, ...]
    peers: tuple[Peer, ...]
    charges: int


async def queue(
    platform: Platform, states: tuple[ClearingState, ...] = WAITS, peer_id: int | None = None, limit: int = 100
) -> Queue:
    """The CDRs in these states, of one peer or all."""
    peers = await platform.store.peers.all()
    peer = next((one for one in peers if one.id == peer_id), None)
    parties = peer.parties if peer else ()
    wanted = Wanted(states=states, peer_id=peer.id if peer else None, parties=parties, limit=limit)
    return Queue(
        await platform.store.clearings.counts(),
        await bill_views.cdrs_standing(platform, wanted),
        peers,
        len(await platform.store.transactions.in_state(TransactionState.HELD)),
    )
