"""Tells partners which CDRs our invoices are for, by itself: InvoiceReconciliationRecords of what is issued.

Direct billing: invoices to providers. Reverse billing: those we write in an operator's name. An invoice that was
credited is for no CDR any more; a record must name one (mod_invoice_reconciliation, "InvoiceReconciliationRecord
object"), so its records are deleted, and the CDRs stand on the record of the invoice that bills them next.
"""

from ocpilot.app.ocpi import invoices
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId

#: CDRs that one record names. The standard has no limit; 1,000 ids of 36 characters are 40 kB, which every peer takes.
MOST_CDRS = 1000


async def tell(platform: Platform, number: str) -> None:
    """Issue the records of an invoice, or delete those of the one it takes back."""
    kept = await platform.store.invoices.get(number)
    if kept is None:
        raise NotFound(f"no invoice {number}")
    first = await platform.store.invoices.get(kept.invoice.terms.credits)
    if first is not None and first.credited_by == number:
        await _withdraw(platform, first.number)
    if kept.credited_by is None:
        for (party, other), ids in (await _parties(platform, number)).items():
            for part, some in enumerate(_parts(ids), start=1):
                await invoices.put_record(platform, party, number, some, audience=other, part=part)
    await platform.store.record_checks.told(number)


async def _withdraw(platform: Platform, number: str) -> None:
    for (party, _), ids in (await _parties(platform, number)).items():
        for part, _ in enumerate(_parts(ids), start=1):
            await invoices.withdraw(platform, party, invoices.record_id(party, number, part))


def _parts(ids: list[str]) -> list[tuple[str, ...]]:
    return [tuple(ids[start : start + MOST_CDRS]) for start in range(0, len(ids), MOST_CDRS)]


async def _parties(platform: Platform, number: str) -> dict[tuple[PartyId, str], list[str]]:
    """The CDRs of an invoice by our party and the other one."""
    found: dict[tuple[PartyId, str], list[str]] = {}
    for cdr in await platform.store.record_checks.on(number):
        ours, other = (cdr.audience, cdr.party) if cdr.peer_id else (cdr.party, cdr.audience)
        found.setdefault((PartyId.parse(ours), other), []).append(cdr.id)
    return found
