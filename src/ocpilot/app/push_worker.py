"""The pushes to one peer: what is sent in which order, what is tried again when, and what is left for a person."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from ocpilot.app.peer_records import Change, ChangeCursor, Delivery, DeliveryPolicy, DeliveryState, Peer, PeerState
from ocpilot.app.platform import Platform
from ocpilot.app.push_calls import NOTED, SENT_ONCE, Delivered, PushCalls, key_of_location, offered
from ocpilot.app.records import ObjectKey
from ocpilot.app.visibility import may_see, not_told_of
from ocpilot.base.errors import NoMatchingEndpoints, OcpilotError, PeerRefused
from ocpilot.roaming import retry
from ocpilot.roaming.retry import BackOff
from ocpilot.wire.protocol import ModuleID

log = logging.getLogger(__name__)

#: Changes read at once: more of them coalesce into fewer calls.
BATCH = 1000
#: Refusals of one object after which only a person can help; failures of the network never count here.
REFUSALS = 6
#: Seconds between looks at the retry set when nothing changes.
_LOOK = 0.5


def wants_push(peer: Peer) -> bool:
    """Whether anything is pushed to this peer at all."""
    registered = peer.state is PeerState.REGISTERED and peer.version is not None
    return registered and peer.profile.policy is not DeliveryPolicy.NONE


class PushWorker:
    """Pushes to one peer. `chance` gives random numbers in [0, 1) for the jitter."""

    def __init__(self, platform: Platform, peer_id: int, chance: Callable[[], float]) -> None:
        self._platform = platform
        self._peer_id = peer_id
        self._chance = chance
        self._calls = PushCalls(platform)
        self._circuit = retry.closed()
        self._quiet_until: datetime | None = None
        self._refusals: Counter[ObjectKey] = Counter()
        #: Objects with a row in the retry set or among the dead letters.
        self._unfinished: set[ObjectKey] = set()
        roaming = platform.settings.roaming
        self._back_off = BackOff(first=roaming.retry_first, longest=roaming.retry_longest)

    async def run(self) -> None:
        """Run until cancelled, or until the peer wants no pushes any more."""
        store = self._platform.store
        await self.load()
        while True:
            peer = await store.peers.get(self._peer_id)
            if peer is None or not wants_push(peer):
                return
            if self._is_quiet():
                await asyncio.sleep(_LOOK)
            elif not await self.round(peer):
                await store.changes.wait(_LOOK)

    async def load(self) -> None:
        """Learn what an earlier process left unfinished."""
        left = await self._platform.store.deliveries.all(self._peer_id)
        self._unfinished = {delivery.key.folded for delivery in left}

    async def round(self, peer: Peer) -> bool:
        """Send once what changed and what is due; False when there was nothing, or nobody may be called for now."""
        if self._is_quiet():
            return False
        store = self._platform.store
        due = await store.deliveries.due(peer.id, self._platform.clock(), BATCH)
        cursor = await store.changes.cursor(peer.id)
        changes = await store.changes.after(cursor, BATCH)
        if not due and not changes:
            return False
        if peer.profile.policy is DeliveryPolicy.FIFO:
            await self._in_order(peer, due, changes, cursor)
        else:
            await self._newest(peer, due, changes, cursor)
        return True

    def _is_for(self, peer: Peer, change: Change) -> bool:
        return _is_for(peer, change, hub=self._platform.settings.hub is not None)

    def _is_quiet(self) -> bool:
        now = self._platform.clock()
        return not retry.allows(self._circuit, now) or (self._quiet_until is not None and now < self._quiet_until)

    # ---- the two policies ------------------------------------------------------------------------------------------

    async def _newest(
        self, peer: Peer, due: Sequence[Delivery], changes: Sequence[Change], cursor: ChangeCursor
    ) -> None:
        """Each object once, as many at a time as the peer takes. After a silence one call decides for all."""
        keys = _coalesced(
            [*(delivery.key for delivery in due), *(one.key for one in changes if self._is_for(peer, one))]
        )
        failed: list[Delivery | None] = []
        if self._circuit.open_until is not None and keys:
            failed.append(await self._send(peer, keys[0]))
            if self._is_quiet():
                await self._save(failed)
                return
            keys = keys[1:]
        window = asyncio.Semaphore(max(1, peer.profile.window))

        async def one(key: ObjectKey) -> Delivery | None:
            async with window:
                return await (self._postponed(peer, key) if self._is_quiet() else self._send(peer, key))

        # Who has joined a hub is told before what he sends.
        for some in _in_turn(keys):
            failed += await asyncio.gather(*map(one, some))
        end = changes[-1].at if changes else cursor
        await self._platform.store.changes.advance(peer.id, end, self._noted(failed))

    async def _in_order(
        self, peer: Peer, due: Sequence[Delivery], changes: Sequence[Change], cursor: ChangeCursor
    ) -> None:
        """One after the other. What the network loses stops the line there; a refused one waits beside it."""
        line: list[tuple[ChangeCursor, ObjectKey | None]] = [(cursor, delivery.key) for delivery in due]
        line += [(one.at, one.key if self._is_for(peer, one) else None) for one in changes]
        done, failed = cursor, list[Delivery | None]()
        for at, key in line:
            failures = self._circuit.failures
            lost = await self._send(peer, key) if key is not None else None
            if lost is not None and self._circuit.failures > failures:
                self._quiet_until = max(lost.next_at or self._platform.clock(), self._quiet_until or lost.updated_at)
                break
            failed.append(lost)
            done = at
        await self._platform.store.changes.advance(peer.id, done, self._noted(failed))

    # ---- one object ------------------------------------------------------------------------------------------------

    async def _send(self, peer: Peer, key: ObjectKey) -> Delivery | None:
        """Deliver one object; None when that is done, else what is to be kept about it."""
        before = await self._before(peer, key)
        known = before is not None and before.state is DeliveryState.ACKNOWLEDGED
        if known and key.module in SENT_ONCE:
            return None
        try:
            delivered = await self._calls.deliver(peer, key, known=known)
        except NoMatchingEndpoints:
            delivered = None
        except OcpilotError as error:
            return self._failed(peer, key, before, error)
        except Exception as error:
            # A broken object of ours must not stop the others; it ends where a person sees it.
            log.exception("%s %s cannot be sent to %s", key.module, key.id, peer.name)
            return self._refused(peer, key, before, repr(error))
        if delivered is not None:
            self._circuit = retry.closed()
        await self._done(peer, key, delivered)
        return None

    async def _before(self, peer: Peer, key: ObjectKey) -> Delivery | None:
        if key.module not in NOTED and key.folded not in self._unfinished:
            return None
        return await self._platform.store.deliveries.get(peer.id, key)

    async def _done(self, peer: Peer, key: ObjectKey, delivered: Delivered | None) -> None:
        """What the peer keeps for good stays noted as acknowledged; of other objects nothing is left to say."""
        deliveries = self._platform.store.deliveries
        self._refusals.pop(key.folded, None)
        if delivered is not None and key.module in NOTED:
            await deliveries.save(
                Delivery(
                    peer_id=peer.id,
                    key=key,
                    state=DeliveryState.ACKNOWLEDGED,
                    remote_url=delivered.url,
                    updated_at=self._platform.clock(),
                )
            )
        elif key.folded in self._unfinished:
            await deliveries.remove(peer.id, key)
        self._unfinished.discard(key.folded)

    def _failed(self, peer: Peer, key: ObjectKey, before: Delivery | None, error: OcpilotError) -> Delivery:
        log.warning("%s %s to %s: %s", key.module, key.id, peer.name, error)
        now = self._platform.clock()
        after = error.retry_after if isinstance(error, PeerRefused) else None
        if after is not None:
            self._quiet_until = now + timedelta(seconds=min(after, retry.LONGEST_RETRY_AFTER))
        if not retry.worth_retry(error):
            self._circuit = retry.closed()
            return self._refused(peer, key, before, str(error))
        self._circuit = retry.failed(self._circuit, now, self._back_off, self._chance())
        attempts = (before.attempts if before else 0) + 1
        return self._waiting(peer, key, attempts, str(error), after)

    def _refused(self, peer: Peer, key: ObjectKey, before: Delivery | None, why: str) -> Delivery:
        """The peer, or our own code, cannot take this object as it is: tried again some times, then a dead letter."""
        self._refusals[key.folded] += 1
        attempts = (before.attempts if before else 0) + 1
        if self._refusals[key.folded] < REFUSALS:
            return self._waiting(peer, key, attempts, why)
        log.error("%s %s to %s is given up: %s", key.module, key.id, peer.name, why)
        now, dead = self._platform.clock(), DeliveryState.DEAD
        return Delivery(peer_id=peer.id, key=key, state=dead, attempts=attempts, last_error=why, updated_at=now)

    async def _postponed(self, peer: Peer, key: ObjectKey) -> Delivery:
        """Not tried, because the peer has just failed to answer others."""
        before = await self._before(peer, key)
        return self._waiting(peer, key, before.attempts if before else 0, "the peer does not answer")

    def _waiting(
        self, peer: Peer, key: ObjectKey, attempts: int, why: str, retry_after: float | None = None
    ) -> Delivery:
        now = self._platform.clock()
        seconds = retry.pause(max(1, attempts), self._back_off, self._chance(), retry_after)
        return Delivery(
            peer_id=peer.id,
            key=key,
            state=DeliveryState.WAITING,
            attempts=attempts,
            next_at=now + timedelta(seconds=seconds),
            last_error=why,
            updated_at=now,
        )

    def _noted(self, failed: Iterable[Delivery | None]) -> list[Delivery]:
        kept = [delivery for delivery in failed if delivery is not None]
        self._unfinished |= {delivery.key.folded for delivery in kept}
        return kept

    async def _save(self, failed: Iterable[Delivery | None]) -> None:
        for delivery in self._noted(failed):
            await self._platform.store.deliveries.save(delivery)


def _is_for(peer: Peer, change: Change, *, hub: bool) -> bool:
    """Whether a change is told to this peer: of ours, by a hub also of what other members sent."""
    told = change.peer_id is None or (hub and change.peer_id != peer.id)
    module = change.key.module
    told = told and change.key.party.key not in not_told_of(peer, module)
    return told and offered(peer, module) and may_see(peer, module, change.audience)


def _coalesced(keys: Iterable[ObjectKey]) -> list[ObjectKey]:
    """Each object once, in order of first mention; an EVSE is part of its Location when that is sent too."""
    once = {key.folded: key for key in keys}
    whole = {key for key in once if key.module is ModuleID.LOCATIONS and not key.sub}
    return [
        key
        for folded, key in once.items()
        if folded in whole or folded.module is not ModuleID.LOCATIONS or key_of_location(folded) not in whole
    ]


def _in_turn(keys: Sequence[ObjectKey]) -> tuple[list[ObjectKey], list[ObjectKey]]:
    first = [key for key in keys if key.module is ModuleID.HUB_CLIENT_INFO]
    return first, [key for key in keys if key.module is not ModuleID.HUB_CLIENT_INFO]
