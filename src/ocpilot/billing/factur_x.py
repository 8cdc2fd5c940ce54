"""An invoice for people and machines at once: the PDF with the CII XML inside (Factur-X, ZUGFeRD; PDF/A-3)."""

import facturx

from ocpilot.base.texts import translator
from ocpilot.billing import invoice_words
from ocpilot.billing.cii import cii
from ocpilot.billing.invoice import Invoice
from ocpilot.billing.invoice_pdf import invoice_pdf
from ocpilot.billing.paper_languages import language_of


def factur_x(invoice: Invoice) -> bytes:
    """The PDF. UserError with all that keeps it from being an e-invoice (`cii`)."""
    terms = invoice.terms
    language = language_of(terms.language)
    title = f"{invoice_words.title(terms.kind, translator(language))} {invoice.number}"
    pdf: bytes = facturx.generate_from_binary(
        invoice_pdf(invoice),
        cii(invoice),
        flavor="factur-x",
        level="en16931",
        check_xsd=False,
        pdf_metadata={"author": terms.seller.name, "title": title, "subject": title, "keywords": "Factur-X"},
        lang=language,
    )
    return pdf
