"""What a version must be able to say for a station, and how it hears: the seam between behaviour and OCPP version."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from ocpilot.simulator.evse import RunningTransaction, SimulatedEvse
from ocpilot.simulator.make import IdToken
from ocpilot.simulator.meter import Sample

Payload = Mapping[str, object]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell the central system. `call` makes a call of the `ocpp` package when it is sent: an id may be
    known only then.

    `durable`: kept until acknowledged; otherwise dropped when the connection is lost.
    """

    call: Callable[[], object]
    durable: bool = True
    acknowledged: Callable[[Payload], None] = lambda _: None


class Reaction(msgspec.Struct, frozen=True):
    """The answer to a call of the central system, a call_result of the `ocpp` package; and what happens after."""

    answer: object
    then: Callable[[], object] = lambda: None


Reactions = Mapping[str, Callable[[Payload], Reaction]]
#: The station's own time, as it writes it.
Stamp = Callable[[datetime], str]


class Speech(Protocol):
    """Calls of one version, from what happens at a station. Each returns a call of the `ocpp` package."""

    def boot(self, reason: str) -> object:
        """`reason` is a word of 2.x."""

    def heartbeat(self) -> object:
        """The station lives."""

    def status(self, evse: SimulatedEvse, at: datetime) -> object:
        """The status of an EVSE."""

    def whole_status(self, at: datetime) -> object | None:
        """The status of the station; None where the version has none."""

    def status_word(self, status: str) -> str:
        """The version's own word for a status."""

    def authorize(self, token: IdToken) -> object:
        """May this token charge?"""

    def authorization(self, answer: Payload) -> str:
        """The status of a token in an answer to `authorize` or `started`; empty when it says nothing."""

    def started(self, running: RunningTransaction, offline: bool) -> Message:
        """A transaction has begun."""

    def metered(self, running: RunningTransaction, sample: Sample, offline: bool) -> Message:
        """What was measured in a transaction."""

    def state_changed(self, running: RunningTransaction, at: datetime, offline: bool) -> Message | None:
        """The car began or ended to charge; None where the status says it."""

    def ended(
        self, running: RunningTransaction, sample: Sample, reason: str, token: IdToken | None, offline: bool
    ) -> Message:
        """A transaction is over; `reason` is a word of 1.6."""

    def alone(self, evse_id: int, sample: Sample) -> object:
        """A meter value outside a transaction."""

    def firmware(self, status: str, request_id: int | None) -> object:
        """How far an update is."""

    def log(self, status: str, request_id: int | None) -> object:
        """How far an upload is; `status` is a word of 2.x."""

    def security(self, kind: str, at: datetime) -> object:
        """A security event."""
