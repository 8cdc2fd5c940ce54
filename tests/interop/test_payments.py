"""A payment terminal provider and an operator: terminals, their assignment, what was captured (mod_payments)."""

import json
import os
from pathlib import Path

import pytest
from strangers import stranger

from ocpilot.app.ocpi import payments
from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.base import time
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import FinancialAdviceConfirmation, Price, Terminal

TERMINALS = "2.3.0/sender/payments/terminals"
AT_OPERATOR = "2.3.0/receiver/payments/terminals"
CONFIRMATIONS = "2.3.0/receiver/payments/financial-advice-confirmations"
UPDATED = "2026-11-01T10:00:00Z"
LADE, PAYR = PartyId("SE", "LAD"), PartyId("SE", "PAY")


@pytest.fixture
async def payr(start, second_database_url, tmp_path):
    """The terminal provider SE/PAY."""
    party = PartySettings(country_code="SE", party_id="PAY", role="PTP", name="Payr AB")
    async with start("Payr", (party,), second_database_url, tmp_path) as running:
        yield running


@pytest.fixture
async def pair(lade, payr, register):
    """The operator `lade` and the terminal provider `resa` of the pair."""
    return await register(lade, payr, Version.V2_3_0)


@pytest.fixture
def example():
    """An example of the standard."""
    folder = os.environ.get("OCPI_EXAMPLES")
    if not folder:
        pytest.skip("OCPI_EXAMPLES is not set: the examples of the standard are not part of the project")

    def read(name):
        return json.loads((Path(folder) / "2.3.0-payments" / f"payment_{name}.json").read_text())

    return read


def terminal(ident="T1", **fields):
    return Terminal(terminal_id=ident, last_updated=time.parse(UPDATED), **fields)


async def ours(pair, ident="T1", operator=LADE, **fields):
    await payments.put_terminal(pair.resa.platform, PAYR, terminal(ident, **fields), operator)


async def as_operator(pair, method, path, body=None, **more):
    return await pair.resa.ask(method, f"{TERMINALS}{path}", pair.lades_token, body, **more)


async def as_provider(pair, method, url, body=None):
    return await pair.lade.ask(method, url, pair.resas_token, body)


async def pushed(pair):
    """One round of pushes of the terminal provider."""
    worker = PushWorker(pair.resa.platform, pair.lade_at_resa.id, lambda: 0.5)
    await worker.round(pair.lade_at_resa)


# ---- endpoints -----------------------------------------------------------------------------------------------------


async def test_each_role_lists_its_side_and_only_in_2_3_0(pair):
    for asked, token, side in ((pair.resa, pair.lades_token, "SENDER"), (pair.lade, pair.resas_token, "RECEIVER")):
        newest = (await asked.ask("GET", "2.3.0", token)).data["endpoints"]
        assert [one["role"] for one in newest if one["identifier"] == "payments"] == [side]
        older = (await asked.ask("GET", "2.2.1", token)).data["endpoints"]
        assert not [one for one in older if one["identifier"] == "payments"]
        assert (await asked.ask("GET", f"2.2.1/{side.lower()}/payments/terminals/T1", token)).http == 404


# ---- the operator's side -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["terminal_create_minimal", "terminal_create", "terminal_example_assigned_locations"])
async def test_a_terminal_is_created_at_the_operator_and_read_back(pair, example, name):
    sent = example(name)
    created = await as_provider(pair, "POST", AT_OPERATOR, sent)
    assert (created.http, created.status) == (201, 1000)
    read = await as_provider(pair, "GET", created.headers["Location"])
    assert sent.items() <= read.data.items()
    assert (await as_provider(pair, "POST", AT_OPERATOR, read.data)).http == 200


async def test_a_confirmation_is_created_at_the_operator_and_read_back(pair, example):
    sent = example("financial_advice_confirmation_create") | {"total_costs": {"before_taxes": 4.0}}
    created = await as_provider(pair, "POST", CONFIRMATIONS, sent)
    assert (created.http, created.status) == (201, 1000)
    assert (await as_provider(pair, "GET", created.headers["Location"])).data == sent
    assert (await as_provider(pair, "GET", f"{AT_OPERATOR}/{sent['id']}")).http == 404


async def test_a_confirmation_without_what_belongs_on_the_invoice_is_refused(pair, example):
    reply = await as_provider(pair, "POST", CONFIRMATIONS, example("financial_advice_confirmation_example_failure"))
    assert reply.status == 2001
    assert {"$.eft_data", "$.total_costs.before_taxes"} <= {problem["path"] for problem in reply.data}


async def test_an_operator_creates_no_terminals_at_an_operator(lade, resa, register):
    provider = await register(lade, resa, Version.V2_3_0)
    reply = await lade.ask("POST", AT_OPERATOR, provider.resas_token, {"terminal_id": "T1"})
    assert reply.http == 404
    assert "payments are for OTHER, PTP" in reply.message


# ---- the terminal provider's side ----------------------------------------------------------------------------------


async def test_the_operator_lists_and_reads_its_terminals_and_no_others(pair):
    await ours(pair, "T1")
    await ours(pair, "T2", PartyId("SE", "OTH"))
    await ours(pair, "T3", None)
    assert [one["terminal_id"] for one in (await as_operator(pair, "GET", "")).data] == ["T1"]
    assert (await as_operator(pair, "GET", "/t1")).data["terminal_id"] == "T1"
    for unseen in ("/T2", "/T3", "/T4"):
        assert (await as_operator(pair, "GET", unseen)).http == 404
        assert (await as_operator(pair, "PATCH", unseen, {"location_ids": ["L1"]})).http == 404
        assert (await as_operator(pair, "POST", f"{unseen}/deactivate")).http == 404


async def test_lists_of_terminals_and_confirmations_are_two(pair):
    await ours(pair)
    advice = FinancialAdviceConfirmation(
        id="F1",
        authorization_reference="A1",
        total_costs=Price(before_taxes=4),
        currency="SEK",
        eft_data=("Card",),
        capture_status_code="SUCCESS",
        last_updated=time.parse(UPDATED),
    )
    await payments.confirm(pair.resa.platform, PAYR, advice, LADE)
    listed = await pair.resa.ask(
        "GET", "2.3.0/sender/payments/financial-advice-confirmations?limit=1", pair.lades_token
    )
    assert ([one["id"] for one in listed.data], listed.headers["X-Total-Count"]) == (["F1"], "1")
    assert (await as_operator(pair, "GET", "")).headers["X-Total-Count"] == "1"
    one = "2.3.0/sender/payments/financial-advice-confirmations/F1"
    assert (await pair.resa.ask("GET", one, pair.lades_token)).data["authorization_reference"] == "A1"


async def test_the_operator_assigns_locations(pair, example):
    await ours(pair, city="Kiruna")
    sent = example("terminal_location_assignment")
    assert (await as_operator(pair, "PATCH", "/T1", sent)).status == 1000
    now = (await as_operator(pair, "GET", "/T1")).data
    assert (now["location_ids"], now["city"]) == (sent["location_ids"], "Kiruna")
    assert now["last_updated"] > UPDATED


async def test_a_put_that_does_not_name_the_terminal_changes_what_it_says(pair, example):
    await ours(pair, city="Kiruna", location_ids=("L1",))
    assert (await as_operator(pair, "PUT", "/T1", example("terminal_put_update"))).status == 1000
    now = (await as_operator(pair, "GET", "/T1")).data
    assert (now["customer_reference"], now["city"], now["location_ids"]) == ("OMV", "Kiruna", ["L1"])


async def test_a_put_of_the_whole_terminal_replaces_all_but_the_reference(pair):
    await ours(pair, city="Kiruna", reference="serial-1")
    body = {"terminal_id": "T1", "customer_reference": "C", "last_updated": UPDATED}
    assert (await as_operator(pair, "PUT", "/T1", body)).status == 1000
    now = (await as_operator(pair, "GET", "/T1")).data
    assert (now.get("city"), now["reference"], now["customer_reference"]) == (None, "serial-1", "C")


@pytest.mark.parametrize("body", [{"terminal_id": "T9"}, {"reference": "another"}])
async def test_what_the_provider_gave_is_not_the_operators_to_change(pair, body):
    await ours(pair, reference="serial-1")
    for method in ("PUT", "PATCH"):
        reply = await as_operator(pair, method, "/T1", body)
        assert (reply.http, reply.status) == (200, 2001)
        assert "which the PTP gave" in reply.message


async def test_an_activated_terminal_is_made_once_and_arrives_at_the_operator(pair, example):
    body = example("terminal_activate")
    del body["terminal_id"]
    assert (await as_operator(pair, "POST", "/activate", body)).http == 201
    assert (await as_operator(pair, "POST", "/activate", body)).http == 200
    [made] = (await as_operator(pair, "GET", "")).data
    assert made["location_ids"] == body["location_ids"]
    await pushed(pair)
    arrived = await as_provider(pair, "GET", f"{AT_OPERATOR}/{made['terminal_id']}")
    assert arrived.data == made


async def test_nobody_activates_the_terminal_of_another(pair):
    await ours(pair, "T1", PartyId("SE", "OTH"))
    body = {"terminal_id": "T1", "last_updated": UPDATED}
    assert (await as_operator(pair, "POST", "/activate", body)).http == 404


async def test_a_deactivated_terminal_serves_nothing(pair):
    await ours(pair, location_ids=("L1",), evse_uids=("E1",))
    assert (await as_operator(pair, "POST", "/T1/deactivate")).status == 1000
    now = (await as_operator(pair, "GET", "/T1")).data
    assert not now.get("location_ids")
    assert not now.get("evse_uids")


async def test_there_is_no_other_method(pair):
    assert (await as_operator(pair, "POST", "", {})).headers["Allow"] == "GET"
    assert (await as_operator(pair, "DELETE", "/T1")).headers["Allow"] == "GET, PATCH, PUT"


# ---- both together -------------------------------------------------------------------------------------------------


async def test_our_operator_assigns_and_deactivates_through_our_client(pair):
    await ours(pair)
    await pushed(pair)
    lade, peer = pair.lade.platform, pair.resa_at_lade
    await payments.assign(lade, peer, "T1", {"location_ids": ["L1"], "evse_uids": ["E1"]}, LADE)
    theirs = (await as_operator(pair, "GET", "/T1")).data
    here = (await as_provider(pair, "GET", f"{AT_OPERATOR}/T1")).data
    assert theirs["location_ids"] == here["location_ids"] == ["L1"]
    await payments.ask_to_deactivate(lade, peer, "T1", LADE)
    assert not (await as_operator(pair, "GET", "/T1")).data.get("evse_uids")
    assert not (await as_provider(pair, "GET", f"{AT_OPERATOR}/T1")).data.get("evse_uids")
    with pytest.raises(NotFound):
        await payments.assign(lade, peer, "T7", {"location_ids": ["L1"]}, LADE)


async def test_our_operator_asks_for_activation_through_our_client(pair):
    await payments.ask_to_activate(pair.lade.platform, pair.resa_at_lade, {"reference": "serial-7"}, LADE)
    await pushed(pair)
    [kept] = await pair.lade.platform.store.objects.newest(ModuleID.PAYMENTS, 5)
    assert json.loads(kept.body)["reference"] == "serial-7"


async def test_a_terminal_is_pushed_once(pair):
    await ours(pair)
    await pushed(pair)
    await as_operator(pair, "PATCH", "/T1", {"location_ids": ["L1"]})
    await pushed(pair)
    assert "location_ids" not in (await as_provider(pair, "GET", f"{AT_OPERATOR}/T1")).data


async def test_a_provider_that_comes_as_other_is_one_too(lade, start, register, second_database_url, tmp_path):
    party = PartySettings(country_code="SE", party_id="PAY", role="OTHER", name="Payr AB")
    async with start("Payr", (party,), second_database_url, tmp_path) as payr:
        pair = await register(lade, payr, Version.V2_3_0)
        assert (await as_provider(pair, "POST", AT_OPERATOR, {"terminal_id": "T1"})).http == 201
        assert (await peers.named(lade.platform, "Resa")).roles[0].role == "OTHER"


async def test_what_the_operator_missed_or_the_provider_changed_is_fetched(pair):
    advice = FinancialAdviceConfirmation(
        id="F1",
        authorization_reference="A1",
        total_costs=Price(before_taxes=4),
        currency="SEK",
        eft_data=("Card",),
        capture_status_code="SUCCESS",
        last_updated=time.parse(UPDATED),
    )
    await payments.confirm(pair.resa.platform, PAYR, advice, LADE)
    await ours(pair)
    await pushed(pair)
    await payments.put_terminal(
        pair.resa.platform, PAYR, Terminal(terminal_id="t1", city="Kiruna", last_updated=time.now()), LADE
    )
    await ours(pair, "T2", PartyId("SE", "OTH"))
    summary = await pull.pull(pair.lade.platform, pair.resa_at_lade)
    assert summary.complete
    counts = {one.kind: (one.received, one.kept) for one in summary.modules if one.module == "payments"}
    assert counts == {"terminals": (1, 1), "financial-advice-confirmations": (1, 0)}
    assert (await as_provider(pair, "GET", f"{AT_OPERATOR}/T1")).data["city"] == "Kiruna"
    assert (await as_provider(pair, "GET", f"{CONFIRMATIONS}/F1")).data["authorization_reference"] == "A1"
    again = await pull.pull(pair.lade.platform, pair.resa_at_lade)
    assert {one.known for one in again.modules if one.module == "payments"} == {1}


async def test_a_provider_without_confirmations_has_been_fetched_whole(lade):
    async with stranger("PTP", "2.3.0") as there:
        there.ours = {"payments": [{"terminal_id": "T1", "last_updated": UPDATED}]}
        there.missing = "financial-advice-confirmations"
        invitation = await peers.invite(lade.platform, "Fremde")
        await there.register(invitation.versions_url, invitation.token)
        summary = await pull.pull(lade.platform, await peers.named(lade.platform, "Fremde"))
    assert (summary.complete, [one.kept for one in summary.modules]) == (True, [1, 0])
