"""The four-way check, statements and the books of a small month with one of each fault."""

import asyncio
import csv
import dataclasses
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from babel.messages.extract import extract_from_file
from msgspec.structs import replace

from charged import ENDED, LADE, RESA, billed, charge
from issued import credited, customer, invoiced, issued
from ocpilot.app import months
from ocpilot.app.books import book_paper, books, partner_invoices, reconciliation, record_checks, statements
from ocpilot.app.books.books import ExportFormat
from ocpilot.app.books.partner_invoices import Received
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.money_settings import BillingSettings, ExchangeRateSettings, SellerSettings
from ocpilot.base.settings import ChargingSettings, PartySettings, Settings
from ocpilot.base.texts import translator
from ocpilot.base.time import write
from ocpilot.billing.four_way import Fault, Step
from ocpilot.billing.ledger import Account, Entry, LedgerLine, entry
from ocpilot.billing.report import report_csv
from ocpilot.billing.report_pdf import report_pdf
from ocpilot.cli import books as books_command
from ocpilot.cli import reconcile as reconcile_command
from ocpilot.main.book_commands import BooksOf, ReconciliationOf
from ocpilot.main.commands import parser
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole
from sie_reader import read

NOVEMBER, DECEMBER = months.parse("2026-11"), months.parse("2026-12")
NOW = datetime(2026, 12, 20, 9, tzinfo=UTC)


@pytest.fixture
async def platform(store) -> Platform:
    """The operator SE/LAD, whose partner Resa is connected."""
    parties = (PartySettings(country_code="SE", party_id="LAD", role="CPO", name="Lade AB"),)
    settings = Settings(parties=parties, seller=SellerSettings(name="Lade AB", organisation_number="556677-8899"))
    role = CredentialsRole(
        role="EMSP", party_id="RES", country_code="SE", business_details=BusinessDetails(name="Resa")
    )
    moments = {"created_at": NOW, "updated_at": NOW}
    await store.peers.add(Peer(name="Resa", state=PeerState.REGISTERED, roles=(role,), **moments))
    return Platform(settings=settings, clock=lambda: NOW, store=store, partners=None, stations=None, sealing=None)


async def provider(store):
    return await customer(store, "Resa AB", kind=CustomerKind.PROVIDER, party=RESA)


async def pay(store, kept, amount: str, day: date = date(2026, 11, 20)) -> None:
    lines = [
        LedgerLine(account=Account.BANK, amount=Decimal(amount), currency="SEK"),
        LedgerLine(
            account=Account.RECEIVABLE,
            amount=-Decimal(amount),
            currency="SEK",
            customer_id=kept.customer_id,
            invoice=kept.number,
        ),
    ]
    await store.ledger.book(entry(f"payment/{kept.number}/{amount}", day, "payment", lines))


async def sound(store, *idents: str):
    """Charges that are billed on one invoice, which is paid."""
    buyer = await provider(store)
    keys = [await charge(store, ident) for ident in idents]
    await billed(store, buyer, *keys)
    kept = await invoiced(store, buyer, purpose=Purpose.ROAMING, at=ENDED)
    await pay(store, kept, str(100 * len(idents)))
    return buyer, kept


def faults(found: reconciliation.Reconciled) -> set[tuple[str, Step, Fault]]:
    return {(one.about.removeprefix("SELAD/"), one.step, one.fault) for one in found.findings}


# ---- the four-way check --------------------------------------------------------------------------------------------


async def test_a_month_that_is_whole_has_nothing_to_say(platform):
    await sound(platform.store, "C1", "C2")
    found = await reconciliation.check(platform, NOVEMBER)
    assert found.findings == ()
    [total] = found.summary.totals
    assert (total.cdrs, total.total, total.billed, total.invoiced, total.open) == (2, 160, 160, 160, 0)
    assert (found.summary.charges, found.summary.invoices) == (2, 1)


async def test_one_of_each_fault_is_found_and_nothing_else(platform, monkeypatch):
    monkeypatch.setattr(reconciliation, "_PAGE", 2)
    store = platform.store
    buyer, _ = await sound(store, "GOOD-1", "GOOD-2")
    await billed(
        store,
        buyer,
        await charge(store, "NO-SESSION", session=None),
        await charge(store, "OTHER-KWH", session_kwh="12"),
        await charge(store, "TWICE-A", session="S-TWICE"),
        await charge(store, "TWICE-B", session="S-TWICE"),
        await charge(store, "OTHER-SUM", total="90"),
    )
    half_paid = await invoiced(store, buyer, purpose=Purpose.ROAMING, at=ENDED)
    await pay(store, half_paid, "120")
    await billed(store, buyer, await charge(store, "UNINVOICED"))
    await charge(store, "UNBILLED")
    await charge(store, "HELD", state=ClearingState.HELD)
    await charge(store, "CREDITED", state=ClearingState.CREDITED)
    await charge(store, "OCTOBER", at=datetime(2026, 10, 31, 22, tzinfo=UTC))
    found = await reconciliation.check(platform, NOVEMBER)
    assert faults(found) == {
        ("NO-SESSION", Step.SESSION, Fault.MISSING),
        ("OTHER-KWH", Step.SESSION, Fault.DIFFERS),
        ("TWICE-A", Step.CDR, Fault.DOUBLED),
        ("TWICE-B", Step.CDR, Fault.DOUBLED),
        ("OTHER-SUM", Step.BILL, Fault.DIFFERS),
        ("UNINVOICED", Step.INVOICE, Fault.WAITS),
        ("UNBILLED", Step.BILL, Fault.MISSING),
        ("HELD", Step.CDR, Fault.WAITS),
        (half_paid.number, Step.PAYMENT, Fault.MISSING),
    }
    assert found.summary.charges == 11
    assert (await reconciliation.check(platform, NOVEMBER, "SE/RES")).findings == found.findings
    with pytest.raises(NotFound, match="SE/OTH"):
        await reconciliation.check(platform, NOVEMBER, "SE/OTH")


async def test_an_invoice_taken_back_leaves_its_charges_unbilled(platform):
    _, kept = await sound(platform.store, "C1")
    await credited(platform.store, kept.number, at=ENDED)
    found = await reconciliation.check(platform, NOVEMBER)
    assert faults(found) == {("C1", Step.BILL, Fault.MISSING), (kept.number, Step.PAYMENT, Fault.DIFFERS)}


async def test_what_is_billed_without_a_cdr_is_found(platform):
    buyer = await provider(platform.store)
    kept = await issued(platform.store, buyer, purpose=Purpose.ROAMING)
    [one] = (await reconciliation.check(platform, NOVEMBER)).findings
    assert one.fault is Fault.MISSING
    assert f"billed on {kept.number}" in str(one.found)


# ---- statements ----------------------------------------------------------------------------------------------------


async def test_a_statement_adds_up(platform):
    store = platform.store
    buyer, _ = await sound(store, "C1", "C2")
    await billed(store, buyer, await charge(store, "C3"))
    second = await invoiced(store, buyer, purpose=Purpose.ROAMING, at=ENDED)
    await charge(store, "C4", state=ClearingState.DISPUTED)
    found = await statements.statement(platform, "resa", NOVEMBER)
    [balance] = found.balances
    assert (balance.agreed_ours, balance.invoiced_ours, balance.agreed_theirs) == (240, 240, 0)
    assert (balance.documents, balance.paid, balance.open) == (300, 200, 100)
    assert [(one.state, one.cdrs, one.total) for one in found.rows] == [("disputed", 1, 80), ("issued", 3, 240)]
    assert [(one.number, one.open) for one in found.documents][1] == (second.number, 100)
    paper = statements.statement_paper(platform, found, "sv")
    rows = list(csv.reader(io.StringIO(report_csv(paper))))
    assert ["SEK", "240,00", "240,00", "0,00", "0,00", "300,00", "200,00", "100,00"] in rows
    pdf = report_pdf(paper, found.made_at)
    assert pdf.startswith(b"%PDF-")
    assert pdf == report_pdf(paper, found.made_at)


async def corrected(store, **fields):
    """A CDR of 80 that was credited, before anybody billed it, and issued anew as 70."""
    await charge(store, "WRONG", state=ClearingState.CREDITED, session="S", **fields)
    await charge(store, "CREDIT", total="-80", kwh="-10", session="S", credits="WRONG", **fields)
    return await charge(store, "RIGHT", total="70", session="S", **fields)


async def test_a_cdr_that_was_credited_and_its_credit_cdr_come_to_nothing(platform):
    store = platform.store
    buyer, _ = await sound(store, "C1")
    await billed(store, buyer, await corrected(store), net="70")
    kept = await invoiced(store, buyer, purpose=Purpose.ROAMING, at=ENDED)
    await pay(store, kept, "87.50")
    checked = await reconciliation.check(platform, NOVEMBER)
    assert checked.findings == ()
    [total] = checked.summary.totals
    assert (total.total, total.billed, total.invoiced) == (150, 150, 150)
    [balance] = (await statements.statement(platform, "Resa", NOVEMBER)).balances
    assert (balance.agreed_ours, balance.invoiced_ours, balance.documents, balance.open) == (
        150,
        150,
        Decimal("187.5"),
        0,
    )


async def test_a_statement_in_two_currencies_has_a_balance_of_each(platform):
    await sound(platform.store, "C1")
    await charge(platform.store, "EUR-1", total="12.34", currency="EUR")
    await charge(platform.store, "EUR-2", total="0.67", currency="EUR")
    found = await statements.statement(platform, "Resa", NOVEMBER)
    assert [(one.currency, one.agreed_ours, one.open) for one in found.balances] == [
        ("EUR", Decimal("13.01"), 0),
        ("SEK", 80, 0),
    ]


async def test_an_empty_month_says_so(platform):
    found = await statements.statement(platform, "Resa", NOVEMBER)
    paper = statements.statement_paper(platform, found)
    assert found.balances == ()
    assert {table.empty for table in paper.tables} == {"Nothing in this month", "None in this month"}


# ---- partners' invoices --------------------------------------------------------------------------------------------


async def test_an_invoice_of_a_partner_is_in_the_books_once(platform):
    store = platform.store
    seller = await customer(store, "Resa AB", kind=CustomerKind.OPERATOR, party=RESA)
    received = Received(
        partner="Resa", number="2026-17", currency="SEK", net=Decimal(80), tax_rate=Decimal(25), day=date(2026, 11, 30)
    )
    first = await partner_invoices.register(platform, received, "kim")
    again = await partner_invoices.register(platform, received, "kim")
    assert (first.tax, again.tax) == (20, 20)
    sums = {one.account: one.amount for one in await store.ledger.balances()}
    assert sums == {Account.PURCHASES: 80, Account.VAT_IN: 20, Account.PAYABLE: -100}
    [debt] = await store.ledger.open_invoices()
    assert (debt.number, debt.amount) == (f"{seller.number}/2026-17", -100)
    with pytest.raises(Conflict, match="2026-17 is registered"):
        await partner_invoices.register(
            platform, Received(partner="Resa", number="2026-17", currency="SEK", net=Decimal(9)), "kim"
        )


async def test_what_was_credited_before_it_was_billed_takes_nothing_off_a_partners_invoice(platform):
    store = platform.store
    peer = await store.peers.by_name("Resa")
    await customer(store, "Resa AB", kind=CustomerKind.OPERATOR, party=RESA)
    theirs = {"peer_id": peer.id, "party": RESA, "audience": LADE}
    await corrected(store, **theirs)
    november = Received(partner="Resa", number="17", month=NOVEMBER, tax_rate=Decimal(25))
    assert (await partner_invoices.register(platform, november, "kim")).net == 70
    await charge(store, "RIGHT-CREDIT", total="-70", kwh="-10", session="S", credits="RIGHT", **theirs)
    later = Received(partner="Resa", number="18", month=NOVEMBER)
    assert (await partner_invoices.register(platform, later, "kim")).net == -70


async def recorded(platform, peer, *cdrs: str) -> None:
    """The partner's record of his invoice 17, as it came or was changed."""
    body = {
        "country_code": "SE",
        "party_id": "RES",
        "id": "REC-1",
        "invoice_id": "17",
        "cdrs": [*cdrs],
        "last_updated": write(NOW),
    }
    key = ObjectKey(module=ModuleID.INVOICE_RECONCILIATION, party=RESA, id="REC-1")
    stored = StoredObject(key=key, version=Version.V2_3_0, body=json.dumps(body), last_updated=NOW, peer_id=peer.id)
    await platform.store.objects.put(stored)
    await record_checks.reconcile(platform, stored)


async def test_a_record_that_changed_after_its_invoice_was_registered_is_named(platform):
    store = platform.store
    peer = await store.peers.by_name("Resa")
    seller = await customer(store, "Resa AB", kind=CustomerKind.OPERATOR, party=RESA)
    theirs = {"peer_id": peer.id, "party": RESA, "audience": LADE}
    await charge(store, "T1", **theirs)
    await charge(store, "T2", total="20.02", **theirs)
    await recorded(platform, peer, "T1", "T2")
    received = Received(partner="Resa", number="17", tax_rate=Decimal(25), day=date(2026, 11, 30))
    assert (await partner_invoices.register(platform, received, "kim")).net == Decimal("100.02")

    async def of_invoices():
        found = (await reconciliation.check(platform, NOVEMBER)).findings
        return [(one.about, one.fault, str(one.found), str(one.expected)) for one in found if one.step is Step.INVOICE]

    assert await of_invoices() == []
    await recorded(platform, peer, "T1")
    about, now, before = f"{seller.number}/17", "records come to 80 SEK", "100.02 SEK, as when it was registered"
    assert await of_invoices() == [(about, Fault.DIFFERS, f"the partner's {now}", before)]


async def test_a_credit_cdr_of_what_was_never_billed_is_not_left_out_of_a_record(platform):
    """What was corrected before anybody billed it is due as the corrected CDR alone."""
    peer = await platform.store.peers.by_name("Resa")
    theirs = {"peer_id": peer.id, "party": RESA, "audience": LADE}
    await charge(platform.store, "T1", **theirs)
    await corrected(platform.store, **theirs)
    await recorded(platform, peer, "T1")
    [check] = await platform.store.record_checks.newest(5)
    assert [one.id for one in check.unnamed] == ["RIGHT"]
    await recorded(platform, peer, "T1", "WRONG")
    [check] = await platform.store.record_checks.newest(5)
    assert [one.id for one in check.unnamed] == ["CREDIT", "RIGHT"], "he billed what was taken back"


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({"partner": "Nobody"}, NotFound, "no partner"),
        ({"currency": None}, UserError, "--currency"),
        ({"net": None}, UserError, "--net"),
    ],
)
async def test_an_invoice_that_cannot_be_registered_says_why(platform, fields, error, said):
    await customer(platform.store, "Resa AB", kind=CustomerKind.OPERATOR, party=RESA)
    usual = {"partner": "Resa", "number": "1", "currency": "SEK", "net": Decimal(1)}
    with pytest.raises(error, match=said):
        await partner_invoices.register(platform, Received(**(usual | fields)), "kim")


async def test_a_partner_that_is_no_customer_is_named(platform):
    with pytest.raises(NotFound, match="no customer of kind operator or provider"):
        await partner_invoices.register(
            platform, Received(partner="Resa", number="1", currency="SEK", net=Decimal(1)), "k"
        )


# ---- the books -----------------------------------------------------------------------------------------------------


async def test_a_month_is_closed_once_and_nothing_is_booked_in_it_afterwards(platform):
    store = platform.store
    _, kept = await sound(store, "C1")
    closed = await books.close(platform, NOVEMBER, "kim")
    assert closed.closed
    assert [(one.base, one.amount, one.tax.country, one.tax.rate) for one in closed.revenue] == [(80, 20, "SE", 25)]
    assert closed.debts == ()
    for day in (date(2026, 11, 30), date(2026, 10, 1)):
        with pytest.raises(Conflict, match="closed to the end of 2026-11"):
            await pay(store, kept, "1", day)
    with pytest.raises(Conflict, match="closed to the end of 2026-11"):
        await issued(store, await customer(store), at=ENDED)
    await pay(store, kept, "2", date(2026, 12, 1))
    await pay(store, kept, "100")
    with pytest.raises(Conflict, match="closed to 2026-11"):
        await books.close(platform, NOVEMBER, "kim")
    assert await books.report(platform, NOVEMBER) == closed
    assert [one.who for one in await books.closed(platform)] == ["kim"]


async def test_a_month_cannot_be_closed_too_early_nor_before_an_earlier_one(platform):
    with pytest.raises(Conflict, match="2026-12 is not over"):
        await books.close(platform, DECEMBER, "kim")
    await issued(platform.store, await customer(platform.store), at=ENDED - timedelta(days=40))
    with pytest.raises(Conflict, match="2026-10 has entries"):
        await books.close(platform, NOVEMBER, "kim")


async def test_a_report_names_what_is_open(platform):
    store = platform.store
    buyer, _ = await sound(store, "C1")
    await billed(store, buyer, await charge(store, "WAITS"))
    await charge(store, "UNBILLED")
    await charge(store, "HELD", state=ClearingState.HELD)
    await charge(store, "DISPUTED", state=ClearingState.DISPUTED)
    late = await issued(store, await customer(store, "Berg AB"), at=ENDED - timedelta(days=40))
    found = await books.report(platform, NOVEMBER)
    assert {(one.why, one.cdrs) for one in found.waiting} == {
        ("held", 1),
        ("disputed", 1),
        ("unbilled", 1),
        ("uninvoiced", 1),
    }
    assert [(one.number, one.customer, one.amount) for one in found.debts] == [(late.number, "Berg AB", 100)]
    assert [(one.account, one.days, one.amount) for one in found.ages] == [(Account.RECEIVABLE, 60, 100)]
    assert (found.unbalanced, found.broken_seals) == ((), ())
    words = [cell for table in book_paper.month_paper(platform, found).tables for row in table.rows for cell in row]
    assert "Accepted, and billed to nobody" in words


async def test_the_export_of_a_closed_month_stays_the_same_and_balances(platform):
    store = platform.store
    _, kept = await sound(store, "C1", "C2")
    await books.close(platform, NOVEMBER, "kim")
    first = await books.export(platform, NOVEMBER, ExportFormat.SIE)
    await pay(store, kept, "3", date(2026, 12, 2))
    later = Platform(
        settings=Settings(seller=SellerSettings(name="Another AB")),
        clock=lambda: NOW + timedelta(days=90),
        store=store,
        partners=None,
        stations=None,
        sealing=None,
    )
    assert await books.export(later, NOVEMBER, ExportFormat.SIE) == first
    records, vouchers = read(first)
    assert records["#FNAMN"] == [["Lade AB"]]
    assert [head[1] for head, _ in vouchers] == ["1", "2"]
    assert [sum(amount for _, amount in lines) for _, lines in vouchers] == [0, 0]
    assert read(await books.export(later, DECEMBER, ExportFormat.SIE))[1][0][0][1] == "3"


async def test_an_export_is_in_one_currency(platform):
    buyer = await customer(platform.store)
    await issued(platform.store, buyer)
    await issued(platform.store, buyer, currency="EUR")
    with pytest.raises(UserError, match="--currency EUR"):
        await books.export(platform, NOVEMBER, ExportFormat.SIE)
    text = (await books.export(platform, NOVEMBER, ExportFormat.CSV, "EUR")).decode()
    assert "EUR" in text
    assert "SEK" not in text


async def test_each_currency_has_a_series_of_its_own_but_in_months_that_were_closed_before(platform):
    buyer = await customer(platform.store)
    await issued(platform.store, buyer)
    await issued(platform.store, buyer, currency="EUR")

    async def numbers(currency, **series):
        settings = replace(
            platform.settings, charging=ChargingSettings(currency="SEK"), billing=BillingSettings(**series)
        )
        here = dataclasses.replace(platform, settings=settings)
        _, vouchers = read(await books.export(here, NOVEMBER, ExportFormat.SIE, currency))
        text = (await books.export(here, NOVEMBER, ExportFormat.CSV, currency)).decode()
        return [head[:2] for head, _ in vouchers], text.splitlines()[1].split(",")[0]

    assert await numbers("SEK") == ([["O", "1"]], "O1")
    assert await numbers("EUR") == ([["OEUR", "1"]], "OEUR1")
    assert await numbers("EUR", voucher_series_of={"EUR": "E"}) == ([["E", "1"]], "E1")
    rate = ExchangeRateSettings(currency="EUR", since=date(2026, 11, 1), rate=Decimal(11))
    settings = replace(
        platform.settings, charging=ChargingSettings(currency="SEK"), billing=BillingSettings(exchange_rates=(rate,))
    )
    here = dataclasses.replace(platform, settings=settings)
    in_kronor, _ = read(await books.export(here, NOVEMBER, ExportFormat.SIE, "EUR"))
    assert in_kronor["#VALUTA"] == [["SEK"]]
    before = json.loads(msgspec.json.encode(books.books_of(platform, NOVEMBER, date(2026, 12, 1))))
    del before["currency"], before["series_of"], before["rates"]
    await platform.store.books.close(NOVEMBER.first, NOW, "kim", json.dumps(before))
    assert await numbers("EUR") == ([["O", "1"]], "O1")


def test_receipts_and_invoices_are_not_numbered_alike():
    with pytest.raises(ValueError, match="told apart by their numbers"):
        Settings(seller=SellerSettings(receipt_series="F"))


def test_two_currencies_in_one_series_are_refused():
    with pytest.raises(ValueError, match="another one for each currency"):
        BillingSettings(voucher_series_of={"EUR": "O"})


# ---- commands ------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(platform, capsysbinary):
    async def ask(*words):
        args = parser().parse_args(list(words))
        module, commands = (books_command, BooksOf) if words[0] == "books" else (reconcile_command, ReconciliationOf)
        status = await module.run(args, commands(platform))
        return status, capsysbinary.readouterr().out.decode("utf-8", errors="replace")

    return ask


async def test_the_commands_from_first_to_last(platform, run, tmp_path):
    assert (await run("reconcile"))[0] == 0
    assert "no month is closed yet" in (await run("books", "list"))[1]
    assert "no partner has sent" in (await run("reconcile", "records"))[1]
    await sound(platform.store, "C1")
    await charge(platform.store, "UNBILLED")
    status, out = await run("reconcile", "--month", "2026-11", "--csv", str(tmp_path / "open.csv"))
    assert status == 1
    assert "1 bill missing" in out
    assert "SELAD/UNBILLED" in (tmp_path / "open.csv").read_text()
    assert json.loads((await run("reconcile", "--month", "2026-11", "--json"))[1])["summary"]["charges"] == 2
    assert "100.00" in (await run("reconcile", "statement", "Resa", "--month", "2026-11"))[1]
    for form in ("json", "csv", "pdf"):
        name = tmp_path / form
        await run("reconcile", "statement", "Resa", "--month", "2026-11", "--format", form, "--output", str(name))
        assert name.stat().st_size > 100
    assert "Drivers" not in (await run("books", "report", "--month", "2026-11"))[1]
    assert "Closed" in (await run("books", "close", "--month", "2026-11", "--pdf", str(tmp_path / "closed.pdf")))[1]
    assert json.loads((await run("books", "report", "--month", "2026-11", "--json"))[1])["closed"]
    assert json.loads((await run("books", "list", "--json"))[1])[0]["month"] == "2026-11"
    assert "#SIETYP 4" in (await run("books", "export", "--month", "2026-11"))[1]


async def test_many_invoices_are_registered_from_a_file(platform, run, tmp_path):
    await customer(platform.store, "Resa AB", kind=CustomerKind.OPERATOR, party=RESA)
    table = tmp_path / "invoices.csv"
    table.write_text("partner,number,net,vat,currency,day\nResa,17,80,20,SEK,2026-11-30\nSE/RES,18,8,,SEK,2026-11-30\n")
    assert "invoice 18 is in the books" in (await run("reconcile", "receive", "--file", str(table)))[1]
    assert len(await platform.store.ledger.open_invoices()) == 2
    table.write_text("partner,number,net\nResa,19,much\n")
    with pytest.raises(UserError, match="line 2, net: found 'much'"):
        await run("reconcile", "receive", "--file", str(table))
    with pytest.raises(UserError, match="found no NUMBER"):
        await run("reconcile", "receive")
    with pytest.raises(UserError, match="expected such as 2026-11"):
        await run("books", "report", "--month", "november")


def test_every_text_of_reports_has_its_swedish_with_the_same_places():
    swedish, root = translator("sv"), Path(book_paper.__file__).parents[2]
    names = (
        "billing/four_way.py",
        "app/books/reconciliation.py",
        "app/books/statements.py",
        "app/books/book_paper.py",
        "app/books/book_words.py",
    )
    found = [extract_from_file("python", root / name, keywords={"mark": None}) for name in names]
    texts = {str(message) for of_file in found for _, message, _, _ in of_file}
    assert len(texts) > 80
    assert {text for text in texts if swedish(text) == text} == {"Partner"}
    places = re.compile(r"{\w+}")
    assert [text for text in texts if set(places.findall(text)) != set(places.findall(swedish(text)))] == []


async def test_an_invoice_without_records_is_for_what_of_a_month_nobody_billed(platform):
    store = platform.store
    peer = await store.peers.by_name("Resa")
    seller = await customer(store, "Resa AB", kind=CustomerKind.OPERATOR, party=RESA)
    his = {"party": RESA, "peer_id": peer.id, "audience": LADE, "state": ClearingState.ACCEPTED}
    keys = [await charge(store, ident, **his) for ident in ("C1", "C2")]
    await charge(store, "DISPUTED", **{**his, "state": ClearingState.DISPUTED})
    await charge(store, "LATER", at=datetime(2026, 12, 2, tzinfo=UTC), **his)
    await billed(store, seller, *keys, purpose=Purpose.PURCHASE)
    received = Received(partner="Resa", number="17", month=NOVEMBER, day=date(2026, 12, 1))
    with pytest.raises(Conflict, match="found 99 SEK, expected 160"):
        await partner_invoices.register(platform, replace(received, net=Decimal(99)), "kim")
    kept = await partner_invoices.register(platform, received, "kim")
    assert (kept.net, kept.ours) == (160, 160)
    assert await partner_invoices.register(platform, received, "kim") == kept
    open_ = {(one.about, one.step) for one in (await reconciliation.check(platform, NOVEMBER)).findings}
    assert open_ == {
        ("SERES/C1", Step.BILL),
        ("SERES/C2", Step.BILL),
        ("SERES/DISPUTED", Step.CDR),
    }, "nobody pays for them, but what we pay is known"
    assert [one.invoiced for one in (await statements.statement(platform, "Resa", NOVEMBER)).rows] == [160, 0]
    assert {one.why for one in (await books.report(platform, NOVEMBER)).waiting} == {"disputed"}
    with pytest.raises(UserError, match="found no CDR of it"):
        await partner_invoices.register(platform, replace(received, number="18"), "kim")


async def test_whoever_books_while_a_month_is_closed_is_in_its_report_or_refused(platform):
    def booking(number: int) -> Entry:
        lines = [
            LedgerLine(account=account, amount=Decimal(amount), currency="SEK")
            for account, amount in ((Account.BANK, 1), (Account.UNMATCHED, -1))
        ]
        return entry(f"payment/{number}", date(2026, 11, 30), "payment", lines)

    async def book(number: int) -> bool:
        try:
            return await platform.store.ledger.book(booking(number))
        except Conflict:
            return False

    async with asyncio.timeout(30):
        before = [asyncio.create_task(book(number)) for number in range(20)]
        closing = asyncio.create_task(books.close(platform, NOVEMBER, "kim"))
        booked = await asyncio.gather(*before, *(book(number) for number in range(20, 40)))
        report = await closing
    assert sum(one.debit for one in report.balances) == sum(booked)
    assert await books.report(platform, NOVEMBER) == report


async def test_the_report_of_a_month_is_made_after_whoever_closed_it_died(platform):
    await sound(platform.store, "C1")
    as_json = msgspec.json.encode(books.books_of(platform, NOVEMBER, date(2026, 12, 20))).decode()
    await platform.store.books.close(NOVEMBER.first, NOW, "kim", as_json)
    first = await books.report(platform, NOVEMBER)
    assert first.closed
    await charge(platform.store, "LATE")
    assert await books.report(platform, NOVEMBER) == first
