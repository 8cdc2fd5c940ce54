"""What becomes of one object for one peer after a call: nothing more to say, tried again when, or left for a person.

And of the peer: after failures in a row nobody calls it for a while (`roaming/retry.py`).
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from ocpilot.app.heard import count
from ocpilot.app.peer_records import Delivery, DeliveryState, FindingKind, Peer
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey
from ocpilot.base.errors import OcpilotError, PeerNonsense, PeerRefused, PeerUnreachable
from ocpilot.roaming import retry
from ocpilot.roaming.retry import BackOff

log = logging.getLogger(__name__)

#: Refusals of one object after which only a person can help; failures of the network never count here.
REFUSALS = 6


class Outcomes:
    """Decides for one peer. `chance` gives random numbers in [0, 1) for the jitter."""

    def __init__(self, platform: Platform, chance: Callable[[], float]) -> None:
        self._platform = platform
        self._clock = platform.clock
        self._chance = chance
        self._circuit = retry.closed()
        self._quiet_until: datetime | None = None
        roaming = platform.settings.roaming
        self._back_off = BackOff(first=roaming.retry_first, longest=roaming.retry_longest)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody may be called for now."""
        now = self._clock()
        return not retry.allows(self._circuit, now) or (self._quiet_until is not None and now < self._quiet_until)

    @property
    def was_silent(self) -> bool:
        """Whether the peer has not answered for so long that one call must decide whether it is back."""
        return self._circuit.open_until is not None

    @property
    def failures(self) -> int:
        """Calls in a row that reached nobody."""
        return self._circuit.failures

    def answered(self) -> None:
        """The peer is there."""
        self._circuit = retry.closed()

    def quiet_until(self, moment: datetime) -> None:
        """Nobody is called before that."""
        self._quiet_until = moment if self._quiet_until is None else max(moment, self._quiet_until)

    def failed(self, peer: Peer, key: ObjectKey, before: Delivery | None, error: OcpilotError) -> Delivery:
        """What is to be kept about an object after this error."""
        log.warning("%s %s to %s: %s", key.module, key.id, peer.name, error)
        now = self._clock()
        after = error.retry_after if isinstance(error, PeerRefused) else None
        if after is not None:
            self._quiet_until = now + timedelta(seconds=min(after, retry.LONGEST_RETRY_AFTER))
        if not retry.worth_retry(error):
            self.answered()
            return self.refused(peer, key, before, str(error), unsure=isinstance(error, PeerNonsense))
        was_silent = self.was_silent
        self._circuit = retry.failed(self._circuit, now, self._back_off, self._chance())
        if self.was_silent and not was_silent:
            expected, found = "an answer", str(error)
            count(self._platform, peer, FindingKind.CIRCUIT, key.module, place="", expected=expected, found=found)
        unsure = may_have_arrived(error) or (before is not None and before.unsure)
        return self._waiting(peer, key, before, str(error), attempts=1, unsure=unsure, retry_after=after)

    def refused(
        self, peer: Peer, key: ObjectKey, before: Delivery | None, why: str, *, unsure: bool = False
    ) -> Delivery:
        """The peer, or our own code, cannot take this object as it is: tried again some times, then a dead letter."""
        refusals = (before.refusals if before else 0) + 1
        if refusals < REFUSALS:
            return self._waiting(peer, key, before, why, attempts=1, refusals=1, unsure=unsure)
        log.error("%s %s to %s is given up: %s", key.module, key.id, peer.name, why)
        return Delivery(
            peer_id=peer.id,
            key=key,
            state=DeliveryState.DEAD,
            attempts=(before.attempts if before else 0) + 1,
            refusals=refusals,
            unsure=unsure,
            last_error=why,
            updated_at=self._clock(),
        )

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
            next_at=now + timedelta(seconds=seconds),
            last_error=why,
            updated_at=now,
        )


def may_have_arrived(error: OcpilotError) -> bool:
    """Whether the request may have been processed though the answer does not say so."""
    return isinstance(error, PeerUnreachable | PeerNonsense) or (isinstance(error, PeerRefused) and error.http >= 500)
