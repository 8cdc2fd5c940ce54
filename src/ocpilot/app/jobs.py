"""What goes on by itself: found by its state in the store, so that whatever a dead process left is done by the next.

Every step is idempotent; a row that fails is logged, counted, tried again with growing pauses, and blocks no other.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from ocpilot.app import (
    bookings,
    cdr_match,
    cdrs,
    clearing,
    fees,
    hub_orders,
    invoice_records,
    invoicing,
    lost_stops,
    rating,
    receipts,
    record_checks,
    reservations,
    terminal_payments,
    transactions,
)
from ocpilot.app.bodies import value_of
from ocpilot.app.card_steps import CardSteps
from ocpilot.app.charge_records import Command, Reservation, Transaction, TransactionState
from ocpilot.app.clearing_records import Clearing
from ocpilot.app.command_records import give_result
from ocpilot.app.dead_nodes import DeadNodes
from ocpilot.app.hub_records import HubOrder
from ocpilot.app.lost_stops import Lost
from ocpilot.app.orders import send_result
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey, StoredObject
from ocpilot.app.status_history import Plans
from ocpilot.app.status_records import ScheduledEvse
from ocpilot.app.tidying import Tidying
from ocpilot.roaming.retry import BackOff, pause
from ocpilot.wire.v230 import CDR, CommandResultType

log = logging.getLogger(__name__)

R = TypeVar("R")
Result = TypeVar("Result", Command, HubOrder)

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
        self.failures: Counter[str] = Counter()
        self._pauses: dict[tuple[str, str], tuple[int, datetime]] = {}
        self._stopped_seen: dict[int, datetime] = {}
        self._swept_at: datetime | None = None
        self._invoiced_at: datetime | None = None
        self._tidying = Tidying(platform)
        self._dead_nodes = DeadNodes(platform)
        self._plans = Plans(platform)
        self._cards = CardSteps(platform)
        roaming = platform.settings.roaming
        self._back_off = BackOff(first=roaming.retry_first, longest=roaming.retry_longest)

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
                # The database may be away for a moment; the rows that fail are caught one by one.
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
        """Every step once."""
        store = self._platform.store
        await self._tidying.once()
        await self._dead_nodes.once()
        await self._cards.once()
        await self._each("lost stop", await self._lost_stops(), lambda one: str(one.transaction.id), self._end)
        stopped = await store.transactions.in_state(TransactionState.STOPPED)
        await self._each("cdr", self._waited(stopped), _number, self._make_cdr)
        await self._each("expire", await store.commands.expired(self._platform.clock()), _command_id, self._expire)
        await self._each("planned status", await self._plans.due(), _evse, self._plans.settle)
        due = await store.reservations.due(self._platform.clock())
        await self._each("reservation", due, _number, self._run_out)
        await self._each("result", self._due(await store.commands.unsent_results()), _command_id, self._resend)
        await self._each("hub result", self._due(await hub_orders.waiting(self._platform)), _order_id, self._send_on)
        await self._each("check", await store.documents.unchecked_cdrs(_MOST), _object_id, self._check)
        unmatched = await store.matches.unmatched(_MOST, self._platform.clock() - _AGAIN)
        await self._each("match", unmatched, _object_id, self._match)
        await self._each("clear", await store.clearings.uncleared(_MOST), _object_id, self._clear)
        credits = await store.clearings.waiting_credits(_MOST)
        await self._each("credit", credits, lambda one: _key_id(one.key), self._settle_credit)
        await self._each("receipt", await store.documents.cdrs_without_receipt(_MOST), _key_id, self._receipt)
        await self._whole("rate", lambda: rating.rate(self._platform))
        if self._platform.settings.billing.automatic:
            await self._whole("invoice", self._invoice)
        untold = await store.record_checks.untold(_FEW)
        await self._each("invoice record", untold, str, lambda number: invoice_records.tell(self._platform, number))
        received = await store.record_checks.unreconciled(_FEW, self._platform.clock() - _AGAIN)
        await self._each("record", received, _object_id, self._reconcile)
        heard = await terminal_payments.unheard(self._platform)
        await self._each("capture", heard, _receipt, lambda one: terminal_payments.compare(self._platform, one))
        begun = await store.bookings.begun(self._platform.clock(), _MOST)
        await self._each("booking", begun, _object_id, lambda one: bookings.settle(self._platform, one))

    # ---- the steps -------------------------------------------------------------------------------------------------

    async def _lost_stops(self) -> list[Lost]:
        """Looked for now and then only: there may be very many open transactions."""
        now = self._platform.clock()
        if self._swept_at is not None and now - self._swept_at < _SWEEP:
            return []
        self._swept_at = now
        return await lost_stops.lost(self._platform)

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

    async def _make_cdr(self, transaction: Transaction) -> None:
        """The CDR; what else becomes of it follows from its clearing, or from the terminal it was paid at."""
        stored = await cdrs.make_for(self._platform, transaction)
        if stored is None:
            return
        if value_of(CDR, stored).invoice_reference_id is not None and clearing.is_issued(self._platform, stored):
            await self._bill_terminal(stored)
        await self._platform.store.transactions.set_state(transaction.id, TransactionState.BILLED)

    async def _bill_terminal(self, stored: StoredObject) -> None:
        """A charge paid at a terminal of a provider for whom we write the receipt; his capture is waited for."""
        found = await cdrs.check(self._platform, stored)
        if found.agrees:
            receipt = await receipts.issue(self._platform, stored.key)
            await terminal_payments.expect(self._platform, stored, receipt)

    async def _expire(self, command: Command) -> None:
        await give_result(self._platform, command.id, CommandResultType.TIMEOUT, "no result within the time-out")

    async def _run_out(self, reservation: Reservation) -> None:
        await reservations.run_out(self._platform, reservation)

    async def _finish_expired(self, reservation: Reservation) -> None:
        await reservations.finish_expired(self._platform, reservation)

    async def _resend(self, command: Command) -> None:
        if not await send_result(self._platform, command):
            raise NotYet(f"the result of command {command.id} was not acknowledged")

    async def _send_on(self, order: HubOrder) -> None:
        if not await hub_orders.send_on(self._platform, order):
            raise NotYet(f"the result of {order.word} {order.id} was not acknowledged")

    async def _check(self, stored: StoredObject) -> None:
        await cdrs.check(self._platform, stored)

    async def _match(self, stored: StoredObject) -> None:
        await cdr_match.match(self._platform, stored)

    async def _clear(self, stored: StoredObject) -> None:
        await clearing.clear(self._platform, stored)

    async def _settle_credit(self, waiting: Clearing) -> None:
        await clearing.settle(self._platform, waiting)

    async def _receipt(self, key: ObjectKey) -> None:
        await receipts.settle(self._platform, key)

    async def _invoice(self) -> int:
        """Looked for now and then only: there may be very much that waits for the end of its month."""
        now = self._platform.clock()
        if self._invoiced_at is not None and now - self._invoiced_at < _SWEEP:
            return 0
        await fees.charge(self._platform)
        written = await invoicing.run_some(self._platform)
        self._invoiced_at = now if not written else None
        return written

    async def _whole(self, step: str, work: Callable[[], Awaitable[int]]) -> None:
        """A step that takes many rows at once and says itself what of them could not be done."""
        try:
            await work()
        except Exception:
            self.failures[step] += 1
            log.exception("job %s failed", step)

    async def _reconcile(self, stored: StoredObject) -> None:
        await record_checks.reconcile(self._platform, stored)

    # ---- one row after the other -----------------------------------------------------------------------------------

    async def _each(
        self, step: str, rows: Iterable[R], name_of: Callable[[R], str], work: Callable[[R], Awaitable[None]]
    ) -> None:
        for row in rows:
            key = step, name_of(row)
            failures, again_at = self._pauses.get(key, (0, self._platform.clock()))
            if self._platform.clock() < again_at:
                continue
            try:
                await work(row)
            except NotYet as error:
                log.info("%s", error)
            except Exception:
                self.failures[step] += 1
                log.exception("job %s failed for %s", *key)
            else:
                self._pauses.pop(key, None)
                continue
            seconds = pause(failures + 1, self._back_off, random.random())  # noqa: S311 - spreads load, hides nothing
            self._pauses[key] = failures + 1, self._platform.clock() + timedelta(seconds=seconds)


class NotYet(Exception):
    """A step that did what it could and must be tried again; no failure of ours."""


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
