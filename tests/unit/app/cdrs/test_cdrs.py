"""CDRs: which transactions get one, and what a provider does with one it receives, up to the receipt."""

from decimal import Decimal

import msgspec
import pytest

from ocpilot.app.cdrs import cdrs
from ocpilot.app.kept.charge_records import TransactionState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import accounts, tariffs
from ocpilot.app.ocpi.bodies import own, parsed, text_of
from ocpilot.app.partners import peers
from ocpilot.base.errors import BadRequest, InvalidObject
from ocpilot.base.ids import PartyId
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CDR, Price

V = Version.V2_3_0
OPERATOR = PartyId.of("SE", "LAD")


# ---- operator ------------------------------------------------------------------------------------------------------


async def test_time_without_energy_makes_a_cdr_of_nothing(operator):
    await operator.token()
    await operator.charge(wh=0)
    await operator.jobs.once()
    cdr = await operator.only(ModuleID.CDRS)
    assert (cdr["total_energy"], cdr["total_cost"]["before_taxes"]) == (0, 0)


async def test_no_energy_and_no_time_is_held(operator):
    await operator.token()
    transaction = await operator.start()
    await operator.stop(transaction, 1000)
    await operator.jobs.once()
    held = await operator.store.transactions.get(transaction)
    assert (held.state, held.held_because) == (TransactionState.HELD, "no energy and no time")


async def test_energy_nobody_can_believe_is_held_and_not_billed_as_zero(operator):
    await operator.token()
    transaction = await operator.charge(wh=10_000_000_000)
    await operator.jobs.once()
    held = await operator.store.transactions.get(transaction)
    assert (held.state, held.held_because[:27]) == (TransactionState.HELD, "The meter rose by more than")


async def test_a_cost_nobody_knows_is_held_and_not_billed_as_zero(operator):
    await operator.token()
    await tariffs.delete(operator.platform, OPERATOR, "T1")
    transaction = await operator.charge()
    await operator.jobs.once()
    assert "total_cost" not in await operator.only(ModuleID.SESSIONS)
    assert (await operator.store.transactions.get(transaction)).state == TransactionState.HELD


async def test_a_cdr_is_made_once_however_often_it_is_tried(operator):
    await operator.token()
    transaction = await operator.store.transactions.get(await operator.charge())
    await cdrs.make_for(operator.platform, transaction)
    first = await operator.only(ModuleID.CDRS)
    operator.passes(60)
    await cdrs.make_for(operator.platform, transaction)
    assert await operator.only(ModuleID.CDRS) == first


# ---- provider ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def cdr(operator, second_store, provider_in):
    """A CDR as the operator makes it, and the provider on a store of its own."""
    await operator.token()
    await operator.charge()
    await operator.jobs.once()
    [stored] = await operator.store.objects.newest(ModuleID.CDRS, 1)
    return parsed(CDR, stored.body)


@pytest.fixture
async def provider_in(second_store, make_provider):
    return await make_provider(second_store)


async def receive(provider, cdr):
    return await cdrs.receive(provider.platform, provider.peer, V, codec.body_of(cdr))


async def tariff_of(provider, cdr, **changes):
    """The operator's Tariff in the provider's copy."""
    tariff = msgspec.structs.replace(cdr.tariffs[0], **changes)
    stored = own(tariffs.key_of(OPERATOR, tariff.id), tariff, tariff.last_updated)
    await provider.store.objects.put(msgspec.structs.replace(stored, peer_id=provider.peer.id))


async def test_a_received_cdr_is_kept_once(cdr, provider_in):
    stored, created = await receive(provider_in, cdr)
    again, created_again = await receive(provider_in, cdr)
    assert (created, created_again, again.body) == (True, False, stored.body)


async def test_another_cdr_under_the_same_id_is_refused_and_replaces_nothing(cdr, provider_in):
    stored, _ = await receive(provider_in, cdr)
    with pytest.raises(InvalidObject, match="another CDR"):
        await receive(provider_in, msgspec.structs.replace(cdr, total_cost=Price(before_taxes=Decimal(1))))
    assert (await provider_in.store.objects.get(stored.key, provider_in.peer.id)).body == stored.body


async def test_a_cdr_of_somebody_elses_driver_is_refused(cdr, provider_in):
    foreign = msgspec.structs.replace(cdr.cdr_token, party_id="OTH")
    with pytest.raises(BadRequest, match="SE/OTH"):
        await receive(provider_in, msgspec.structs.replace(cdr, cdr_token=foreign))


async def test_a_cdr_priced_as_we_would_agrees_and_gets_a_receipt(cdr, provider_in):
    await tariff_of(provider_in, cdr)
    driver = await accounts.create_driver(
        provider_in.platform, email="a@b.se", name="Ada", password="long enough", language="sv", cards=("CARD1",)
    )
    stored, _ = await receive(provider_in, cdr)
    await provider_in.jobs.once()
    await provider_in.jobs.once()
    found = await provider_in.store.documents.check(stored.key)
    assert (found.agrees, found.our_total, cdrs.verdict_of(found).source) == (True, "50.00 SEK", "ours")
    receipt = await provider_in.store.documents.receipt_of(stored.key)
    assert (receipt.number, receipt.account_id, receipt.pdf[:5]) == ("R-000001", driver.id, b"%PDF-")
    assert '"language":"sv"' in receipt.body
    assert await provider_in.store.documents.cdrs_without_receipt(10) == ()


async def test_a_cdr_that_is_too_dear_gets_no_receipt(cdr, provider_in):
    await tariff_of(provider_in, cdr)
    dear = msgspec.structs.replace(cdr, total_cost=Price(before_taxes=Decimal(99)))
    stored, _ = await receive(provider_in, dear)
    await provider_in.jobs.once()
    assert (await provider_in.store.documents.check(stored.key)).agrees is False
    assert await provider_in.store.documents.receipt_of(stored.key) is None


async def test_a_tariff_that_changed_after_the_start_is_not_held_against_the_cdr(cdr, provider_in):
    dearer = msgspec.json.decode(text_of(cdr.tariffs[0]).replace("4.00", "9.00"), type=type(cdr.tariffs[0]))
    await tariff_of(provider_in, cdr, elements=dearer.elements, last_updated=cdr.end_date_time)
    stored, _ = await receive(provider_in, cdr)
    await provider_in.jobs.once()
    found = await provider_in.store.documents.check(stored.key)
    assert (found.agrees, cdrs.verdict_of(found).source) == (True, "cdr")


async def test_a_credit_cdr_waits_for_a_person(cdr, provider_in):
    credit = msgspec.structs.replace(
        cdr,
        id=f"{cdr.id}-C",
        credit=True,
        credit_reference_id=cdr.id,
        total_cost=Price(before_taxes=-cdr.total_cost.before_taxes),
    )
    stored, _ = await receive(provider_in, credit)
    await provider_in.jobs.once()
    assert (await provider_in.store.documents.check(stored.key)).agrees is False
    assert stored.key == ObjectKey(module=ModuleID.CDRS, party=OPERATOR, id=credit.id)


@pytest.mark.parametrize(
    ("profile", "total", "agrees"),
    [
        ({}, "40.50", False),
        ({"tolerance": "0.50"}, "40.50", True),
        ({"tolerance": "0.49"}, "40.50", False),
        ({"relative_tolerance": "0.02"}, "40.50", True),
        ({"relative_tolerance": "0.01"}, "40.50", False),
    ],
)
async def test_the_profile_of_the_peer_says_how_far_its_totals_may_be_from_ours(
    cdr, provider_in, profile, total, agrees
):
    await tariff_of(provider_in, cdr)
    provider_in.peer = await peers.change_profile(provider_in.platform, provider_in.peer, profile)
    price = Price(before_taxes=Decimal(total))
    stored, _ = await receive(provider_in, msgspec.structs.replace(cdr, total_cost=price, total_energy_cost=price))
    assert (await cdrs.check(provider_in.platform, stored)).agrees is agrees


@pytest.mark.parametrize(("decimals", "ours"), [(None, "50.00 SEK"), (4, "49.9995 SEK"), (1, "50.0 SEK")])
async def test_amounts_are_rounded_as_the_peer_rounds_them(cdr, provider_in, decimals, ours):
    odd = msgspec.json.decode(text_of(cdr.tariffs[0]).replace("4.00", "3.99996"), type=type(cdr.tariffs[0]))
    await tariff_of(provider_in, cdr, elements=odd.elements)
    provider_in.peer = await peers.change_profile(provider_in.platform, provider_in.peer, {"amount_decimals": decimals})
    stored, _ = await receive(provider_in, cdr)
    assert (await cdrs.check(provider_in.platform, stored)).our_total == ours
