"""The EVSEs of a simulated station: transactions begin, are measured and end, and every change is told."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import msgspec

from ocpilot.base import time
from ocpilot.simulator.clock import StationClock
from ocpilot.simulator.evse import RunningTransaction, SimulatedEvse
from ocpilot.simulator.faults import Fault
from ocpilot.simulator.ledger import Charge, Ledger
from ocpilot.simulator.make import IdToken, StationMake
from ocpilot.simulator.meter import Meter, Sample
from ocpilot.simulator.profiles import Profile
from ocpilot.simulator.signing import Signer
from ocpilot.simulator.speech import Message, Payload, Speech

ACCEPTED = "Accepted"
#: What a car does, in the words of 2.x, by the status of its EVSE.
_STATES = {"Charging": "Charging", "SuspendedEV": "SuspendedEV", "SuspendedEVSE": "SuspendedEVSE"}


class Sockets(msgspec.Struct, frozen=True):
    """How many EVSEs there are, and what each gives at most."""

    count: int
    power_kw: float
    dc: bool


class Outbox(msgspec.Struct, frozen=True):
    """`put` tells the central system something, sooner or later; `online` says whether it is told now."""

    put: Callable[[Message], None]
    online: Callable[[], bool]


class Charging:
    """`shared` profiles hold at every EVSE."""

    def __init__(
        self,
        speech: Speech,
        make: StationMake,
        clock: StationClock,
        sockets: Sockets,
        outbox: Outbox,
        *,
        ledger: Ledger,
        signer: Signer | None,
    ) -> None:
        self.clock = clock
        self.speech = speech
        self.make = make
        self.ledger = ledger
        self.shared: list[Profile] = []
        self.evses = {
            each: SimulatedEvse(each, sockets.power_kw, clock(), Meter(1000.0 * each), dc=sockets.dc)
            for each in range(1, sockets.count + 1)
        }
        self._outbox = outbox
        self._signer = signer
        self._held: dict[int, Message] = {}
        self._last: RunningTransaction | None = None

    def tell(self, call: object) -> None:
        """What need not survive a lost connection."""
        self._outbox.put(Message(call=lambda: call, durable=False))

    def report(self, evse: SimulatedEvse, status: str) -> None:
        """Its status is `status` now."""
        before, evse.status = evse.status, status
        if self.speech.status_word(before) != self.speech.status_word(status):
            self.tell(self.speech.status(evse, self.clock()))

    def report_idle(self, evse: SimulatedEvse) -> None:
        """Nobody charges here."""
        if evse.transaction is None and evse.authorized is None:
            self.report(evse, evse.idle_status())

    def flow(self, evse: SimulatedEvse) -> None:
        """Energy has flowed until now."""
        evse.flow(self.clock(), self.shared)

    def free(self, evse_id: int | None, token: str) -> SimulatedEvse | None:
        """An EVSE where a charge may start, rather the reserved one, rather one with a car."""
        chosen = [each for each in self.evses.values() if each.free_for(token) and evse_id in (None, each.id)]
        return min(chosen, key=lambda each: (each.reservation is None, each.car is None), default=None)

    def charging_with(self, token: str, evse_id: int | None) -> SimulatedEvse | None:
        """Where this token charges."""
        for each in self.evses.values():
            if each.transaction and each.transaction.token.value == token and evse_id in (None, each.id):
                return each
        return None

    def running(self) -> Iterator[tuple[SimulatedEvse, RunningTransaction]]:
        """Every EVSE with the transaction that runs there."""
        for each in self.evses.values():
            if each.transaction is not None:
                yield each, each.transaction

    def start_or_wait(self, evse: SimulatedEvse, token: IdToken, remote_start_id: int | None = None) -> None:
        """An authorized token: with a car the charge begins, else it waits for one a while."""
        evse.remote_start_id = remote_start_id
        if evse.car is not None:
            self.begin(evse, token, "Authorized" if remote_start_id is None else "RemoteStart")
            return
        evse.authorized = token
        evse.until = self.clock() + timedelta(seconds=self.make.connection_timeout)
        self.report(evse, "Preparing")

    def plugged_in(self, evse: SimulatedEvse) -> None:
        """A car has come."""
        if evse.authorized is None:
            self.report_idle(evse)
        else:
            self.begin(evse, evse.authorized, "CablePluggedIn")

    def begin(self, evse: SimulatedEvse, token: IdToken, trigger: str) -> None:
        """A transaction begins."""
        now = self.clock()
        self.flow(evse)
        evse.authorized = evse.until = None
        faults, evse.faults = evse.faults, frozenset()
        if Fault.ROLLOVER in faults:
            evse.meter.roll_over_after(700)
        running = RunningTransaction(
            token=token,
            began=now,
            next_sample=now + timedelta(seconds=self.make.meter_interval),
            begin=self._sample(evse, now, "Transaction.Begin", token),
            began_wh=evse.meter.counted_wh,
            key=self._last.key if self._last and Fault.ID_TWICE in faults else str(uuid.uuid4()),
            trigger=trigger,
            state="EVConnected",
            evse_id=evse.id,
            remote_start_id=evse.remote_start_id,
            reservation_id=evse.reservation.id if evse.reservation else None,
            faults=faults,
        )
        evse.reservation = evse.remote_start_id = None
        before, self._last = self._last, running
        evse.transaction = running
        self._tell_of(running, self._started(evse, running, before))
        self.report(evse, evse.charging_status(now, self.shared))
        self._state(evse, running)

    def end(self, evse: SimulatedEvse, reason: str, token: IdToken | None = None) -> None:
        """The transaction ends now; the car still stands there."""
        running, now = evse.transaction, self.clock()
        if running is None:
            return
        self.flow(evse)
        sample = self._sample(evse, now, "Transaction.End", running.token)
        evse.transaction = None
        evse.profiles = [each for each in evse.profiles if each.purpose != "TxProfile"]
        self._release(running)
        running.state = "EVConnected" if evse.car is not None and reason != "EVDisconnected" else "Idle"
        if Fault.NO_STOP not in running.faults:
            self._tell_of(running, self.speech.ended(running, sample, reason, token, not self._outbox.online()))
        self._book(evse, running, reason)
        evse.out_of_service = evse.out_of_service or evse.goes_out_of_service
        evse.goes_out_of_service = False
        self.report(evse, "Unavailable" if evse.out_of_service else "Finishing")

    def unplugged(self, evse: SimulatedEvse) -> None:
        """The car leaves; a charge that runs ends."""
        if evse.transaction is not None:
            self.end(evse, "EVDisconnected")
        evse.car = None
        self.report_idle(evse)

    def next_due(self) -> Iterator[datetime]:
        """When each transaction is measured next."""
        return (running.next_sample for _, running in self.running())

    def pass_time(self, now: datetime) -> None:
        """What happens by itself: energy flows, is measured, and waits run out."""
        for evse in self.evses.values():
            evse.flow(now, self.shared)
            if evse.transaction is not None:
                self._measure(evse, evse.transaction, now)
            elif evse.until is not None and evse.until <= now:
                evse.authorized = evse.until = None
                self.report(evse, evse.idle_status())
            if evse.reservation is not None and evse.reservation.until <= now:
                evse.reservation = None
                self.report_idle(evse)

    def measure_now(self, evse: SimulatedEvse) -> None:
        """A meter value that was asked for."""
        self.flow(evse)
        sample = self._sample(evse, self.clock(), "Trigger")
        if evse.transaction is None:
            self.tell(self.speech.alone(evse.id, sample))
        else:
            self._tell_of(evse.transaction, self.speech.metered(evse.transaction, sample, not self._outbox.online()))

    def _started(self, evse: SimulatedEvse, running: RunningTransaction, before: RunningTransaction | None) -> Message:
        message = self.speech.started(running, not self._outbox.online())

        def acknowledged(answer: Payload) -> None:
            message.acknowledged(answer)
            if Fault.ID_TWICE in running.faults and before is not None:
                running.number = before.number
            refused = self.speech.authorization(answer) not in (ACCEPTED, "")
            if refused and evse.transaction is running:
                self.end(evse, "DeAuthorized")

        return Message(call=message.call, acknowledged=acknowledged)

    def _measure(self, evse: SimulatedEvse, running: RunningTransaction, now: datetime) -> None:
        if running.next_sample <= now:
            running.next_sample = now + timedelta(seconds=self.make.meter_interval)
            if Fault.METER_REPLACED in running.faults and evse.meter.counted_wh > running.began_wh + 500:
                evse.meter.replace()
                running.faults -= {Fault.METER_REPLACED}
            if Fault.NO_METER_VALUES not in running.faults:
                sample = self._sample(evse, now, "Sample.Periodic")
                self._told_in_order(running, self.speech.metered(running, sample, not self._outbox.online()))
        self.report(evse, evse.charging_status(now, self.shared))
        self._state(evse, running)

    def _state(self, evse: SimulatedEvse, running: RunningTransaction) -> None:
        """Tell what the car does, where the version has an event for it."""
        state = _STATES.get(evse.status, running.state)
        if state != running.state:
            running.state = state
            message = self.speech.state_changed(running, self.clock(), not self._outbox.online())
            if message is not None:
                self._tell_of(running, message)

    def _sample(self, evse: SimulatedEvse, now: datetime, context: str, token: IdToken | None = None) -> Sample:
        """With a `token` signed for it, by a station that signs."""
        sample = evse.sample(now, context, self.shared)
        if self._signer is None or token is None:
            return sample
        return self._signer.signed(sample, evse.id, token.value)

    def _told_in_order(self, running: RunningTransaction, message: Message) -> None:
        if Fault.OUT_OF_ORDER not in running.faults:
            self._tell_of(running, message)
        elif running.evse_id in self._held:
            self._tell_of(running, message)
            self._release(running)
        else:
            self._held[running.evse_id] = message

    def _release(self, running: RunningTransaction) -> None:
        held = self._held.pop(running.evse_id, None)
        if held is not None:
            self._tell_of(running, held)

    def _tell_of(self, running: RunningTransaction, message: Message) -> None:
        self._outbox.put(message)
        if Fault.DUPLICATE in running.faults:
            self._outbox.put(message)

    def _book(self, evse: SimulatedEvse, running: RunningTransaction, reason: str) -> None:
        for fault in running.faults:
            self.ledger.fault(fault)
        self.ledger.ended(
            Charge(
                evse=evse.id,
                token=running.token.value,
                began=time.write(running.began),
                ended=time.write(self.clock()),
                energy_wh=evse.meter.counted_wh - running.began_wh,
                reason=reason,
                transaction=running.key,
                faults=tuple(sorted(running.faults)),
            )
        )
