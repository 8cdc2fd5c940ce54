"""An invoice as it is sealed: who, what, the taxes and the totals, which add up to the cent (EN 16931).

The rule of rounding: the net of a line is rounded once, to the minor unit of the currency, half up. The tax of a rate
is that of the sum of its lines' nets, rounded once. The total is both added up. Where people were shown prices with tax
(`prices_include_tax`), what is to be paid is the sum of what was shown, and the difference to the total, a few
hundredths, stands on the invoice as `rounding` (BT-114).
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.base.money import HALF_UP
from ocpilot.billing.parties import BusinessParty, Payee
from ocpilot.billing.receipt import ChargeFacts, ReceiptLine
from ocpilot.billing.taxes import Tax, TaxRow


class InvoiceKind(StrEnum):
    """What a document is. The two self-billed ones are written by the buyer; a credit advice tells somebody who is no
    business what he gets."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    SELF_BILLED = "self_billed"
    SELF_BILLED_CREDIT = "self_billed_credit"
    CREDIT_ADVICE = "credit_advice"

    @property
    def is_credit(self) -> bool:
        """Whether it takes money back that another document asked for; its amounts are positive all the same."""
        return self in {InvoiceKind.CREDIT_NOTE, InvoiceKind.SELF_BILLED_CREDIT}

    @property
    def is_ours_to_pay(self) -> bool:
        """Whether we owe its total: the buyer is us."""
        return self in {InvoiceKind.SELF_BILLED, InvoiceKind.CREDIT_ADVICE}

    @property
    def we_buy(self) -> bool:
        """Whether the buyer is us, who write it in the seller's name."""
        return self not in {InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE}


class LineUnit(StrEnum):
    """What a quantity counts (UN/ECE recommendation 20)."""

    ONE = "C62"
    KWH = "KWH"
    MINUTE = "MIN"
    MONTH = "MON"


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `net` is quantity times `unit_price`, rounded; `gross` what was shown with tax, where it was.

    Of a charge, `charge` and `details` say where the money went, `signature` what became of its signed meter values.
    `driver` and `cost_centre` are the buyer's own words for who charged. `cdr` is `SELAD/id` of the charge's CDR.
    """

    text: str
    quantity: Decimal = Decimal(1)
    unit: LineUnit = LineUnit.ONE
    unit_price: Decimal
    net: Decimal
    tax: Tax
    gross: Decimal | None = None
    start: datetime | None = None
    end: datetime | None = None
    driver: str = ""
    cost_centre: str = ""
    cdr: str = ""
    charge: ChargeFacts | None = None
    details: tuple[ReceiptLine, ...] = ()
    signature: str = ""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What goes onto an invoice beside its lines. `credits` is the number of the invoice that a credit note takes back,
    or takes charges of back, `why` the reason. `prepaid` was paid before it was issued. `zone` (IANA) is that of the
    buyer."""

    kind: InvoiceKind
    seller: BusinessParty
    buyer: BusinessParty
    customer_number: str
    language: str
    currency: str
    zone: str
    days: int
    payee: Payee = Payee()
    prices_include_tax: bool = False
    prepaid: Decimal = Decimal(0)
    buyer_reference: str = ""
    order_reference: str = ""
    credits: str = ""
    credits_issued_on: date | None = None
    why: str = ""
    notes: tuple[str, ...] = ()


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """A whole one, sealed once it has a number. Amounts in `terms.currency`, with its decimals.

    `net` + `tax` = `total`; `total` + `rounding` - `terms.prepaid` = `payable`. `due_on` None: there is nothing to pay.
    `payment_reference` is what the payer names: an OCR number with its check digit. `start` to `end` are the days of
    what is billed, both within it.
    """

    number: str
    issued_at: datetime
    issued_on: date
    due_on: date | None
    payment_reference: str
    terms: Terms
    start: date
    end: date
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[TaxRow, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    rounding: Decimal
    payable: Decimal

    @property
    def currency(self) -> str:
        """Of every amount."""
        return self.terms.currency


def invoice_of(
    terms: Terms,
    lines: Sequence[InvoiceLine],
    *,
    number: str,
    payment_reference: str,
    issued_at: datetime,
    issued_on: date,
    days: tuple[date, date],
    before: Sequence[TaxRow] = (),
) -> Invoice:
    """Add up. `days` are the first and the last one billed; `issued_on` the day of the seller's calendar. `before` is
    what earlier credit notes took back of the invoice that this one takes a part of back: all of them come to what the
    invoice came to, so a tax may differ from that of its own base by the hundredths that were rounded before.

    ValueError when there is no line.
    """
    if not lines:
        raise ValueError("an invoice needs a line")
    taxes = tax_rows(lines, terms.currency, before)
    net = sum((row.base for row in taxes), Decimal(0))
    tax = sum((row.amount for row in taxes), Decimal(0))
    rounding = _shown(lines) - net - tax if terms.prices_include_tax else Decimal(0)
    payable = net + tax + rounding - terms.prepaid
    return Invoice(
        number=number,
        issued_at=issued_at,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=terms.days) if payable > 0 and not terms.kind.is_credit else None,
        payment_reference=payment_reference,
        terms=terms,
        start=days[0],
        end=days[1],
        lines=tuple(lines),
        taxes=taxes,
        net=net,
        tax=tax,
        total=net + tax,
        rounding=rounding,
        payable=payable,
    )


def tax_rows(lines: Iterable[InvoiceLine], currency: str, before: Sequence[TaxRow] = ()) -> tuple[TaxRow, ...]:
    """Lines by their tax, the tax of each sum rounded once, that of `before` together with it."""
    bases: dict[Tax, Decimal] = {}
    for line in lines:
        bases[line.tax] = bases.get(line.tax, Decimal(0)) + line.net
    return tuple(
        TaxRow(tax=tax, base=bases[tax], amount=_tax(tax, bases[tax], currency, before)) for tax in sorted(bases)
    )


def _tax(tax: Tax, base: Decimal, currency: str, before: Sequence[TaxRow]) -> Decimal:
    same = [row for row in before if row.tax == tax]
    whole = base + sum((row.base for row in same), Decimal(0))
    taken = sum((row.amount for row in same), Decimal(0))
    return HALF_UP.round(whole * tax.rate / 100, currency) - taken


def amount_of(invoice: Invoice) -> Decimal:
    """What it comes to, whatever was paid before it was issued."""
    return invoice.total + invoice.rounding


def negated(line: InvoiceLine) -> InvoiceLine:
    """The same line taken back."""
    return msgspec.structs.replace(
        line, quantity=-line.quantity, net=-line.net, gross=None if line.gross is None else -line.gross
    )


def _shown(lines: Iterable[InvoiceLine]) -> Decimal:
    return sum((line.net if line.gross is None else line.gross for line in lines), Decimal(0))
