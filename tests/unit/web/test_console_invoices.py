"""Invoices in the console: what is due is written, found, sent and taken back, whoever closes the page meanwhile."""

import msgspec
import pytest

import billed
from ocpilot.app.books import book_words
from ocpilot.app.invoicing import rating
from ocpilot.app.invoicing.invoice_worker import InvoiceWorker
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base.texts import translator


class Post:
    """A mail server."""

    def __init__(self):
        self.taken = []

    async def send(self, mail):
        self.taken.append(mail)


@pytest.fixture
async def office(store, tmp_path, pages):
    """A provider on the 2nd of December, two of whose drivers charged in November; an employee has signed in."""
    settings = billed.settings_of(tmp_path)
    platform = Platform(
        settings=settings,
        clock=lambda: billed.NOW,
        store=store,
        partners=None,
        stations=None,
        sealing=Seal(settings),
        mailer=Post(),
    )
    async with pages(platform) as reader:
        yield platform, reader


async def two_drivers(platform):
    anna, omar = await billed.drivers(platform.store, 2)
    facts = msgspec.structs.replace(anna.party_facts, email="anna@example.org")
    await platform.store.customers.save(msgspec.structs.replace(anna, party_facts=facts))
    await billed.accepted(platform, 12, ("T0", "T1"), billed.OPERATORS[:1])
    await rating.rate(platform)
    return anna, omar


async def test_before_anything_is_billed_the_pages_say_how_it_is_done(office):
    _, reader = office
    assert "Add customers with their Tokens" in (await reader.get("/console/invoices")).words
    assert "Nothing is due" in (await reader.get("/console/invoices/due")).words
    assert (await reader.get("/console/invoices/F-000001")).status == 404
    assert (await reader.get("/console/invoices?customer=99")).status == 404
    assert "expected such as 2026-11" in (await reader.get("/console/invoices?month=soon")).words


async def test_a_run_that_was_asked_for_goes_on_without_its_page(office):
    platform, reader = office
    anna, _ = await two_drivers(platform)
    words = (await reader.get("/console/invoices/due")).words
    assert f"Förare 0 {anna.number} Charges of the customer SEK 6" in words
    assert (await reader.post("/console/invoices/run", {})).headers["location"] == "/console/invoices/due"
    page = await reader.get("/console/invoices/due")
    assert "It begins in a moment. kontor@example.org asked for it" in page.words
    assert 'hx-trigger="every 2s"' in page.text
    await InvoiceWorker(platform).once()
    page = await reader.get("/console/invoices/due", HX_Request="true")
    assert "2 invoices written, asked for by kontor@example.org" in page.words
    assert "hx-trigger" not in page.text
    words = (await reader.get("/console/invoices")).words
    assert "Together" not in words
    assert words.index("F-000002") < words.index("F-000001")
    of_anna = (await reader.get(f"/console/invoices?customer={anna.number}&month=2026-12&only=open")).words
    assert ("F-000001" in of_anna, "F-000002" in of_anna) == (True, False)
    assert "Invoice SEK 2" in (await reader.get("/console/invoices?month=2026-12")).words
    assert "No such invoices" in (await reader.get("/console/invoices?month=2026-11")).words


async def test_one_invoice_is_read_sent_and_taken_back(office):
    platform, reader = office
    await two_drivers(platform)
    await reader.post("/console/invoices/run", {})
    await InvoiceWorker(platform).once()
    page = await reader.get("/console/invoices/F-000001")
    assert "What it is made of: 6 CDRs and fees" in page.words
    assert "/console/cdrs/SE/LAD/CDR-000000" in page.text
    assert "Owed to us" in page.words
    assert "It was not sent yet." in page.words
    pdf = await reader.get("/console/invoices/F-000001/pdf")
    assert (pdf.headers["content-type"], pdf.text[:4]) == ("application/pdf", "%PDF")
    assert "F-000001.xml" in (await reader.get("/console/invoices/F-000001/xml")).headers["content-disposition"]
    assert (await reader.get("/console/invoices/F-000001/exe")).status == 404
    await reader.post("/console/invoices/F-000001/send", {})
    assert (
        "kontor@example.org By e-mail anna@example.org Sent" in (await reader.get("/console/invoices/F-000001")).words
    )
    await reader.post("/console/invoices/F-000001/send", {})
    assert len(platform.mailer.taken) == 1
    await reader.post("/console/invoices/F-000001/send", {"again": "yes"})
    assert len(platform.mailer.taken) == 2
    await reader.post("/console/invoices/F-000002/send", {})
    assert "Förare 1 has no e-mail address" in (await reader.get("/console/invoices/F-000002")).words
    assert "Failed" in (await reader.get("/console/invoices?only=unsent")).words
    without = await reader.post("/console/invoices/F-000001/credit", {"why": " "})
    assert "a credit note says why" in without.words
    assert 'action="/console/invoices/F-000001/credit"' in without.text
    assert 'href="/console/invoices/F-000001/pdf"' in without.text
    one = {"why": "the station was broken", "charge": "SELAD/CDR-000000"}
    assert (await reader.post("/console/invoices/F-000001/credit", one)).headers["location"].endswith("/K-000001")
    page = await reader.get("/console/invoices/F-000001")
    assert "credited CDR-" in page.words
    assert 'value="SELAD/CDR-000000"' not in page.text, "it cannot be chosen again"
    answer = await reader.post("/console/invoices/F-000001/credit", {"why": "wrong address", "again": "yes"})
    assert answer.headers["location"] == "/console/invoices/K-000002"
    assert "Takes back F-000001 : wrong address" in (await reader.get("/console/invoices/K-000002")).words
    assert "Credited by K-000002" in (await reader.get("/console/invoices/F-000001")).words
    assert "was credited by K-000002" in (await reader.post("/console/invoices/F-000001/credit", {"why": "x"})).words
    assert "Förare 0" in (await reader.get("/console/invoices/due")).words


def test_every_account_and_purpose_of_the_books_has_its_swedish_name():
    swedish = translator("sv")
    names = [*book_words.ACCOUNT.values(), *book_words.PURPOSE.values()]
    assert [name for name in names if swedish(name) == name] == []
