"""What becomes of one object for one peer after a call: nothing more to say, tried again when, or left for a person.

And of the peer: after failures in a row nobody calls it for a while (`roaming/retry.py`).
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from ocpilot.app.kept.peer_records import Delivery, DeliveryState, FindingKind, Peer
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.app.ocpi.heard import count
from ocpilot.app.platform import Platform
from ocpilot.base.errors import OcpilotError, PeerNonsense, PeerRefused, PeerUnreachable
from ocpilot.roaming import retry
from ocpilot.roaming.retry import BackOff, Circuit

log = logging.getLogger(__name__)

#: Refusals of one object after which only a person can help; failures of the network never count here, nor what is no
#: answer of OCPI.
REFUSALS = 6


class Silence(Record, frozen=True, kw_only=True):
    """A peer that answers nothing: since when, how many calls were in vain, and why the last one was."""

    since: datetime
    calls: int
    error: str


class Outcomes:
    """Decides for one peer. `chance` gives random numbers in [0, 1) for the jitter."""

    def __init__(self, platform: Platform, chance: Callable[[], float]) -> None:
        self._platform = platform
        self._clock = platform.clock
        self._chance = chance
        self._circuit = retry.closed()
        self._quiet_until: datetime | None = None
        #: Objects that got no verdict since the last one that did; beyond those that open the circuit not kept.
        self._unjudged: set[ObjectKey] = set()
        #: Since when nothing was answered, how often, and what went wrong last.
        self._silence: Silence | None = None
        #: When the peer last judged anything that it was sent.
        self._heard_at: datetime | None = None
        roaming = platform.settings.roaming
        self._back_off = BackOff(first=roaming.retry_first, longest=roaming.retry_longest)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody may be called for now."""
        if self._circuit.open_until is None and self._quiet_until is None:
            return False
        now = self._clock()
        is_over = self._quiet_until is None or retry.is_over(self._quiet_until, now)
        return not (is_over and retry.allows(self._circuit, now))

    @property
    def was_silent(self) -> bool:
        """Whether the peer has not answered for so long that one call must decide whether it is back."""
        return self._circuit.open_until is not None

    @property
    def failures(self) -> int:
        """Calls in a row that reached nobody."""
        return self._circuit.failures

    @property
    def long_silence(self) -> Silence | None:
        """What people should hear of."""
        found = self._silence
        return found if found is not None and self._clock() - found.since >= retry.THERE else None

    def answered(self) -> None:
        """The peer is there."""
        self._silence = None
        self._circuit = retry.closed()
        self._unjudged.clear()
        self._heard_at = self._clock()

    def is_held(self, before: Delivery | None) -> bool:
        """Whether an object that changed waits for its time all the same, as the peer understands nothing for now."""
        if not self._unjudged or before is None or before.nonsense_since is None:
            return False
        return before.next_at is not None and not retry.is_over(before.next_at, self._clock())

    def quiet_until(self, moment: datetime) -> None:
        """Nobody is called before that."""
        self._quiet_until = moment if self._quiet_until is None else max(moment, self._quiet_until)

    def failed(self, peer: Peer, key: ObjectKey, before: Delivery | None, error: OcpilotError) -> Delivery:
        """What is to be kept about an object after this error."""
        log.warning("%s %s to %s: %s", key.module, key.id, peer.name, error)
        now = self._clock()
        if retry.worth_retry(error) or retry.is_no_verdict(error):
            calls = self._silence.calls + 1 if self._silence else 1
            since = self._silence.since if self._silence else now
            self._silence = Silence(since=since, calls=calls, error=error.in_full)
        after = error.retry_after if isinstance(error, PeerRefused) else None
        if after is not None:
            self._quiet_until = now + timedelta(seconds=min(after, retry.LONGEST_RETRY_AFTER))
        if retry.is_no_verdict(error):
            return self._no_verdict(peer, key, before, error)
        if not retry.worth_retry(error):
            self.answered()
            return self.refused(peer, key, before, error.in_full)
        self._now(retry.failed(self._circuit, now, self._back_off, self._chance()), peer, key, error)
        unsure = may_have_arrived(error) or (before is not None and before.unsure)
        return self._waiting(peer, key, before, error.in_full, attempts=1, unsure=unsure, retry_after=after)

    def refused(self, peer: Peer, key: ObjectKey, before: Delivery | None, why: str) -> Delivery:
        """The peer, or our own code, cannot take this object as it is: tried again some times, then a dead letter."""
        lost = self._waiting(peer, key, before, why, attempts=1, refusals=1, unsure=False)
        lost = replace(lost, nonsense_since=None)
        return lost if lost.refusals < REFUSALS else self._given_up(peer, lost)

    def _now(self, circuit: Circuit, peer: Peer, key: ObjectKey, error: OcpilotError) -> None:
        """The circuit from here on; when it opens that is counted."""
        was_silent, self._circuit = self.was_silent, circuit
        if self.was_silent and not was_silent:
            expected, found = "an answer", str(error)
            count(self._platform, peer, FindingKind.CIRCUIT, key.module, place="", expected=expected, found=found)

    def _no_verdict(self, peer: Peer, key: ObjectKey, before: Delivery | None, error: OcpilotError) -> Delivery:
        """The page of a maintenance, or the peer stumbles over this one object. So others go on until it is too many of
        them, and this one is tried again with growing pauses, for a day in which the peer judges others."""
        self._unjudged.add(key.folded)
        so_many = len(self._unjudged)
        circuit = retry.unjudged(self._circuit, so_many, self._clock(), self._back_off, self._chance())
        self._now(circuit, peer, key, error)
        unsure = may_have_arrived(error) or (before is not None and before.unsure)
        lost = self._waiting(peer, key, before, error.in_full, attempts=1, unsure=unsure)
        since = retry.unjudged_since(lost.nonsense_since, self._heard_at, lost.updated_at)
        lost = replace(lost, nonsense_since=since)
        return lost if retry.may_pass(since, lost.updated_at) else self._given_up(peer, lost)

    def _given_up(self, peer: Peer, lost: Delivery) -> Delivery:
        log.error("%s %s to %s is given up: %s", lost.key.module, lost.key.id, peer.name, lost.last_error)
        return replace(lost, state=DeliveryState.DEAD, next_at=None)

    def postponed(self, peer: Peer, key: ObjectKey, before: Delivery | None) -> Delivery:
        """Not tried, because the peer has just failed to answer others."""
        unsure = before is not None and before.unsure
        return self._waiting(peer, key, before, "the peer does not answer", unsure=unsure)

    def _waiting(
        self,
        peer: Peer,
        key: ObjectKey,
        before: Delivery | None,
        why: str,
        *,
        attempts: int = 0,
        refusals: int = 0,
        unsure: bool,
        retry_after: float | None = None,
    ) -> Delivery:
        """Tried again at its time; `attempts` and `refusals` are added to those before."""
        now = self._clock()
        attempts += before.attempts if before else 0
        seconds = retry.pause(max(1, attempts), self._back_off, self._chance(), retry_after)
        return Delivery(
            peer_id=peer.id,
            key=key,
            state=DeliveryState.WAITING,
            attempts=attempts,
            refusals=refusals + (before.refusals if before else 0),
            unsure=unsure,
            nonsense_since=before.nonsense_since if before else None,
            next_at=now + timedelta(seconds=seconds),
            last_error=why,
            updated_at=now,
        )


def may_have_arrived(error: OcpilotError) -> bool:
    """Whether the request may have been processed though the answer does not say so."""
    return isinstance(error, PeerUnreachable | PeerNonsense) or (isinstance(error, PeerRefused) and error.http >= 500)
