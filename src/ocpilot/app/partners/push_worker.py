"""The pushes to one peer: what is sent in which order.

What it holds in memory does not grow with what waits: the change log and the retry set are read in batches, and what
became of the objects of a batch is looked up with it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence, Set

from ocpilot.app.kept.peer_records import Change, ChangeCursor, Delivery, DeliveryPolicy, DeliveryState, Peer, PeerState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.access_point import passes_on
from ocpilot.app.ocpi.visibility import may_see, not_told_of
from ocpilot.app.partners.push_calls import NOTED, SENT_ONCE, Delivered, PushCalls, key_of_location, offered
from ocpilot.app.partners.push_line import Line
from ocpilot.app.partners.push_outcomes import Outcomes
from ocpilot.app.partners.push_states import ReadEvses
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NoMatchingEndpoints, OcpilotError, PeerRefused
from ocpilot.roaming.retry import is_no_verdict, worth_retry
from ocpilot.wire.protocol import ModuleID

log = logging.getLogger(__name__)

#: Changes read at once: more of them coalesce into fewer calls. After a silence there are many of the same objects.
BATCH = 10_000
#: The same where each is sent: what a crash makes us send again.
FIFO_BATCH = 500
#: What the trouble of a peer that answers nothing is called.
_STEP = "push"
#: Seconds between looks at the retry set when nothing changes.
_LOOK = 0.5


def wants_push(peer: Peer) -> bool:
    """Whether anything is pushed to this peer at all."""
    registered = peer.state is PeerState.REGISTERED and peer.version is not None
    return registered and peer.profile.policy is not DeliveryPolicy.NONE


class PushWorker:
    """Pushes to one peer. `chance` gives random numbers in [0, 1) for the jitter; `evses` are shared with the workers
    of other peers."""

    def __init__(
        self, platform: Platform, peer_id: int, chance: Callable[[], float], evses: ReadEvses | None = None
    ) -> None:
        self._platform = platform
        self._peer_id = peer_id
        self._calls = PushCalls(platform, evses or ReadEvses(platform))
        self._outcomes = Outcomes(platform, chance)
        #: What became before of the objects of this round.
        self._before: dict[ObjectKey, Delivery] = {}
        #: Whether people were told that the peer answers nothing; None: maybe, by an earlier process.
        self._told: bool | None = None
        #: Whether an earlier process may have sent what this one sends in its first round.
        self._resumed: bool | None = None

    async def run(self) -> None:
        """Run until cancelled, or until the peer wants no pushes any more."""
        store = self._platform.store
        while True:
            peer = await store.peers.get(self._peer_id)
            if peer is None or not wants_push(peer):
                return
            if self._outcomes.is_quiet:
                await asyncio.sleep(_LOOK)
            elif not await self.round(peer):
                await store.changes.wait(_LOOK)

    async def round(self, peer: Peer) -> bool:
        """Send once what changed and what is due; False when there was nothing, or nobody may be called for now."""
        if self._outcomes.is_quiet:
            return False
        store = self._platform.store
        fifo = peer.profile.policy is DeliveryPolicy.FIFO
        limit = FIFO_BATCH if fifo else BATCH
        # After a silence one call decides: nothing else is read for it.
        probing = self._outcomes.was_silent
        due = await store.deliveries.due(peer.id, self._platform.clock(), 1 if probing else limit)
        cursor = await store.changes.cursor(peer.id)
        changes = () if probing and due else await store.changes.after(cursor, limit)
        if not due and not changes:
            return False
        if self._resumed is None:
            self._resumed = cursor != ChangeCursor()
        if fifo:
            await self._in_order(peer, due, changes, cursor)
        else:
            await self._newest(peer, due, changes, cursor)
        self._resumed = False
        await self._tell(peer)
        return True

    async def _tell(self, peer: Peer) -> None:
        """People hear of a peer that answers nothing for long, until it does."""
        silence, troubles = self._outcomes.long_silence, self._platform.store.troubles
        if silence is not None:
            self._told = True
            await troubles.note(_STEP, peer.name, silence.error[:500], silence.calls, self._platform.clock())

    def _told_to(self, peer: Peer) -> Callable[[Change], bool]:
        return _told_to(peer, {module for module in ModuleID if passes_on(self._platform.settings, module)})

    # ---- the two policies ------------------------------------------------------------------------------------------

    async def _newest(
        self, peer: Peer, due: Sequence[Delivery], changes: Sequence[Change], cursor: ChangeCursor
    ) -> None:
        """Each object once, as many at a time as the peer takes. After a silence one call decides for all."""
        named, end = await self._read_on(peer, due, changes, cursor)
        self._calls.log_was_read()
        keys = _coalesced(named)
        await self._look_up(peer, keys)
        failed: list[Delivery] = []
        if self._outcomes.was_silent and keys:
            if (lost := await self._send(peer, keys[0])) is not None:
                failed.append(lost)
            if self._outcomes.is_quiet:
                await self._platform.store.changes.advance(peer.id, cursor, failed)
                return
            keys = keys[1:]
        # Who has joined a hub is told before what he sends.
        for some in _in_turn(keys):
            failed += await self._all_of(peer, some)
        await self._platform.store.changes.advance(peer.id, end, failed)

    async def _all_of(self, peer: Peer, keys: Sequence[ObjectKey]) -> list[Delivery]:
        """As many at a time as the peer takes; what is to be kept about those that were not delivered."""
        line, failed = Line(keys, self._calls.read_ahead), list[Delivery]()

        async def some() -> None:
            while (key := await line.following()) is not None:
                quiet = self._outcomes.is_quiet
                lost = self._outcomes.postponed(peer, key, self._known(key)) if quiet else await self._send(peer, key)
                if lost is not None:
                    failed.append(lost)

        await asyncio.gather(*(some() for _ in range(min(peer.profile.window, len(keys)))))
        self._calls.forget_ahead()
        return failed

    async def _read_on(
        self, peer: Peer, due: Sequence[Delivery], changes: Sequence[Change], cursor: ChangeCursor
    ) -> tuple[list[ObjectKey], ChangeCursor]:
        """The objects of these changes and, where there are many, of those that follow: what changed a hundred times
        while the peer was away is sent once. Ends with the log, or when so many objects are named that it is enough."""
        named = {one.key.folded: one.key for one in due}
        end, is_for = cursor, self._told_to(peer)
        while changes:
            end = changes[-1].at
            named |= {one.key.folded: one.key for one in changes if is_for(one)}
            is_last = len(changes) < BATCH or len(named) > 2 * BATCH
            changes = () if is_last else await self._platform.store.changes.after(end, BATCH)
        return list(named.values()), end

    async def _in_order(
        self, peer: Peer, due: Sequence[Delivery], changes: Sequence[Change], cursor: ChangeCursor
    ) -> None:
        """One after the other. What the network loses stops the line there; a refused one waits beside it."""
        first = {delivery.key.folded for delivery in due}
        line: list[tuple[ChangeCursor, ObjectKey | None]] = [(cursor, delivery.key) for delivery in due]
        is_for = self._told_to(peer)
        for one in changes:
            is_new = is_for(one) and one.key.folded not in first
            line.append((one.at, one.key if is_new else None))
        await self._look_up(peer, [key for _, key in line if key is not None])
        done, failed = cursor, list[Delivery]()
        for at, key in line:
            failures = self._outcomes.failures
            lost = await self._send(peer, key) if key is not None else None
            if lost is not None:
                failed.append(lost)
                self._before[lost.key.folded] = lost
                if self._outcomes.failures > failures:
                    self._outcomes.quiet_until(lost.next_at or self._platform.clock())
                    break
            done = at
        await self._platform.store.changes.advance(peer.id, done, failed)

    # ---- one object ------------------------------------------------------------------------------------------------

    async def _look_up(self, peer: Peer, keys: Sequence[ObjectKey]) -> None:
        self._before = {one.key.folded: one for one in await self._platform.store.deliveries.of(peer.id, keys)}

    def _known(self, key: ObjectKey) -> Delivery | None:
        return self._before.get(key.folded) if self._before else None

    async def _send(self, peer: Peer, key: ObjectKey) -> Delivery | None:
        """Deliver one object; None when that is done, else what is to be kept about it."""
        before = self._known(key)
        if self._outcomes.is_held(before):
            return before
        known = before is not None and before.state is DeliveryState.ACKNOWLEDGED
        if known and key.module in SENT_ONCE:
            return None
        unsure = before.unsure if before is not None else bool(self._resumed)
        try:
            delivered = await self._calls.deliver(peer, key, known=known, unsure=unsure)
        except NoMatchingEndpoints:
            delivered = None
        except OcpilotError as error:
            if isinstance(error, PeerRefused) and not worth_retry(error) and not is_no_verdict(error):
                await self._there(peer)
            lost = self._outcomes.failed(peer, key, before, error)
            return None if self._calls.is_let_go(peer, key) else lost
        except Exception as error:
            # A broken object of ours must not stop the others; it ends where a person sees it.
            log.exception("%s %s cannot be sent to %s", key.module, key.id, peer.name)
            return self._outcomes.refused(peer, key, before, repr(error))
        if delivered is not None:
            await self._there(peer)
        await self._done(peer, key, delivered)
        return None

    async def _there(self, peer: Peer) -> None:
        """The peer answered; after a silence what it could not tell us meanwhile is to be fetched."""
        if self._outcomes.was_silent:
            await self._platform.store.peers.returned(peer.id, self._platform.clock())
        self._outcomes.answered()
        if self._told is not False:
            self._told = False
            await self._platform.store.troubles.over(_STEP, peer.name)

    async def _done(self, peer: Peer, key: ObjectKey, delivered: Delivered | None) -> None:
        """What the peer keeps for good stays noted as acknowledged; of other objects nothing is left to say."""
        deliveries = self._platform.store.deliveries
        if delivered is not None and key.module in NOTED:
            done = Delivery(
                peer_id=peer.id,
                key=key,
                state=DeliveryState.ACKNOWLEDGED,
                remote_url=delivered.url,
                updated_at=self._platform.clock(),
            )
            self._before[key.folded] = done
            await deliveries.save(done)
        elif self._before and self._before.pop(key.folded, None) is not None:
            await deliveries.remove(peer.id, key)


def _told_to(peer: Peer, passed_on: Set[ModuleID]) -> Callable[[Change], bool]:
    """Whether a change is told to this peer: of ours, and of what others sent in the modules that we pass on."""
    taken = {module for module in ModuleID if offered(peer, module)}

    def is_for(change: Change) -> bool:
        module = change.key.module
        told = change.peer_id is None or (module in passed_on and change.peer_id != peer.id)
        told = told and module in taken and change.key.party.key not in not_told_of(peer, module)
        return told and may_see(peer, module, change.audience)

    return is_for


def _coalesced(keys: Iterable[ObjectKey]) -> list[ObjectKey]:
    """Each object once, in order of first mention; an EVSE is part of its Location when that is sent too."""
    once = {key.folded: key for key in keys}
    whole = {key for key in once if key.module is ModuleID.LOCATIONS and not key.sub}
    return [
        key
        for folded, key in once.items()
        if folded in whole or folded.module is not ModuleID.LOCATIONS or key_of_location(folded) not in whole
    ]


def _in_turn(keys: Sequence[ObjectKey]) -> tuple[Sequence[ObjectKey], Sequence[ObjectKey]]:
    first = [key for key in keys if key.module is ModuleID.HUB_CLIENT_INFO]
    return (first, [key for key in keys if key.module is not ModuleID.HUB_CLIENT_INFO]) if first else ((), keys)
