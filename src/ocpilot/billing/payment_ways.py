"""The ways an invoice can be paid, each with the account and what the payer names."""

from enum import StrEnum

import msgspec

from ocpilot.billing.invoice import Invoice
from ocpilot.billing.payment_reference import creditor_reference, is_ocr


class WayKind(StrEnum):
    """How money travels; the first two only within Sweden."""

    BANKGIRO = "bankgiro"
    PLUSGIRO = "plusgiro"
    IBAN = "iban"
    SWISH = "swish"


class PaymentWay(msgspec.Struct, frozen=True, kw_only=True):
    """One way. `reference` is an OCR, for an IBAN in euro the same as a creditor reference (ISO 11649)."""

    kind: WayKind
    account: str
    bic: str = ""
    reference: str


def ways_to_pay(invoice: Invoice) -> tuple[PaymentWay, ...]:
    """Those for which there is an account, the easiest first; none when nothing is to be paid.

    Giro and Swish are only for kronor. Of a self-billed invoice and a credit advice it is we who pay so.
    """
    if invoice.payable <= 0 or invoice.terms.kind.is_credit:
        return ()
    payee, reference = invoice.terms.payee, invoice.payment_reference
    ways = [PaymentWay(kind=WayKind.IBAN, account=payee.iban, bic=payee.bic, reference=_abroad(invoice))]
    if invoice.currency == "SEK":
        ways = [
            PaymentWay(kind=WayKind.BANKGIRO, account=payee.bankgiro, reference=reference),
            PaymentWay(kind=WayKind.PLUSGIRO, account=payee.plusgiro, reference=reference),
            *ways,
            PaymentWay(kind=WayKind.SWISH, account=payee.swish, reference=reference),
        ]
    return tuple(way for way in ways if way.account)


def _abroad(invoice: Invoice) -> str:
    reference = invoice.payment_reference
    return creditor_reference(reference) if invoice.currency == "EUR" and is_ocr(reference) else reference
