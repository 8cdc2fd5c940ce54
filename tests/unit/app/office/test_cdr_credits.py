"""A CDR of ours is taken back and issued anew, once, whatever dies between; a customer's charge gets no receipt."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ocpilot.app.cdrs import clearing
from ocpilot.app.kept.customer_records import Customer, CustomerKind, CustomerToken
from ocpilot.app.ocpi import accounts
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.office import cdr_credits
from ocpilot.app.office.cdr_credits import Anew
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.billing.parties import Address, BusinessParty
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, Tariff


@pytest.fixture
async def billed(operator):
    """A charge of 10 kWh that its provider was billed."""
    await operator.token()
    await operator.charge()
    await operator.jobs.once()
    [stored] = await operator.store.objects.newest(ModuleID.CDRS, 2)
    return stored


async def states(world):
    found = await world.store.objects.newest(ModuleID.CDRS, 10)
    return {one.key.id: (await world.store.clearings.get(one.key)).state for one in found}


async def test_a_cdr_of_ours_is_issued_and_its_credit_takes_both_on(operator, billed):
    assert await states(operator) == {billed.key.id: "issued"}
    credit = await cdr_credits.credit(operator.platform, billed.key.id, "wrong tariff", who="kim@lade.se")
    assert await states(operator) == {billed.key.id: "credited", credit.key.id: "issued"}
    steps = await operator.store.clearings.steps(billed.key)
    assert [(one.after, one.who) for one in steps] == [("issued", "platform"), ("credited", "kim@lade.se")]
    again = await cdr_credits.credit(operator.platform, billed.key.id, "once more")
    assert again == credit
    await operator.jobs.once()
    assert not operator.jobs.failures


async def test_a_cdr_is_issued_anew_by_another_tariff_and_energy(operator, billed):
    await operator.dearer_tariff()
    first = value_of(CDR, billed)
    anew = Anew(why="the meter was changed", kwh=Decimal("7.5"))
    done = await cdr_credits.reissue(operator.platform, billed.key.id, anew)
    new = value_of(CDR, done.cdr)
    assert (new.total_energy, new.session_id, new.start_date_time) == (
        Decimal("7.5"),
        first.session_id,
        first.start_date_time,
    )
    assert new.total_cost.before_taxes == first.total_cost.before_taxes * Decimal("0.75")
    assert new.remark == f"replaces {first.id}: the meter was changed"
    assert (value_of(CDR, done.credit).credit_reference_id, value_of(CDR, billed)) == (first.id, first)
    assert await states(operator) == {first.id: "credited", done.credit.key.id: "issued", new.id: "issued"}
    standing = await operator.store.clearings.get(done.cdr.key)
    assert standing.why == f"it corrects CDR {first.id}, which was credited"


async def test_the_price_is_that_of_the_tariff_that_was_asked_for(operator, billed):
    await operator.dearer_tariff()
    first = value_of(CDR, billed)
    [tariff] = await operator.store.objects.newest(ModuleID.TARIFFS, 5)
    done = await cdr_credits.reissue(operator.platform, first.id, Anew(why="it was dearer", tariff=tariff.key.id))
    new = value_of(CDR, done.cdr)
    assert (new.total_energy, new.tariffs) == (first.total_energy, (value_of(Tariff, tariff),))
    assert new.total_cost.before_taxes > first.total_cost.before_taxes
    with pytest.raises(NotFound, match="no Tariff NONE"):
        await cdr_credits.reissue(operator.platform, first.id, Anew(why="x", tariff="NONE"))


class Killed(BaseException):
    """What no code of ours catches."""


async def die(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.parametrize("dies_at", ["add", "move_together", "begin"])
async def test_whatever_dies_it_ends_with_the_same_two_when_it_is_done_again(operator, billed, monkeypatch, dies_at):
    home = operator.store.objects if dies_at == "add" else operator.store.clearings
    anew = Anew(why="wrong tariff", kwh=Decimal(5))
    with monkeypatch.context() as patch:
        patch.setattr(home, dies_at, die)
        with pytest.raises(Killed):
            await cdr_credits.reissue(operator.platform, billed.key.id, anew)
    operator.passes(60)
    first = await cdr_credits.reissue(operator.platform, billed.key.id, anew)
    sent = await operator.store.objects.newest(ModuleID.CDRS, 10)
    assert await cdr_credits.reissue(operator.platform, billed.key.id, anew) == first
    assert await operator.store.objects.newest(ModuleID.CDRS, 10) == sent
    assert sorted((await states(operator)).values()) == ["credited", "issued", "issued"]


async def test_it_is_issued_anew_in_one_way_only(operator, billed):
    done = await cdr_credits.reissue(operator.platform, billed.key.id, Anew(why="x", kwh=Decimal(5)))
    with pytest.raises(Conflict, match=f"was issued anew as {done.cdr.key.id}, and not so"):
        await cdr_credits.reissue(operator.platform, billed.key.id, Anew(why="x", kwh=Decimal(6)))
    with pytest.raises(Conflict, match="Credit CDR itself"):
        await cdr_credits.reissue(operator.platform, done.credit.key.id, Anew(why="x"))
    once_more = await cdr_credits.reissue(operator.platform, done.cdr.key.id, Anew(why="x", kwh=Decimal(6)))
    assert value_of(CDR, once_more.cdr).total_energy == 6


async def driver_of_a_company(both, since):
    """A driver of ours whose card a company pays for from then on."""
    await accounts.create_driver(both.platform, email="a@b.se", name="A", password="long enough", cards=("CARD1",))
    facts = BusinessParty(name="Bygg AB", address=Address(city="Kiruna", country="SE"))
    company = await both.store.customers.add(
        Customer(kind=CustomerKind.COMPANY, party_facts=facts, created_at=both.platform.clock())
    )
    await both.store.customers.give(CustomerToken(uid="CARD1", customer_id=company.id, since=since))


@pytest.mark.parametrize(("days", "receipts"), [(-1, 0), (1, 1)])
async def test_a_charge_of_a_customer_gets_no_receipt_as_he_gets_an_invoice(both, days, receipts):
    await driver_of_a_company(both, both.platform.clock() + timedelta(days=days))
    await both.charge()
    await both.jobs.once()
    [stored] = await both.store.objects.newest(ModuleID.CDRS, 2)
    assert (await both.store.clearings.get(stored.key)).state == "accepted"
    assert (await both.store.documents.receipt_of(stored.key) is not None) is bool(receipts)
    assert await both.store.documents.cdrs_without_receipt(5) == ()


async def test_a_cdr_of_ours_for_a_driver_of_ours_goes_the_provider_s_way_and_back(both):
    await accounts.create_driver(both.platform, email="a@b.se", name="A", password="long enough", cards=("CARD1",))
    await both.charge()
    await both.jobs.once()
    [stored] = await both.store.objects.newest(ModuleID.CDRS, 2)
    assert not clearing.is_issued(both.platform, stored)
    done = await cdr_credits.reissue(both.platform, stored.key.id, Anew(why="wrong", kwh=Decimal(9)))
    assert await states(both) == {
        stored.key.id: "credited",
        done.credit.key.id: "accepted",
        done.cdr.key.id: "accepted",
    }
