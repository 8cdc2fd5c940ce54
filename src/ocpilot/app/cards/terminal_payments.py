"""The operator's side of charges paid at terminals of a provider (mod_payments, "Transaction"): the CDR says that the
receipt is ours, the provider's Financial Advice Confirmation says what it captured, and both become one.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from ocpilot.app.book_days import today
from ocpilot.app.cdrs import cdrs
from ocpilot.app.cdrs.terminal_invoices import provider_of
from ocpilot.app.guests import replaced_receipts
from ocpilot.app.invoicing import receipts
from ocpilot.app.kept.records import Receipt, Record, StoredObject
from ocpilot.app.kept.terminal_payment_records import TerminalPayment
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId, fold
from ocpilot.billing import card_sales
from ocpilot.billing.captures import CaptureState, judged
from ocpilot.billing.ledger import Account
from ocpilot.wire.v230 import CDR, FinancialAdviceConfirmation

_MOST = 200
#: How long after a confirmation was written it may still say that what was paid is not.
_CORRECTED = timedelta(days=3)


class TerminalRow(Record, frozen=True):
    """One with the name of its provider, and its state by now."""

    payment: TerminalPayment
    peer: str
    state: CaptureState


async def bill(platform: Platform, stored: StoredObject) -> None:
    """The receipt of a CDR of ours for whose terminal we write it, when its price is right; its capture is waited
    for."""
    if (await cdrs.check(platform, stored)).agrees:
        await _expect(platform, stored, await receipts.issue(platform, stored.key))


async def _expect(platform: Platform, stored: StoredObject, receipt: Receipt) -> None:
    """From now on its capture is waited for; the sale is booked, what the provider owes as not matched yet. A CDR that
    was issued anew takes over what was expected, and captured, for the one before: what the provider said last is
    compared with it again."""
    cdr = value_of(CDR, stored)
    peer = await provider_of(platform, PartyId.of(cdr.cdr_token.country_code, cdr.cdr_token.party_id))
    if cdr.invoice_reference_id is None or cdr.authorization_reference is None or peer is None:
        return
    printed = receipts.paper_of(receipt)
    payment = TerminalPayment(
        key=stored.key,
        peer_id=peer.id,
        reference=cdr.authorization_reference,
        receipt=receipt.number,
        currency=cdr.currency,
        due=printed.total.shown,
        at=platform.clock(),
    )
    replaced = await receipts.earlier(platform, stored)
    await platform.store.terminal_payments.take_over(payment, replaced)
    if not await replaced_receipts.book(platform, printed, replaced, Account.UNMATCHED):
        await platform.store.ledger.book(card_sales.sale(printed, Decimal(0), today(platform), Account.UNMATCHED))
    await platform.store.terminal_payments.add(payment)


Heard = tuple[TerminalPayment, StoredObject]


async def unheard(platform: Platform) -> tuple[Heard, ...]:
    """Confirmations that nobody has looked at yet, whether they came before their CDR or long after it."""
    return await platform.store.terminal_payments.unheard(platform.clock() - _CORRECTED, _MOST)


async def compare(platform: Platform, heard: Heard) -> None:
    """What the provider captured beside what the charge comes to. Booked before it is kept, under a key of this very
    confirmation: done again it changes nothing."""
    payment, said = heard[0], value_of(FinancialAdviceConfirmation, heard[1])
    verdict = judged(payment.due, payment.currency, said)
    before, after = payment.captured or Decimal(0), verdict.amount or Decimal(0)
    receipt = await platform.store.documents.receipt(payment.receipt)
    if receipt is not None and before != after:
        key = f"terminal/{payment.receipt}/{said.id}/{said.last_updated.isoformat()}"
        printed, day = receipts.paper_of(receipt), today(platform)
        entry = card_sales.moved(printed, after, before, key, day=day, of=Account.UNMATCHED)
        await platform.store.ledger.book(entry)
    changed = replace(
        payment,
        captured=verdict.amount,
        state=verdict.state,
        why=verdict.why,
        advice=said.id,
        advice_at=said.last_updated,
    )
    await platform.store.terminal_payments.save(changed, payment.advice_at)


async def newest(platform: Platform, limit: int) -> tuple[TerminalRow, ...]:
    """The newest first."""
    names = {peer.id: peer.name for peer in await platform.store.peers.all()}
    late = platform.clock() - timedelta(hours=platform.settings.cards.confirmed_within)
    return tuple(
        TerminalRow(one, names.get(one.peer_id, "–"), CaptureState.MISSING if _is_missing(one, late) else one.state)
        for one in await platform.store.terminal_payments.newest(limit)
    )


def _is_missing(payment: TerminalPayment, late: datetime) -> bool:
    return payment.state is CaptureState.WAITING and payment.at <= late


async def receipt_of(platform: Platform, reference: str) -> Receipt:
    """What a driver finds at `invoice_base_url` + authorization_reference; NotFound until there is one, and for a
    reference that two providers gave."""
    found = await platform.store.terminal_payments.with_reference(reference)
    receipts = [await platform.store.documents.receipt(one.receipt) for one in found]
    if len(receipts) != 1 or receipts[0] is None:
        raise NotFound(f"no receipt for {fold(reference)}")
    return receipts[0]


def invoice_base_url(platform: Platform) -> str:
    """What a terminal's `invoice_base_url` is when we create the invoices."""
    return f"{platform.settings.server.base_url}/invoices/"
