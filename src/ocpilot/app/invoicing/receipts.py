"""Receipts: one per accepted CDR of a driver of ours who gets no invoice for it, numbered without gaps, sealed."""

import asyncio

import msgspec

from ocpilot.app.cdrs import clearing
from ocpilot.app.cdrs.cdrs import verdict_of, zone_of
from ocpilot.app.guests import receipt_sales, replaced_receipts
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.records import Account, ObjectKey, Receipt, StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.base.money_settings import SellerSettings
from ocpilot.base.texts import translator
from ocpilot.billing.paper_languages import Language, language_of
from ocpilot.billing.receipt import PaidByCard, Seller, receipt_of
from ocpilot.billing.receipt import Receipt as Paper
from ocpilot.billing.receipt_pdf import receipt_pdf
from ocpilot.billing.signed_words import sentence
from ocpilot.wire.v230 import CDR, FinancialAdviceConfirmation

#: What is held or disputed may be accepted after all.
_DECIDED = frozenset({ClearingState.ACCEPTED, ClearingState.CREDITED, ClearingState.DROPPED})


async def settle(platform: Platform, key: ObjectKey) -> Receipt | None:
    """The receipt of an accepted CDR, with its sale in the books; None for one that gets none: it only passes through
    our hub, or its Token was a customer's when the charge began, who gets an invoice. What a receipt said of a CDR that
    got one all the same, or was taken back since, falls."""
    stored, found = await _of(platform, key), await platform.store.clearings.get(key)
    if stored is None or found is None or found.state not in _DECIDED:
        receipt = None
    elif found.state is ClearingState.ACCEPTED and await _gets_one(platform, stored):
        receipt = await issue(platform, key)
        uid, paper = value_of(CDR, stored).cdr_token.uid, paper_of(receipt)
        await replaced_receipts.take_over(platform, uid, paper, await earlier(platform, stored))
        await receipt_sales.sell(platform, uid, paper)
    else:
        receipt, before = None, await platform.store.documents.receipt_of(key)
        if before is not None:
            await receipt_sales.take_back(platform, paper_of(before))
    await platform.store.documents.receipt_settled(key)
    return receipt


async def _gets_one(platform: Platform, stored: StoredObject) -> bool:
    return not clearing.is_passed_on(platform, stored) and not await _is_customers(platform, value_of(CDR, stored))


async def _is_customers(platform: Platform, cdr: CDR) -> bool:
    began = cdr.start_date_time
    tokens = await platform.store.customers.of_tokens([cdr.cdr_token.uid])
    return any(one.holds(began) for one in tokens)


async def issue(platform: Platform, key: ObjectKey) -> Receipt:
    """The receipt of a checked CDR: the one there is, or a new one, in the driver's language and the Location's zone.

    A Token without an account (a company's card) gets one too, made out to the Token's contract. Of a CDR that was
    accepted though its price is not ours it says the operator's amounts. NotFound without CDR or check.
    """
    stored = await _of(platform, key)
    found = await platform.store.documents.check(key)
    if stored is None or found is None:
        raise NotFound(f"no checked CDR {key.id} of {key.party}")
    cdr, verdict = value_of(CDR, stored), verdict_of(found)
    priced = verdict.ours if verdict.agrees else msgspec.structs.replace(verdict.ours, total=None)
    account = await platform.store.accounts.by_token(cdr.cdr_token.uid)
    zone = await zone_of(platform, stored, cdr)
    now, language = platform.clock(), await _language(platform, account, cdr.cdr_token.uid)
    signed = await platform.store.signed.verdict(key)
    replaced = await earlier(platform, stored)

    def make(number: str) -> Receipt:
        paper = receipt_of(
            cdr,
            priced,
            number=number,
            issued_at=now,
            seller=_seller(platform),
            driver=account.name if account else cdr.cdr_token.contract_id,
            zone=zone,
            language=language,
            signature=sentence(signed, translator(language), language) if signed else None,
            replaces=replaced[0] if replaced else None,
        )
        return Receipt(
            number=number,
            key=key,
            account_id=account.id if account else None,
            issued_at=now,
            body=msgspec.json.encode(paper).decode(),
            pdf=receipt_pdf(paper),
        )

    return await platform.store.documents.issue(key, platform.settings.seller.receipt_series, make)


async def earlier(platform: Platform, stored: StoredObject) -> tuple[str, ...]:
    """The receipts of CDRs of the same charge that were taken back, the newest first."""
    keys = await clearing.corrects(platform, stored, value_of(CDR, stored))
    found = [await platform.store.documents.receipt_of(key) for key in keys]
    return tuple(one.number for one in found if one is not None)


def paper_of(receipt: Receipt) -> Paper:
    """What stands on a receipt."""
    return msgspec.json.decode(receipt.body, type=Paper)


async def pdf_of(platform: Platform, receipt: Receipt) -> bytes:
    """The receipt as it is given out: with how it was paid, when that was by card. The receipt itself stays as it was
    sealed (mod_payments, "Transaction": the invoice is enriched with the EFT data)."""
    paid = await _paid(platform, receipt)
    return receipt.pdf if paid is None else await asyncio.to_thread(receipt_pdf, paper_of(receipt), paid)


async def _paid(platform: Platform, receipt: Receipt) -> PaidByCard | None:
    card = await platform.store.cards.of_receipt(receipt.number)
    if card is not None and card.captured:
        lines = tuple(one for one in (card.card, card.reference or "") if one)
        return PaidByCard(amount=card.captured, currency=card.currency, given_back=card.refunded, lines=lines)
    payment = await platform.store.terminal_payments.of_receipt(receipt.number)
    stored = await platform.store.terminal_payments.confirmation(payment) if payment and payment.advice else None
    if payment is None or stored is None:
        return None
    said = value_of(FinancialAdviceConfirmation, stored)
    return PaidByCard(amount=payment.captured, currency=payment.currency, lines=said.eft_data)


async def _of(platform: Platform, key: ObjectKey) -> StoredObject | None:
    return await platform.store.objects.held(key)


def _seller(platform: Platform) -> Seller:
    seller: SellerSettings = platform.settings.seller
    town = f"{seller.postal_code} {seller.city}".strip()
    return Seller(
        name=seller.name or platform.settings.name,
        address=(*seller.address, *([town] if town else [])),
        org_number=seller.organisation_number or None,
        vat_id=seller.vat_number or None,
    )


async def _language(platform: Platform, account: Account | None, token_uid: str) -> Language:
    """That of the driver; of somebody without an account that in which he started."""
    charge = await platform.store.ad_hoc.by_token(token_uid) if account is None else account
    return language_of(charge.language if charge is not None else "")
