"""What goes on by itself: found by its state in the store, so that whatever a dead process left is done by the next.

Every step is idempotent; a row that fails, or a step as a whole, is logged, counted, tried again with growing pauses,
told to a person when it goes on so, and blocks no other.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from ocpilot.app.books import record_checks
from ocpilot.app.cards import terminal_payments
from ocpilot.app.cards.card_steps import CardSteps
from ocpilot.app.cdrs import cdr_match, cdrs, clearing
from ocpilot.app.charges.command_records import give_result
from ocpilot.app.customers import fees
from ocpilot.app.hub import hub_orders
from ocpilot.app.invoicing import invoice_records, invoicing, rating, receipts
from ocpilot.app.job_tries import JobTries, NotYet
from ocpilot.app.kept.charge_records import Command, Reservation, Transaction, TransactionState
from ocpilot.app.kept.clearing_records import Clearing
from ocpilot.app.kept.hub_records import HubOrder
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.kept.status_records import ScheduledEvse
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.status_history import Plans
from ocpilot.app.orders import bookings, reservations
from ocpilot.app.orders.orders import send_result
from ocpilot.app.platform import Platform
from ocpilot.app.stations.dead_nodes import DeadNodes
from ocpilot.app.transactions import lost_stops, transactions
from ocpilot.app.transactions.lost_stops import Lost
from ocpilot.app.work.tidying import Tidying
from ocpilot.wire.v230 import CDR, CommandResultType

log = logging.getLogger(__name__)

R = TypeVar("R")
Result = TypeVar("Result", Command, HubOrder)
Step = Callable[[], Awaitable[object]]

#: Seconds between two looks.
_LOOK = 0.5
_MOST = 200
#: The same of what may be about a thousand CDRs each.
_FEW = 10
#: What `Changes.lead` calls the jobs: no peer has this number.
_JOBS = 0
_SWEEP = timedelta(minutes=1)
#: How often a CDR without a Session is looked at again: that may come later.
_AGAIN = timedelta(hours=1)
#: How far back a start looks for expired reservations that a dead process left half done.
_LATELY = timedelta(days=2)
#: How long a result may be on its way before it counts as lost.
_FIRST_TRY = timedelta(seconds=5)


class Jobs:
    """The loop. `failures` counts what went wrong, by step."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._tries = JobTries(platform)
        self._stopped_seen: dict[int, datetime] = {}
        self._swept_at: datetime | None = None
        self._invoiced_at: datetime | None = None
        self._plans = Plans(platform)
        self._steps: Mapping[str, Step] = {
            "tidying": Tidying(platform).once,
            "dead processes": DeadNodes(platform).once,
            "cards": CardSteps(platform).once,
            "lost stop": self._lost_stops,
            "cdr": self._cdrs,
            "expire": self._expired,
            "planned status": self._planned,
            "reservation": self._reservations,
            "result": self._results,
            "hub result": self._hub_results,
            "check": self._unchecked,
            "match": self._unmatched,
            "clear": self._uncleared,
            "credit": self._credits,
            "receipt": self._receipts,
            "rate": lambda: rating.rate(platform),
            "invoice": self._invoice,
            "invoice record": self._untold,
            "record": self._unreconciled,
            "capture": self._captures,
            "booking": self._bookings,
        }

    @property
    def failures(self) -> Counter[str]:
        """How often each step failed."""
        return self._tries.failures

    async def run(self) -> None:
        """Run until cancelled; of several processes only one works, another takes over when it is gone."""
        recovered = False
        while True:
            try:
                if await self._platform.store.changes.lead(_JOBS):
                    if not recovered:
                        await self.recover()
                    recovered = True
                    await self.once()
            except Exception:
                # The database may be away for a moment; what fails while it is there is caught step by step.
                self.failures["store"] += 1
                log.exception("jobs: the store failed; they go on")
            await asyncio.sleep(_LOOK)

    async def recover(self) -> None:
        """After a start: write again the Sessions of open transactions and finish what expired reservations come to,
        which a dead process may not have."""
        running = await self._platform.store.transactions.in_state(TransactionState.OPEN)
        await self._each("recover", running, _number, lambda one: transactions.after_start(self._platform, one))
        expired = await self._platform.store.reservations.expired(self._platform.clock() - _LATELY)
        await self._each("recover", expired, _number, self._finish_expired)

    async def once(self) -> None:
        """Every step once; one that fails stops no other."""
        for step, work in self._steps.items():
            if self._tries.rests(step):
                continue
            try:
                await work()
            except Exception as error:
                if not await self._platform.store.changes.lead(_JOBS):
                    # The database is away: it is nobody's fault, and no other step can do anything.
                    raise
                await self._tries.failed(step, "", error)
            else:
                await self._tries.done(step)

    # ---- the steps -------------------------------------------------------------------------------------------------

    async def _lost_stops(self) -> None:
        """Looked for now and then only: there may be very many open transactions."""
        now = self._platform.clock()
        if self._swept_at is None or now - self._swept_at >= _SWEEP:
            self._swept_at = now
            lost = await lost_stops.lost(self._platform)
            await self._each("lost stop", lost, lambda one: str(one.transaction.id), self._end)

    async def _end(self, lost: Lost) -> None:
        await lost_stops.end(self._platform, lost)

    def _waited(self, stopped: Iterable[Transaction]) -> list[Transaction]:
        """Those stopped long enough for late meter values, by our clock: a station's may be of another year."""
        now = self._platform.clock()
        delay = timedelta(seconds=self._platform.settings.charging.cdr_delay)
        seen = {one.id: (one, self._stopped_seen.get(one.id, now)) for one in stopped}
        self._stopped_seen = {number: since for number, (_, since) in seen.items()}
        return [one for one, since in seen.values() if now - since >= delay]

    def _due(self, results: Iterable[Result]) -> list[Result]:
        """Those that whoever got the result has had time to send."""
        before = self._platform.clock() - _FIRST_TRY
        return [one for one in results if one.result_at is not None and one.result_at <= before]

    async def _cdrs(self) -> None:
        stopped = await self._platform.store.transactions.to_bill(self._platform.clock())
        await self._each("cdr", self._waited(stopped), _number, self._make_cdr)

    async def _make_cdr(self, transaction: Transaction) -> None:
        """The CDR; what else becomes of it follows from its clearing, or from the terminal it was paid at."""
        stored = await cdrs.make_for(self._platform, transaction)
        if stored is None:
            return
        if value_of(CDR, stored).invoice_reference_id is not None and clearing.is_issued(self._platform, stored):
            await terminal_payments.bill(self._platform, stored)
        await self._platform.store.transactions.set_state(transaction.id, TransactionState.BILLED)

    async def _expired(self) -> None:
        found = await self._platform.store.commands.expired(self._platform.clock())
        await self._each("expire", found, _command_id, self._expire)

    async def _expire(self, command: Command) -> None:
        await give_result(self._platform, command.id, CommandResultType.TIMEOUT, "no result within the time-out")

    async def _planned(self) -> None:
        await self._each("planned status", await self._plans.due(), _evse, self._plans.settle)

    async def _reservations(self) -> None:
        due = await self._platform.store.reservations.due(self._platform.clock())
        await self._each("reservation", due, _number, self._run_out)

    async def _run_out(self, reservation: Reservation) -> None:
        await reservations.run_out(self._platform, reservation)

    async def _finish_expired(self, reservation: Reservation) -> None:
        await reservations.finish_expired(self._platform, reservation)

    async def _results(self) -> None:
        found = await self._platform.store.commands.unsent_results()
        await self._each("result", self._due(found), _command_id, self._resend)

    async def _resend(self, command: Command) -> None:
        if not await send_result(self._platform, command):
            raise NotYet(f"the result of command {command.id} was not acknowledged")

    async def _hub_results(self) -> None:
        found = await hub_orders.waiting(self._platform)
        await self._each("hub result", self._due(found), _order_id, self._send_on)

    async def _send_on(self, order: HubOrder) -> None:
        if not await hub_orders.send_on(self._platform, order):
            raise NotYet(f"the result of {order.word} {order.id} was not acknowledged")

    async def _unchecked(self) -> None:
        found = await self._platform.store.documents.unchecked_cdrs(self._tries.beside("check", _MOST))
        await self._each("check", found, _object_id, self._check)

    async def _check(self, stored: StoredObject) -> None:
        await cdrs.check(self._platform, stored)

    async def _unmatched(self) -> None:
        most, before = self._tries.beside("match", _MOST), self._platform.clock() - _AGAIN
        found = await self._platform.store.matches.unmatched(most, before)
        await self._each("match", found, _object_id, self._match)

    async def _match(self, stored: StoredObject) -> None:
        await cdr_match.match(self._platform, stored)

    async def _uncleared(self) -> None:
        found = await self._platform.store.clearings.uncleared(self._tries.beside("clear", _MOST))
        await self._each("clear", found, _object_id, self._clear)

    async def _clear(self, stored: StoredObject) -> None:
        await clearing.clear(self._platform, stored)

    async def _credits(self) -> None:
        found = await self._platform.store.clearings.waiting_credits(self._tries.beside("credit", _MOST))
        await self._each("credit", found, lambda one: _key_id(one.key), self._settle_credit)

    async def _settle_credit(self, waiting: Clearing) -> None:
        await clearing.settle(self._platform, waiting)

    async def _receipts(self) -> None:
        found = await self._platform.store.documents.cdrs_without_receipt(self._tries.beside("receipt", _MOST))
        await self._each("receipt", found, _key_id, self._receipt)

    async def _receipt(self, key: ObjectKey) -> None:
        await receipts.settle(self._platform, key)

    async def _invoice(self) -> None:
        """Looked for now and then only: there may be very much that waits for the end of its month."""
        now = self._platform.clock()
        lately = self._invoiced_at is not None and now - self._invoiced_at < _SWEEP
        if lately or not self._platform.settings.billing.automatic:
            return
        await fees.charge(self._platform)
        written = await invoicing.run_some(self._platform)
        self._invoiced_at = now if not written else None

    async def _untold(self) -> None:
        found = await self._platform.store.record_checks.untold(self._tries.beside("invoice record", _FEW))
        await self._each("invoice record", found, str, lambda number: invoice_records.tell(self._platform, number))

    async def _unreconciled(self) -> None:
        most, before = self._tries.beside("record", _FEW), self._platform.clock() - _AGAIN
        found = await self._platform.store.record_checks.unreconciled(most, before)
        await self._each("record", found, _object_id, self._reconcile)

    async def _captures(self) -> None:
        heard = await terminal_payments.unheard(self._platform)
        await self._each("capture", heard, _receipt, lambda one: terminal_payments.compare(self._platform, one))

    async def _bookings(self) -> None:
        most = self._tries.beside("booking", _MOST)
        begun = await self._platform.store.bookings.begun(self._platform.clock(), most)
        await self._each("booking", begun, _object_id, lambda one: bookings.settle(self._platform, one))

    async def _reconcile(self, stored: StoredObject) -> None:
        await record_checks.reconcile(self._platform, stored)

    # ---- one row after the other -----------------------------------------------------------------------------------

    async def _each(
        self, step: str, rows: Iterable[R], name_of: Callable[[R], str], work: Callable[[R], Awaitable[None]]
    ) -> None:
        for row in rows:
            name = name_of(row)
            if self._tries.rests(step, name):
                continue
            try:
                await work(row)
            except NotYet as error:
                log.info("%s", error)
                self._tries.later(step, name)
            except Exception as error:
                await self._tries.failed(step, name, error)
            else:
                await self._tries.done(step, name)


def _number(one: Transaction | Reservation) -> str:
    return str(one.id)


def _evse(one: ScheduledEvse) -> str:
    return f"{_key_id(one.key)}/{one.key.sub}"


def _command_id(command: Command) -> str:
    return command.id


def _receipt(heard: terminal_payments.Heard) -> str:
    return heard[0].receipt


def _order_id(order: HubOrder) -> str:
    return order.id


def _object_id(stored: StoredObject) -> str:
    return _key_id(stored.key)


def _key_id(key: ObjectKey) -> str:
    return f"{key.party}/{key.id}"
