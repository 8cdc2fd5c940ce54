"""What operators see: what needs attention, stations, sessions and transactions. Read from the ports and assembled."""

from datetime import timedelta

from ocpilot.app.kept.charge_records import Station, Transaction, TransactionState
from ocpilot.app.kept.peer_records import Delivery, DeliveryState, Peer
from ocpilot.app.kept.records import CdrCheck, Record, StoredObject
from ocpilot.app.kept.sending_records import Sending
from ocpilot.app.kept.troubles import Trouble
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import InvalidObject, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.billing.matching import is_bill_of
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, Session

#: How many of the newest bills the overview looks through for those that disagree.
_NEWEST = 100
#: How many dead letters, and invoices that do not go out, it shows.
_LETTERS = 10
#: What fails still has failed in this time, the longest pause of a job included.
_STILL = timedelta(minutes=15)


class Overview(Record, frozen=True):
    """How things stand."""

    stations: tuple[Station, ...]
    open: tuple[Transaction, ...]
    stopped: tuple[Transaction, ...]
    held: tuple[Transaction, ...]
    dead: tuple[Delivery, ...]
    waiting: int
    disagreeing: tuple[CdrCheck, ...]
    clearing: int
    unsent: tuple[Sending, ...]
    peers: tuple[Peer, ...]
    troubles: tuple[Trouble, ...]

    @property
    def away(self) -> tuple[Station, ...]:
        """Stations without a connection."""
        return tuple(station for station in self.stations if not station.connected)


class SessionRow(Record, frozen=True):
    """A Session of ours or of a peer."""

    stored: StoredObject
    session: Session
    peer: Peer | None


async def overview(platform: Platform) -> Overview:
    """Everything the first page of the console counts."""
    store = platform.store
    counts = await store.deliveries.counts()
    return Overview(
        stations=await store.stations.all(),
        open=await store.transactions.in_state(TransactionState.OPEN),
        stopped=await store.transactions.in_state(TransactionState.STOPPED),
        held=await store.transactions.in_state(TransactionState.HELD),
        dead=await store.deliveries.all(None, {DeliveryState.DEAD}, _LETTERS),
        waiting=sum(many for (_, state), many in counts.items() if state is DeliveryState.WAITING),
        disagreeing=await _disagreeing(platform),
        clearing=await store.clearings.waiting(),
        unsent=await store.sendings.failing(_LETTERS),
        peers=await store.peers.all(),
        troubles=await store.troubles.lately(platform.clock() - _STILL, _LETTERS),
    )


async def _disagreeing(platform: Platform) -> tuple[CdrCheck, ...]:
    newest = await platform.store.objects.newest(ModuleID.CDRS, _NEWEST)
    received = [stored.key for stored in newest if stored.peer_id is not None]
    checks = [await platform.store.documents.check(key) for key in received]
    return tuple(check for check in checks if check is not None and not check.agrees)


async def sessions(platform: Platform, limit: int) -> tuple[SessionRow, ...]:
    """The newest Sessions, ours and peers'; those that break the standard are left out."""
    peers = {peer.id: peer for peer in await platform.store.peers.all()}
    rows = []
    for stored in await platform.store.objects.newest(ModuleID.SESSIONS, limit):
        try:
            session = value_of(Session, stored)
        except InvalidObject:
            continue
        rows.append(SessionRow(stored=stored, session=session, peer=peers.get(stored.peer_id or 0)))
    return tuple(rows)


async def session_row(platform: Platform, party: PartyId, session_id: str) -> SessionRow:
    """One Session; NotFound."""
    found = await platform.store.objects.find(ModuleID.SESSIONS, session_id)
    stored = next((one for one in found if one.key.party == party), None)
    if stored is None:
        raise NotFound(f"no session {session_id} of {party}")
    peer = await platform.store.peers.get(stored.peer_id) if stored.peer_id else None
    return SessionRow(stored=stored, session=value_of(Session, stored), peer=peer)


async def cdr_of_session(platform: Platform, session: Session) -> tuple[StoredObject, CDR] | None:
    """The bill of a Session, when it has come."""
    uids = [session.cdr_token.uid]
    for stored in await platform.store.objects.newest(ModuleID.CDRS, _NEWEST, uids):
        cdr = value_of(CDR, stored)
        if is_bill_of(cdr, session):
            return stored, cdr
    return None


async def transactions(platform: Platform) -> tuple[Transaction, ...]:
    """All that are not billed, those a person must look at first."""
    states = (TransactionState.HELD, TransactionState.STOPPED, TransactionState.OPEN)
    return tuple([one for state in states for one in await platform.store.transactions.in_state(state)])


async def transaction(platform: Platform, number: int) -> Transaction:
    """One OCPP transaction; NotFound."""
    found = await platform.store.transactions.get(number)
    if found is None:
        raise NotFound(f"no transaction {number}")
    return found
