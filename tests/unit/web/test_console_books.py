"""What operators see of the books: the four-way check, partners' records, statements, months, closing and exports."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from charged import ENDED, billed, charge
from issued import customer, invoiced
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.app.kept.reconciliation_records import CdrVerdict, CheckedCdr, RecordCheck, RecordSum
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base.ids import PartyId
from ocpilot.demo.network import OPERATOR
from ocpilot.wire.protocol import ModuleID, Version

OCTOBER = datetime(2026, 10, 10, 12, tzinfo=UTC)
RESA = PartyId("SE", "RES")


@pytest.fixture
async def billing(office):
    """The operator's October: one charge is whole but for the payment, one is billed to nobody."""
    platform, reader = office
    buyer = await customer(platform.store, "Resa AB", kind=CustomerKind.PROVIDER, party=RESA)
    await billed(platform.store, buyer, await charge(platform.store, "C1", at=OCTOBER, party=OPERATOR))
    await invoiced(platform.store, buyer, purpose=Purpose.ROAMING, at=OCTOBER)
    await charge(platform.store, "C2", at=OCTOBER, party=OPERATOR)
    return platform, reader


async def test_an_empty_month_says_so(office):
    _, reader = office
    words = (await reader.get("/console/reconciliation?month=2024-01")).words
    assert "No charges in this month" in words
    assert "No records yet" in words
    assert (await reader.get("/console/reconciliation?month=nonsense")).status == 400


async def test_the_check_lists_what_is_open_with_where_to_look(billing):
    _, reader = billing
    page = await reader.get("/console/reconciliation?month=2026-10")
    assert "2 charges and 1 invoices were looked at" in page.words
    assert f"{OPERATOR.key}/C2 Bill Missing nobody pays for it" in page.words
    assert "F-000001 Payment" in page.words
    assert f'href="/console/cdrs/SE/{OPERATOR.party_id}/C2"' in page.text


async def test_a_record_shows_what_is_not_agreed(billing):
    platform, reader = billing
    key = ObjectKey(module=ModuleID.INVOICE_RECONCILIATION, party=RESA, id="R1")
    [peer, *_] = await platform.store.peers.all()
    stored = StoredObject(key=key, version=Version.V2_3_0, body="{}", last_updated=ENDED, peer_id=peer.id)
    await platform.store.objects.put(stored)
    cdrs = (
        CheckedCdr(id="C1", verdict=CdrVerdict.AGREED, currency="SEK", total=Decimal(80)),
        CheckedCdr(id="C9", verdict=CdrVerdict.UNKNOWN),
    )
    check = RecordCheck(
        key=key,
        peer_id=peer.id,
        invoice_id="2026-17",
        ours=True,
        cdrs=cdrs,
        sums=(RecordSum(currency="SEK", agreed=Decimal(80), known=Decimal(80)),),
        unnamed=(),
        at=ENDED,
    )
    await platform.store.record_checks.save(check, stored, ["C1", "C9"])
    words = (await reader.get("/console/reconciliation")).words
    assert "2026-17 SE/RES 2" in words
    assert "C9 unknown to us" in words


async def test_a_statement_as_page_and_file(billing):
    _, reader = billing
    words = (await reader.get("/console/statements/SERES?month=2026-10")).words
    assert "Statement SE/RES 2026-10" in words
    assert "F-000001 us 2026-10-10 SEK 100.00 0.00 100.00" in words
    assert (await reader.get("/console/statements/SERES.csv?month=2026-10")).text.startswith("Statement,SE/RES 2026-10")
    pdf = await reader.get("/console/statements/SERES.pdf?month=2026-10")
    assert (pdf.headers["Content-Type"], pdf.text[:5]) == ("application/pdf", "%PDF-")
    assert (await reader.get("/console/statements/SEXXX")).status == 404


async def test_a_month_is_reported_closed_and_exported(billing):
    _, reader = billing
    assert "2026-10 Open" in (await reader.get("/console/books")).words
    words = (await reader.get("/console/books/2026-10")).words
    assert "Accepted, and billed to nobody SEK 1 80.00" in words
    closed = await reader.post("/console/books/2026-10/close", {})
    assert (closed.status, closed.headers["Location"]) == (303, "/console/books/2026-10")
    listed = (await reader.get("/console/books")).words
    assert "2026-10 Closed kontor@example.org" in listed
    assert "Close 2026-10" not in (await reader.get("/console/books/2026-10")).words
    assert "#SIETYP 4" in (await reader.get("/console/books/2026-10/entries.si")).text
    for name in ("entries.csv", "report.pdf", "report.csv"):
        assert (await reader.get(f"/console/books/2026-10/{name}")).status == 200
    for path in ("/console/books/2026-10/other.txt", "/console/books/october"):
        assert (await reader.get(path)).status == 404
    assert (await reader.post("/console/books/2026-11/close", {})).status == 409


async def test_held_charges_are_for_a_person(office):
    platform, reader = office
    await charge(platform.store, "C1", at=OCTOBER, party=OPERATOR, state=ClearingState.HELD)
    assert "held: a test" in (await reader.get("/console/reconciliation?month=2026-10")).words
