"""Invoice reconciliation in both directions: direct and reverse billing (mod_invoice_reconciliation)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from charged import billed
from issued import credited, customer, invoiced
from ocpilot.app.books import partner_invoices
from ocpilot.app.books.partner_invoices import Received
from ocpilot.app.invoicing import invoice_records
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.clearing_records import Clearing, ClearingState, ClearingStep
from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import invoices
from ocpilot.app.partners import pull
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.app.work.jobs import Jobs
from ocpilot.base.errors import BadRequest, Conflict, InvalidObject, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.billing.invoice import InvoiceKind
from ocpilot.wire.protocol import ModuleID, Version

LADE, RESA, OTHER = PartyId("SE", "LAD"), PartyId("SE", "RES"), PartyId("SE", "OTH")
UPDATED = "2026-11-01T10:00:00Z"
RECEIVER = "2.3.0/receiver/invoicereconciliation"


def record(ident="R1", party="LAD", **fields):
    whole = {"country_code": "SE", "party_id": party, "id": ident, "invoice_id": "2026-11", "cdrs": ["C1", "C2"]}
    return whole | {"last_updated": UPDATED} | fields


async def send(newest, method, path="", body=None):
    return await newest.resa.ask(method, RECEIVER + path, newest.lades_token, body)


async def pushed(node, peer):
    worker = PushWorker(node.platform, peer.id, lambda: 0.5)
    await worker.round(peer)


@pytest.fixture
async def charged(newest, bodies):
    """Two CDRs that the operator issued and the provider has, and one with another provider."""
    for ident in ("C1", "C2"):
        await newest.lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0, ident), audience=RESA.key)
    await newest.lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0, "C9", provider="OTH"), audience=OTHER.key)
    await pushed(newest.lade, newest.resa_at_lade)
    return newest


# ---- the interface -------------------------------------------------------------------------------------------------


async def test_a_record_is_created_once_read_changed_and_deleted(newest):
    created = await send(newest, "POST", body=record())
    assert (created.http, created.status) == (201, 1000)
    assert (await send(newest, "POST", body=record())).http == 200
    assert (await newest.resa.ask("GET", created.headers["Location"], newest.lades_token)).data == record()
    changed = record(cdrs=["C1"])
    refused = await send(newest, "POST", body=changed)
    assert (refused.http, refused.status) == (200, 2000)
    assert "use PUT" in refused.message
    assert (await send(newest, "PUT", "/SE/LAD/R1", changed)).http == 200
    assert (await send(newest, "GET", "/SE/LAD/R1")).data["cdrs"] == ["C1"]
    assert (await send(newest, "DELETE", "/SE/LAD/R1")).status == 1000
    assert (await send(newest, "GET", "/SE/LAD/R1")).http == 404


async def test_a_record_without_cdrs_is_refused(newest):
    reply = await send(newest, "POST", body=record(cdrs=[]))
    assert (reply.http, reply.status) == (200, 2001)
    assert [problem["path"] for problem in reply.data] == ["$.cdrs"]


async def test_a_record_of_another_party_is_404(newest):
    assert (await send(newest, "POST", body=record(party="OTH"))).http == 404
    assert (await send(newest, "PUT", "/SE/OTH/R1", record(party="OTH"))).http == 404


async def test_there_is_no_patch_and_the_module_is_of_2_3_0_only(newest):
    assert (await send(newest, "PATCH", "/SE/LAD/R1", {})).headers["Allow"] == "DELETE, GET, PUT"
    assert (await newest.resa.ask("POST", RECEIVER.replace("2.3.0", "2.2.1"), newest.lades_token, {})).http == 404


# ---- direct billing: the operator sends the invoice -----------------------------------------------------------------


async def test_the_operator_issues_a_record_that_the_provider_adds_up(charged):
    issued = await invoices.issue(charged.lade.platform, LADE, "2026-11", ["C1", "C2"])
    await pushed(charged.lade, charged.resa_at_lade)
    found = await invoices.reconcile(charged.resa.platform, issued.key, charged.lade_at_resa.id)
    assert found.record.invoice_id == "2026-11"
    [total] = found.totals
    assert (total.currency, str(total.before_taxes), total.cdrs) == ("SEK", "10.50", 2)
    assert found.unknown == ()


async def test_an_updated_record_arrives_by_put_and_a_withdrawn_one_is_gone(charged):
    issued = await invoices.issue(charged.lade.platform, LADE, "2026-11", ["C1", "C2"])
    await pushed(charged.lade, charged.resa_at_lade)
    again = await invoices.issue(charged.lade.platform, LADE, "2026-11", ["C1"])
    assert again.key == issued.key
    await pushed(charged.lade, charged.resa_at_lade)
    found = await invoices.reconcile(charged.resa.platform, issued.key, charged.lade_at_resa.id)
    assert found.record.cdrs == ("C1",)
    assert await invoices.withdraw(charged.lade.platform, LADE, issued.key.id)
    await pushed(charged.lade, charged.resa_at_lade)
    with pytest.raises(NotFound):
        await invoices.reconcile(charged.resa.platform, issued.key, charged.lade_at_resa.id)


async def test_a_changed_record_that_the_receiver_lost_arrives_all_the_same(charged):
    issued = await invoices.issue(charged.lade.platform, LADE, "2026-11", ["C1", "C2"])
    await pushed(charged.lade, charged.resa_at_lade)
    await charged.resa.platform.store.objects.delete(issued.key, charged.lade_at_resa.id)
    await invoices.issue(charged.lade.platform, LADE, "2026-11", ["C1"])
    await pushed(charged.lade, charged.resa_at_lade)
    assert await charged.resa.platform.store.objects.get(issued.key, charged.lade_at_resa.id) is not None


async def test_a_cdr_that_has_not_come_yet_is_named(charged):
    body = record(cdrs=["C1", "C7"])
    await send(charged, "POST", body=body)
    [kept] = await charged.resa.platform.store.objects.find(ModuleID.INVOICE_RECONCILIATION, "R1")
    found = await invoices.reconcile(charged.resa.platform, kept.key, kept.peer_id)
    assert (found.unknown, found.totals[0].cdrs) == (("C7",), 1)


@pytest.mark.parametrize("cdrs", [["C1", "C9"], ["C1", "C1"], ["C1", "C7"]])
async def test_an_invoice_is_for_cdrs_of_one_party_each_once_and_known(charged, cdrs):
    with pytest.raises(InvalidObject) as caught:
        await invoices.issue(charged.lade.platform, LADE, "2026-11", cdrs)
    assert [problem.path for problem in caught.value.problems] == ["$.cdrs[1]"]


async def test_an_invoice_is_for_at_least_one_cdr_and_stays_with_its_party(charged):
    with pytest.raises(BadRequest):
        await invoices.issue(charged.lade.platform, LADE, "2026-11", [])
    await invoices.issue(charged.lade.platform, LADE, "2026-11", ["C1"])
    with pytest.raises(Conflict):
        await invoices.issue(charged.lade.platform, LADE, "2026-11", ["C9"])


async def test_a_provider_lists_the_records_for_it_only(charged):
    await invoices.issue(charged.lade.platform, LADE, "to Resa", ["C1"])
    await invoices.issue(charged.lade.platform, LADE, "to another", ["C9"])
    listed = await charged.lade.ask("GET", "2.3.0/sender/invoicereconciliation", charged.resas_token)
    assert [one["invoice_id"] for one in listed.data] == ["to Resa"]


# ---- reverse billing: the provider sends the invoice ----------------------------------------------------------------


async def test_the_provider_issues_a_record_that_the_operator_adds_up(charged):
    issued = await invoices.issue(charged.resa.platform, RESA, "credit 11", ["C1", "C2"])
    assert issued.audience == LADE.key
    await pushed(charged.resa, charged.lade_at_resa)
    found = await invoices.reconcile(charged.lade.platform, issued.key, charged.resa_at_lade.id)
    assert (str(found.totals[0].before_taxes), found.unknown) == ("10.50", ())


async def test_a_record_about_cdrs_with_somebody_else_adds_up_nothing(charged):
    body = record(party="RES", cdrs=["C9"])
    assert (await charged.lade.ask("POST", RECEIVER, charged.resas_token, body)).http == 201
    [kept] = await charged.lade.platform.store.objects.find(ModuleID.INVOICE_RECONCILIATION, "R1")
    found = await invoices.reconcile(charged.lade.platform, kept.key, kept.peer_id)
    assert (found.totals, found.unknown) == ((), ("C9",))


@pytest.mark.parametrize("direct", [True, False])
async def test_records_that_were_missed_are_fetched_in_both_directions(charged, direct):
    node, party = (charged.lade, LADE) if direct else (charged.resa, RESA)
    other, peer = (charged.resa, charged.lade_at_resa) if direct else (charged.lade, charged.resa_at_lade)
    issued = await invoices.issue(node.platform, party, "2026-11", ["C1"])
    assert (await pull.pull(other.platform, peer)).problems == ()
    found = await invoices.reconcile(other.platform, issued.key, peer.id)
    assert (found.record.cdrs, found.unknown) == (("C1",), ())


# ---- what our invoices are for, and partners' records against our books --------------------------------------------


@pytest.fixture
async def accepted(charged):
    """The same CDRs as they stand on both sides: issued here, accepted there; both are each other's customer."""
    for node, state, peer_id in ((charged.lade, "issued", None), (charged.resa, "accepted", charged.lade_at_resa.id)):
        for ident in ("C1", "C2"):
            await stand(node.platform.store, ident, state, peer_id)
    return charged


async def stand(store, ident, state, peer_id=None):
    """Where a CDR of Lade for Resa stands."""
    key = ObjectKey(module=ModuleID.CDRS, party=LADE, id=ident)
    at = datetime(2026, 11, 1, 10, tzinfo=UTC)
    found = Clearing(
        key=key,
        peer_id=peer_id,
        audience=RESA.key,
        token_uid="04A1B2C3",
        state=ClearingState(state),
        why="a test",
        currency="SEK",
        total=Decimal("5.25"),
        kwh=Decimal("1.5"),
        ended_at=at,
        rated=True,
        at=at,
    )
    await store.clearings.begin(found, ClearingStep(key=key, before=None, after=found.state, who="t", why="t", at=at))
    return key


async def invoice(node, kind, party, purpose, *idents, document=InvoiceKind.INVOICE):
    buyer = await node.platform.store.customers.of_party(party, kind)
    buyer = buyer or await customer(node.platform.store, "A partner", kind=kind, party=party)
    keys = [ObjectKey(module=ModuleID.CDRS, party=LADE, id=ident) for ident in idents]
    await billed(node.platform.store, buyer, *keys, purpose=purpose, net="5.25")
    return await invoiced(node.platform.store, buyer, purpose=purpose, kind=document)


async def looked_at(connection, direct=True):
    """What the other side makes of the records that came."""
    sender, peer = (connection.lade, connection.resa_at_lade) if direct else (connection.resa, connection.lade_at_resa)
    receiver = connection.resa if direct else connection.lade
    await Jobs(sender.platform).once()
    await pushed(sender, peer)
    await Jobs(receiver.platform).once()
    return await receiver.platform.store.record_checks.newest(10)


async def test_an_invoice_tells_by_itself_what_it_is_for_and_the_provider_books_it(accepted):
    kept = await invoice(accepted.lade, CustomerKind.PROVIDER, RESA, Purpose.ROAMING, "C1", "C2")
    [check] = await looked_at(accepted)
    assert (check.invoice_id, check.is_open, check.ours) == (kept.number, False, False)
    assert [(one.id, one.verdict) for one in check.cdrs] == [("C1", "agreed"), ("C2", "agreed")]
    assert [(one.currency, one.agreed) for one in check.sums] == [("SEK", Decimal("10.50"))]
    resa = accepted.resa.platform
    seller = await customer(resa.store, "Lade AB", kind=CustomerKind.OPERATOR, party=LADE)
    received = Received(partner="Lade", number=kept.number, tax_rate=Decimal(25))
    await partner_invoices.register(resa, received, "kim")
    [debt] = await resa.store.ledger.open_invoices()
    assert (debt.number, str(debt.amount)) == (f"{seller.number}/{kept.number}", "-13.13")
    with pytest.raises(Conflict, match=r"found 99 SEK, expected 10\.50"):
        await partner_invoices.register(resa, replace(received, net=Decimal(99)), "kim")


async def test_the_provider_s_own_invoice_is_checked_by_the_operator(accepted):
    kept = await invoice(
        accepted.resa, CustomerKind.OPERATOR, LADE, Purpose.PURCHASE, "C1", document=InvoiceKind.SELF_BILLED
    )
    [check] = await looked_at(accepted, direct=False)
    assert (check.invoice_id, check.ours, check.is_open) == (kept.number, True, False)
    assert [one.id for one in check.unnamed] == ["C2"]
    lade = accepted.lade.platform
    await customer(lade.store, "Resa AB", kind=CustomerKind.PROVIDER, party=RESA)
    await partner_invoices.register(lade, Received(partner="Resa", number=kept.number), "kim")
    assert [one.amount for one in await lade.store.ledger.open_invoices()] == [Decimal("5.25")]


async def test_a_credit_note_takes_the_record_back_and_the_next_invoice_names_the_cdrs(accepted):
    store = accepted.lade.platform.store
    first = await invoice(accepted.lade, CustomerKind.PROVIDER, RESA, Purpose.ROAMING, "C1", "C2")
    assert len(await looked_at(accepted)) == 1
    await credited(store, first.number, again=True)
    assert await looked_at(accepted) == ()
    again = await invoiced(store, await store.customers.of_party(RESA, CustomerKind.PROVIDER), purpose=Purpose.ROAMING)
    [check] = await looked_at(accepted)
    assert (check.invoice_id, check.is_open) == (again.number, False)


async def test_a_long_invoice_has_several_records(accepted, monkeypatch):
    monkeypatch.setattr(invoice_records, "MOST_CDRS", 1)
    kept = await invoice(accepted.lade, CustomerKind.PROVIDER, RESA, Purpose.ROAMING, "C1", "C2")
    checks = await looked_at(accepted)
    assert [(one.invoice_id, len(one.cdrs)) for one in checks] == [(kept.number, 1)] * 2
    await credited(accepted.lade.platform.store, kept.number)
    assert await looked_at(accepted) == ()


async def test_each_cdr_that_we_do_not_agree_with_says_why(accepted, bodies):
    store = accepted.resa.platform.store
    for ident, state in (("C3", "disputed"), ("C4", "dropped"), ("C5", "held"), ("C6", "accepted")):
        body = bodies.cdr(Version.V2_3_0, ident)
        await accepted.lade.keep(ModuleID.CDRS, body, audience=RESA.key)
        await stand(store, ident, state, accepted.lade_at_resa.id)
    await pushed(accepted.lade, accepted.resa_at_lade)
    await send(accepted, "POST", body=record("R1", cdrs=["C1"]))
    later = record("R2", cdrs=["C1", "C2", "C2", "C3", "C4", "C5", "C7"], last_updated="2026-11-02T10:00:00Z")
    await send(accepted, "POST", body=later)
    await Jobs(accepted.resa.platform).once()
    first, second = sorted(await store.record_checks.newest(10), key=lambda one: one.key.id)
    assert not first.is_open
    assert [(one.id, str(one.verdict)) for one in second.cdrs] == [
        ("C1", "billed_twice"),
        ("C2", "agreed"),
        ("C2", "named_twice"),
        ("C3", "disputed"),
        ("C4", "dropped"),
        ("C5", "not_accepted"),
        ("C7", "unknown"),
    ]
    assert [one.id for one in second.unnamed] == ["C6"]
    await customer(store, "Lade AB", kind=CustomerKind.OPERATOR, party=LADE)
    with pytest.raises(Conflict, match="6 of its CDRs we do not agree with"):
        await partner_invoices.register(accepted.resa.platform, Received(partner="Lade", number="2026-11"), "kim")


async def test_a_record_that_changed_is_looked_at_again(accepted):
    store = accepted.resa.platform.store
    await send(accepted, "POST", body=record(cdrs=["C1", "C7"]))
    await Jobs(accepted.resa.platform).once()
    assert (await store.record_checks.newest(1))[0].is_open
    await send(accepted, "PUT", "/SE/LAD/R1", record(cdrs=["C1"], last_updated="2026-11-03T10:00:00Z"))
    await Jobs(accepted.resa.platform).once()
    assert not (await store.record_checks.newest(1))[0].is_open
