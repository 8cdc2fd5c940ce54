"""The outbox of an access point to Peppol: a folder in which each e-invoice appears whole, or not at all."""

import asyncio
import os
from pathlib import Path

from ocpilot.app.invoicing.invoice_documents import DocumentKind, document
from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.base.errors import SettingsError


async def put(folder: str, kept: KeptInvoice) -> None:
    """Put its UBL there. SettingsError without a folder; UserError when it cannot be an e-invoice."""
    if not folder:
        raise SettingsError("billing.peppol_outbox: found nothing, expected the folder where e-invoices are fetched")
    xml = await document(kept, DocumentKind.XML)
    try:
        await asyncio.to_thread(_write, Path(folder), xml.name, xml.data)
    except OSError as error:
        raise SettingsError(f"billing.peppol_outbox: {folder}: {error.strerror}") from error


def _write(folder: Path, name: str, data: bytes) -> None:
    """Under a name that nobody fetches until it is on disk. The folder is never made: it may be one that is not
    mounted."""
    begun = folder / f".{name}.part"
    with begun.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(folder / name)
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
