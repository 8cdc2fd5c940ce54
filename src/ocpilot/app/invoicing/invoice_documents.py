"""Documents of a sealed invoice, made whenever somebody wants them: the paper, the e-invoice, both in one."""

import asyncio
from enum import StrEnum

from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.mailing import Attachment
from ocpilot.billing.factur_x import factur_x
from ocpilot.billing.invoice_pdf import invoice_pdf
from ocpilot.billing.ubl import ubl

_PDF = "application/pdf"


class DocumentKind(StrEnum):
    """`xml` is UBL as Peppol wants it, `factur-x` a PDF with XML (CII) inside."""

    PDF = "pdf"
    XML = "xml"
    FACTUR_X = "factur-x"


_MAKERS = {
    DocumentKind.PDF: (invoice_pdf, ".pdf", _PDF),
    DocumentKind.XML: (ubl, ".xml", "application/xml"),
    DocumentKind.FACTUR_X: (factur_x, ".factur-x.pdf", _PDF),
}


async def document(kept: KeptInvoice, kind: DocumentKind) -> Attachment:
    """The same bytes for the same invoice. UserError when it cannot be such a document, and why."""
    make, ending, media_type = _MAKERS[kind]
    data = await asyncio.to_thread(make, kept.invoice)
    return Attachment(name=kept.number + ending, media_type=media_type, data=data)
