"""Invoice reconciliation in both directions: direct and reverse billing (mod_invoice_reconciliation)."""

import pytest

from ocpilot.app import invoices, pull
from ocpilot.app.push_worker import PushWorker
from ocpilot.base.errors import BadRequest, Conflict, InvalidObject, NotFound
from ocpilot.base.ids import PartyId
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
