"""Invoices by the JSON API over real HTTP: listed in pages, as documents, taken back, written; and told by web hook."""

import pytest
from backoffice import office

from issued import ISSUED, customer, issued
from ocpilot.app.invoicing import invoice_runs
from ocpilot.app.kept.api_ports import Scope
from ocpilot.app.office import hook_events, hooks
from ocpilot.base.errors import UserError
from ocpilot.wire import codec


@pytest.fixture
async def billed(lade):
    """An operator's platform with three invoices of Anna and one of Omar; the store, and Anna's number."""
    store = lade.platform.store
    anna, omar = await customer(store), await customer(store, "Omar Haddad")
    for one in (anna, omar, anna, anna):
        await issued(store, one)
    return lade, anna


async def test_invoices_are_listed_in_pages_and_by_what_is_asked(billed):
    lade, anna = billed
    erp = await office(lade)
    first = await erp.get(f"/invoices?limit=2&customer={anna.number}")
    assert [one["number"] for one in first.body["items"]] == ["F-000004", "F-000003"]
    second = await erp.get(f"/invoices?limit=2&customer={anna.number}&cursor={first.body['next']}")
    assert ([one["number"] for one in second.body["items"]], second.body["next"]) == (["F-000001"], None)
    after = ISSUED.isoformat().replace("+00:00", "Z")
    for query, count in (
        ("open=true", 4),
        ("unsent=true", 4),
        (f"issued_from={after}", 4),
        (f"issued_to={after}", 0),
    ):
        assert len((await erp.get(f"/invoices?{query}")).body["items"]) == count
    assert (await erp.get("/invoices?open=perhaps")).status == 400
    assert (await erp.get("/invoices?cursor=zz")).status == 400
    assert (await erp.get("/invoices?customer=99")).status == 404


async def test_one_is_read_in_full_as_a_document_and_taken_back(billed):
    lade, _ = billed
    erp = await office(lade)
    found = (await erp.get("/invoices/F-000001")).body
    assert (found["invoice"]["payable"], found["invoice"]["state"]) == ("100.00", "open")
    assert (len(found["lines"]), len(found["taxes"]), len(found["cdrs"])) == (1, 1, 1)
    pdf = await erp.get("/invoices/F-000001/pdf")
    assert (pdf.headers["Content-Type"], pdf.raw[:4]) == ("application/pdf", b"%PDF")
    assert "F-000001.pdf" in pdf.headers["Content-Disposition"]
    xml = await erp.get("/invoices/F-000001/xml")
    assert (xml.status, "no VAT number" in xml.body["detail"]) == (422, True)
    gone = await erp.ask("POST", "/invoices/F-000001/credit", {"why": "broken", "charges": ["C404"]})
    assert (gone.status, "no charge C404" in gone.body["detail"]) == (404, True)
    note = await erp.ask("POST", "/invoices/F-000001/credit", {"why": "wrong address"})
    assert (note.status, note.body["invoice"]["credits"]) == (201, "F-000001")
    assert (await erp.get("/invoices/F-000001")).body["invoice"]["state"] == "credited"
    assert (await erp.ask("POST", "/invoices/F-000001/credit", {"why": "again"})).status == 409
    assert (await erp.ask("POST", "/invoices/F-000001/credit", {"why": ""})).status == 422
    assert (await erp.ask("POST", "/invoices/F-000009/credit", {"why": "no such"})).status == 404
    assert (await erp.get("/invoices/F-000009/pdf")).status == 404


async def test_a_run_is_asked_for_and_followed(billed):
    lade, anna = billed
    erp = await office(lade, name="erp")
    asked = await erp.ask("POST", "/invoice-runs", {"customer": anna.number})
    assert (asked.status, asked.body["state"], asked.body["who"]) == (202, "running", "API key erp")
    await invoice_runs.go_on(lade.platform)
    done = (await erp.get(f"/invoice-runs/{asked.body['id']}")).body
    assert (done["state"], done["groups"], done["written"]) == ("done", 0, 0)
    for nowhere in ("99", "x", "9" * 30):
        assert (await erp.get(f"/invoice-runs/{nowhere}")).status == 404


async def test_a_key_needs_the_scope_and_one_of_a_single_party_cannot_have_it(billed):
    lade, _ = billed
    reading = await office(lade, Scope.INVOICES_READ, name="reading")
    assert (await reading.get("/invoices")).status == 200
    assert (await reading.ask("POST", "/invoice-runs", {})).status == 403
    other = await office(lade, Scope.CDRS_READ, name="other")
    assert (await other.get("/invoices/F-000001/pdf")).status == 403
    with pytest.raises(UserError, match="whole platform"):
        await office(lade, Scope.INVOICES_READ, party="SE/LAD", name="of one party")


async def test_a_web_hook_is_told_of_every_invoice(lade):
    platform = lade.platform
    made = await hooks.add(platform, "erp", "https://erp.example.com/hook", ["invoice.issued"])
    await issued(platform.store, await customer(platform.store))
    [event] = await platform.store.hooks.events(made.hook.id, 9)
    said = codec.loads((await hook_events.body_of(platform, made.hook, event)).encode())
    assert (said["event"], said["object"]["number"]) == ("invoice.issued", "F-000001")
