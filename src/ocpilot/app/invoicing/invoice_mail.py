"""The e-mail an invoice goes out with: the document, and words in the customer's language."""

from ocpilot.app.invoicing.invoice_documents import DocumentKind, document
from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.customer_records import Customer, InvoiceFormat
from ocpilot.app.kept.mailing import Mail
from ocpilot.app.platform import Platform
from ocpilot.billing.covering_letter import letter
from ocpilot.billing.invoice import InvoiceKind


async def mail_of(platform: Platform, kept: KeptInvoice, customer: Customer, before: int) -> Mail:
    """Its Message-ID is that of the invoice; a message that is sent on purpose though `before` went out has its own."""
    wants_xml = customer.invoice_format is InvoiceFormat.FACTUR_X and kept.kind is not InvoiceKind.CREDIT_ADVICE
    attached = await document(kept, DocumentKind.FACTUR_X if wants_xml else DocumentKind.PDF)
    words = letter(kept.invoice)
    mark = f"{kept.number}.{kept.seal.hex()[:12]}" + (f".{before + 1}" if before else "")
    return Mail(
        to=customer.party_facts.email,
        subject=words.subject,
        text=words.text,
        message_id=f"<invoice.{mark}@{sender_domain(platform)}>",
        attachments=(attached,),
    )


def sender_domain(platform: Platform) -> str:
    """Where our messages come from: what their ids end with."""
    return platform.settings.mail.sender.rpartition("@")[2].strip(" >") or "localhost"
