"""What invoices are called and the sentences on them, for paper and XML alike."""

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark
from ocpilot.billing.invoice import Invoice, InvoiceKind
from ocpilot.billing.paper_languages import language_of
from ocpilot.billing.taxes import Tax, TaxCategory

_TITLES = {
    InvoiceKind.INVOICE: mark("Invoice"),
    InvoiceKind.CREDIT_NOTE: mark("Credit note"),
    InvoiceKind.SELF_BILLED: mark("Self-billed invoice"),
    InvoiceKind.SELF_BILLED_CREDIT: mark("Self-billed credit note"),
    InvoiceKind.CREDIT_ADVICE: mark("Credit advice"),
}
_REASONS = {
    TaxCategory.REVERSE_CHARGE: mark("Reverse charge: the buyer accounts for the VAT"),
    TaxCategory.INTRA_COMMUNITY: mark("Intra-Community supply, exempt from VAT"),
    TaxCategory.EXPORT: mark("Export, exempt from VAT"),
    TaxCategory.EXEMPT: mark("Exempt from VAT"),
    TaxCategory.OUTSIDE: mark("Not subject to VAT"),
}
F_TAX = mark("Approved for Swedish F-tax")
_VAT = "VAT"


def title(kind: InvoiceKind, translate: Translate) -> str:
    """What the document calls itself."""
    return translate(_TITLES[kind])


def exemption(tax: Tax, translate: Translate) -> str:
    """Why no tax is asked for; empty where some is."""
    reason = _REASONS.get(tax.category)
    return tax.reason or (translate(reason) if reason else "")


def has_vat(invoice: Invoice) -> bool:
    """Whether its taxes are VAT and no others, such as the sales taxes of North America."""
    return all(row.tax.name == _VAT for row in invoice.taxes)


def tax_name(tax: Tax, translate: Translate) -> str:
    """`VAT` in the reader's language; other taxes by their own names."""
    return translate(mark("VAT")) if tax.name == _VAT else tax.name


def payment_terms(invoice: Invoice, translate: Translate) -> str:
    """When what is to be paid, or what becomes of what is given back."""
    terms = invoice.terms
    if terms.kind.is_credit and terms.credits:
        return translate(mark("It is set off against invoice {number}.")).format(number=terms.credits)
    if terms.kind.is_credit:
        return translate(mark("It is set off against your other invoices."))
    if invoice.due_on is None:
        return translate(mark("There is nothing to pay."))
    text = mark("Paid to you by {day}.") if terms.kind.is_ours_to_pay else mark("To be paid by {day}.")
    return translate(text).format(day=formats.date_in_full(invoice.due_on, language_of(terms.language)))


def remarks(invoice: Invoice, translate: Translate) -> list[str]:
    """Sentences that stand under the sums, those of the law among them."""
    terms = invoice.terms
    found = [payment_terms(invoice, translate)]
    if terms.kind in {InvoiceKind.SELF_BILLED, InvoiceKind.SELF_BILLED_CREDIT}:
        found.append(translate(mark("Written by the buyer in the name of the seller, as agreed.")))
    if terms.seller.f_tax:
        found.append(translate(F_TAX) + ".")
    if invoice.rounding:
        found.append(translate(mark("Prices are shown with tax; the rounding makes the sums agree.")))
    return [*found, *terms.notes]
