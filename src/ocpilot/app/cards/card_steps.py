"""What goes on by itself about card payments: found by state, so that whatever a dead process left is gone on with.

Before anything is taken or let go its provider is asked how the payment stands, and each call carries a key: what a
process did just before it died is found done, not done again. A slow provider holds up no other job.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from ocpilot.app.book_days import today
from ocpilot.app.drivers import charge_views
from ocpilot.app.drivers.charge_views import ChargeView
from ocpilot.app.guests import ad_hoc, card_payments, evse_pages
from ocpilot.app.guests.card_payments import move, note, provider
from ocpilot.app.invoicing.receipts import paper_of
from ocpilot.app.kept.card_ports import CardState
from ocpilot.app.kept.card_records import CardPayment, PaymentState
from ocpilot.app.kept.charge_records import Command, TransactionState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import tokens
from ocpilot.app.orders import commands
from ocpilot.app.platform import Platform
from ocpilot.base.errors import CardRefused, OcpilotError
from ocpilot.billing import card_sales
from ocpilot.billing import receipt as paper
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CommandResponseType, CommandResultType, CommandType, SessionStatus

log = logging.getLogger(__name__)

_MOST = 200
#: How often a charge is looked at.
_LOOK = timedelta(seconds=2)
#: Whoever was about to ask the station has done so, or is dead.
_STARTS = timedelta(seconds=60)
_LONGEST = timedelta(hours=1)
#: After so many failures in a row a person is asked.
_TRIES = 6
_REFUSED = frozenset(CommandResultType) - {CommandResultType.ACCEPTED, CommandResultType.TIMEOUT}

Step = Callable[[CardPayment], Awaitable[CardPayment]]


class CardSteps:
    """The steps that are due, each payment by itself."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._busy: set[str] = set()
        self._steps: Mapping[PaymentState, Step] = {
            PaymentState.NEW: lambda one: card_payments.tell(platform, one),
            PaymentState.OPEN: lambda one: card_payments.look(platform, one),
            PaymentState.AUTHORISED: self._authorised,
            PaymentState.STARTING: self._starting,
            PaymentState.CHARGING: self._charging,
            PaymentState.CAPTURING: self._capturing,
            PaymentState.CAPTURED: self._captured,
            PaymentState.RELEASING: self._releasing,
            PaymentState.REFUNDING: self._refunding,
        }

    async def once(self) -> None:
        """Begin what is due, and wait for none of it."""
        if self._platform.cards is None:
            return
        for payment in await self._platform.store.cards.due(self._platform.clock(), _MOST):
            if payment.id not in self._busy:
                self._busy.add(payment.id)
                self._platform.background.start(self._do(payment), f"card payment {payment.id}")

    async def _do(self, payment: CardPayment) -> None:
        try:
            await self._steps[payment.state](payment)
        except Exception as error:
            # What nobody foresaw must not be tried twice a second for ever either.
            log.log(
                _level(error),
                "card payment %s, %s: %s",
                payment.id,
                payment.state,
                error,
                exc_info=not isinstance(error, OcpilotError),
            )
            await self._failed(payment, error)
        finally:
            self._busy.discard(payment.id)

    async def _failed(self, payment: CardPayment, error: Exception) -> None:
        """Later again; after a while it waits for a person. An answer that says no is not kept under the same key."""
        tries = payment.tries + 1
        later = min(timedelta(seconds=5 * 3**tries), _LONGEST)
        changed = replace(
            payment,
            tries=tries,
            attempt=payment.attempt + isinstance(error, CardRefused),
            needs=(str(error) or type(error).__name__) if tries >= _TRIES else payment.needs,
            next_at=None if tries >= _TRIES else self._platform.clock() + later,
        )
        await note(self._platform, changed, str(error))

    # ---- the start -------------------------------------------------------------------------------------------------

    async def _authorised(self, payment: CardPayment) -> CardPayment:
        """One of those who look at it at the same time is let through: it asks the station."""
        page = await evse_pages.find(self._platform, payment.evse_id)
        if page.obstacle is not None:
            return await self._let_go(payment, f"nobody can start there now: {page.obstacle}")
        later = self._platform.clock() + _STARTS
        won = await move(self._platform, payment, PaymentState.STARTING, "the station is to be asked", next_at=later)
        return await self._start(won) if won.version == payment.version + 1 else won

    async def _starting(self, payment: CardPayment) -> CardPayment:
        """Whoever was about to ask the station died, before the command was kept or after it."""
        asked = await self._platform.store.commands.of_token(payment.token_uid, CommandType.START_SESSION)
        return await self._asked(payment, asked[0]) if asked else await self._start(payment)

    async def _start(self, payment: CardPayment) -> CardPayment:
        token = tokens.of_nobody(self._platform, payment.party, payment.token_uid)
        place = ObjectKey(module=ModuleID.LOCATIONS, party=payment.party, id=payment.location_id)
        try:
            command = await commands.start_with(
                self._platform, token, place, payment.evse_uid, payment.connector_id, reference=payment.id
            )
        except OcpilotError as error:
            return await self._let_go(payment, f"the charge cannot be started: {error}")
        return await self._asked(payment, command)

    async def _asked(self, payment: CardPayment, command: Command) -> CardPayment:
        await ad_hoc.keep(
            self._platform,
            command,
            key_hash=payment.key_hash,
            token_uid=payment.token_uid,
            evse_id=payment.evse_id,
            language=payment.language,
        )
        asked, now = replace(payment, command_id=command.id), self._platform.clock()
        return await move(self._platform, asked, PaymentState.CHARGING, "the station was asked to start", next_at=now)

    # ---- the charge ------------------------------------------------------------------------------------------------

    async def _charging(self, payment: CardPayment) -> CardPayment:
        view = next(iter(await charge_views.with_tokens(self._platform, (payment.token_uid,), 1)), None)
        if view is None:
            return await self._without_charge(payment)
        if view.session is not None and view.session.status == SessionStatus.INVALID:
            return await self._let_go(payment, "nothing was charged")
        if view.receipt is not None:
            return await card_payments.billed(self._platform, payment, paper_of(view.receipt))
        if view.running and view.session is not None:
            return await self._later(replace(payment, session_id=view.session.id))
        return await self._ended(payment, view)

    async def _without_charge(self, payment: CardPayment) -> CardPayment:
        """A station that said no, or never began; one that said nothing may still begin for a while."""
        command = await self._platform.store.commands.get(payment.command_id or "")
        answer = None if command is None else command.result or command.response
        if command is None or answer in _REFUSED or command.response == CommandResponseType.REJECTED:
            return await self._let_go(payment, f"the station did not start: {answer or 'it was not asked'}")
        allowed = timedelta(seconds=self._platform.settings.cards.start_within)
        if self._platform.clock() - command.created_at >= allowed:
            return await self._let_go(payment, "the charge did not begin in time")
        return await self._later(payment)

    async def _ended(self, payment: CardPayment, view: ChargeView) -> CardPayment:
        """Over, and nobody knows yet what it comes to: held for a person, or its price does not agree."""
        session_id = view.session.id if view.session else payment.session_id
        found = await self._platform.store.transactions.by_session(session_id or "")
        needs = ""
        if found is not None and found.state is TransactionState.HELD:
            needs = f"transaction {found.id} is held: {found.held_because}"
        elif view.cdr is not None and await self._disputed(view.cdr.id, view.key):
            needs = f"CDR {view.cdr.id} does not agree with our price: there is no receipt"
        return await self._later(replace(payment, session_id=session_id, needs=needs))

    async def _disputed(self, cdr_id: str, session: ObjectKey) -> bool:
        key = replace(session, module=ModuleID.CDRS, id=cdr_id)
        check = await self._platform.store.documents.check(key)
        return check is not None and not check.agrees

    async def _later(self, payment: CardPayment) -> CardPayment:
        return await note(self._platform, replace(payment, next_at=self._platform.clock() + _LOOK), payment.why)

    # ---- the money -------------------------------------------------------------------------------------------------

    async def _capturing(self, payment: CardPayment) -> CardPayment:
        reference, due = payment.reference or "", payment.due or payment.amount
        there = await provider(self._platform).state(reference)
        if there.state is CardState.AUTHORISED:
            amount = min(due, there.authorised)
            key = f"{payment.id}-capture-{payment.attempt}"
            there = await provider(self._platform).capture(reference, amount, payment.currency, key)
        if there.state is not CardState.CAPTURED:
            raise CardRefused(f"nothing can be taken: the payment is {there.state} at the provider {there.message}")
        taken = replace(payment, captured=there.captured, card=there.card or payment.card)
        what = f"{there.captured} {payment.currency} were taken"
        return await move(self._platform, taken, PaymentState.CAPTURED, what, next_at=self._platform.clock())

    async def _captured(self, payment: CardPayment) -> CardPayment:
        """Booked under the number of the receipt, which is there once."""
        receipt = await self._receipt(payment)
        await self._platform.store.ledger.book(card_sales.sale(receipt, payment.captured, today(self._platform)))
        return await move(self._platform, payment, PaymentState.PAID, "booked", next_at=None)

    async def _let_go(self, payment: CardPayment, why: str) -> CardPayment:
        return await move(self._platform, payment, PaymentState.RELEASING, why, next_at=self._platform.clock())

    async def _releasing(self, payment: CardPayment) -> CardPayment:
        """Not when a charge began at the last moment. A charge that is over and too cheap is booked as given away."""
        running = await charge_views.with_tokens(self._platform, (payment.token_uid,), 1)
        if payment.command_id is not None and any(one.running for one in running):
            return await move(
                self._platform, payment, PaymentState.CHARGING, "it began after all", next_at=self._platform.clock()
            )
        reference, ask = payment.reference or "", provider(self._platform)
        there = await ask.state(reference)
        if there.state in {CardState.OPEN, CardState.AUTHORISED}:
            there = await ask.release(reference, f"{payment.id}-release-{payment.attempt}")
        if there.state is CardState.CAPTURED:
            raise CardRefused(f"nothing can be released: {there.captured} {payment.currency} were taken")
        billed = next((paper_of(one.receipt) for one in running if one.receipt is not None), None)
        receipt = billed if payment.receipt is None else await self._receipt(payment)
        sold = None if receipt is None else card_sales.sale(receipt, payment.captured, today(self._platform))
        if sold is not None and sold.lines:
            await self._platform.store.ledger.book(sold)
        return await move(self._platform, payment, PaymentState.RELEASED, payment.why, next_at=None)

    async def _refunding(self, payment: CardPayment) -> CardPayment:
        """How much was given back in all tells whether this refund was done."""
        reference, wanted = payment.reference or "", payment.refunded + payment.refunding
        there = await provider(self._platform).state(reference)
        if there.refunded < wanted:
            key = f"{payment.id}-refund-{wanted}-{payment.attempt}"
            there = await provider(self._platform).refund(reference, payment.refunding, payment.currency, key)
        if there.refunded < wanted:
            raise CardRefused(f"{there.refunded} of {wanted} {payment.currency} were given back")
        receipt, day = await self._receipt(payment), today(self._platform)
        number = f"{payment.id}/{wanted}"
        beyond = min(payment.refunding, max(payment.captured - receipt.total.shown - payment.refunded, Decimal(0)))
        await self._platform.store.ledger.book(card_sales.refund(receipt, payment.refunding, number, day, beyond))
        after = PaymentState.REFUNDED if wanted == payment.captured else PaymentState.PAID
        what = f"{payment.refunding} {payment.currency} were given back"
        done = replace(payment, refunded=wanted, refunding=Decimal(0))
        return await move(self._platform, done, after, what, next_at=None)

    async def _receipt(self, payment: CardPayment) -> paper.Receipt:
        found = await self._platform.store.documents.receipt(payment.receipt or "")
        if found is None:
            raise OcpilotError(f"card payment {payment.id}: its receipt {payment.receipt} is not there")
        return paper_of(found)


def _level(error: Exception) -> int:
    return logging.WARNING if isinstance(error, OcpilotError) else logging.ERROR
