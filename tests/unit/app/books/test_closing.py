"""A customer leaves: his last invoice is written, his Tokens are blocked, and nothing that begins later is his."""

from datetime import timedelta
from decimal import Decimal

import pytest

import billed
from ocpilot.app.books import closing
from ocpilot.app.customers import customers, fees
from ocpilot.app.invoicing import invoicing, rating
from ocpilot.app.kept.customer_records import CustomerKind, CustomerToken
from ocpilot.app.ocpi import tokens
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.billing.plans import Plan

LADE = billed.OPERATORS[0]


class Clock:
    """Moves when it is told to."""

    now = billed.NOW

    def __call__(self):
        return self.now


@pytest.fixture
async def platform(provider):
    return Platform(
        settings=provider.settings,
        clock=Clock(),
        store=provider.store,
        partners=None,
        stations=None,
        sealing=provider.sealing,
    )


async def charged(platform, number, start):
    [peer] = [one.id for one in await platform.store.peers.all()] or (
        await billed.peers_of(platform.store, [LADE])
    ).values()
    cdr = billed.cdr_of(number, LADE, "T0", start)
    await billed.accept(platform.store, cdr, await billed.receive(platform, cdr, peer), peer)


async def run(platform):
    while await rating.rate(platform):
        pass
    return [kept async for kept, _, _ in invoicing.run(platform)]


@pytest.fixture
async def driver(platform):
    await platform.store.plans.add(Plan(name="GOLD", currency="SEK", monthly_fee=Decimal(39)), billed.NOW)
    [found] = await billed.drivers(platform.store, 1, plan="GOLD", created_at=billed.NOW - timedelta(hours=30))
    await billed.settle(platform, dict.fromkeys([one.party for one in billed.OPERATORS], 1), ["T0"])
    return found


async def test_the_last_invoice_is_written_at_once_and_the_balance_told(platform, driver):
    await charged(platform, 1, billed.NOW - timedelta(hours=3))
    done = await closing.close(platform, driver.number)
    [last] = done.invoices
    assert [line.text for line in last.invoice.lines] == ["Monthly fee GOLD, December 2026", "Charging at Laddplats 1"]
    assert (done.tokens, done.owes) == (("T0",), {"SEK": last.invoice.payable})
    assert done.customer.closed_at == billed.NOW


async def test_nobody_can_charge_with_his_tokens_any_more(platform, driver):
    await closing.close(platform, driver.number)
    [(stored, token)] = await tokens.known(platform, "T0")
    assert (stored.peer_id, token.valid) == (None, False)
    with pytest.raises(Conflict, match="reopen him first"):
        await customers.give_token(platform, CustomerToken(uid="T0", customer_id=driver.id, since=platform.clock()))


async def test_a_token_that_was_to_be_his_later_never_is(platform, driver):
    later = billed.NOW + timedelta(days=2)
    await customers.give_token(platform, CustomerToken(uid="T9", customer_id=driver.id, since=later))
    assert (await closing.close(platform, driver.number)).tokens == ("T0", "T9")
    assert not any(one.holds(later) for one in await platform.store.customers.tokens(driver.id))


async def test_what_began_before_is_billed_when_its_cdr_comes_and_nothing_later_is(platform, driver):
    """Though the month is not over, and no fee of the next one is his."""
    await closing.close(platform, driver.number)
    platform.clock.now += timedelta(days=40)
    assert await fees.charge(platform) == 0
    await charged(platform, 1, billed.NOW - timedelta(minutes=5))
    await charged(platform, 2, billed.NOW + timedelta(minutes=5))
    [late] = await run(platform)
    assert [line.text for line in late.invoice.lines] == ["Charging at Laddplats 1"]
    assert await run(platform) == []


async def test_done_again_it_goes_on_and_closes_no_later(platform, driver, monkeypatch):
    async def dies(*_):
        raise Conflict("the process died")

    with monkeypatch.context() as patch:
        patch.setattr(platform.store.customers, "end_all", dies)
        with pytest.raises(Conflict):
            await closing.close(platform, driver.number)
    platform.clock.now += timedelta(hours=1)
    done = await closing.close(platform, driver.number)
    assert (done.customer.closed_at, done.tokens) == (billed.NOW, ("T0",))
    assert (await closing.close(platform, driver.number)).tokens == ()


async def test_a_customer_that_was_closed_by_mistake_is_reopened(platform, driver):
    with pytest.raises(Conflict, match="is not closed"):
        await closing.reopen(platform, driver.number)
    await closing.close(platform, driver.number)
    await customers.change(platform, driver.number, {"email": "anna@example.org"})
    assert (await customers.numbered(platform, driver.number)).closed_at == billed.NOW
    assert (await closing.reopen(platform, driver.number)).closed_at is None
    await customers.give_token(platform, CustomerToken(uid="T0", customer_id=driver.id, since=platform.clock()))
    with pytest.raises(NotFound):
        await closing.close(platform, "99")


async def test_a_partner_gets_nothing_for_what_began_after_he_left(platform):
    said = {"self_billing": True, "party": PartyId("SE", "LAD")}
    partner = await platform.store.customers.add(billed.customer_of(CustomerKind.OPERATOR, "Ladda", **said))
    await closing.close(platform, partner.number)
    platform.clock.now += timedelta(days=40)
    await charged(platform, 1, billed.NOW - timedelta(minutes=5))
    await charged(platform, 2, billed.NOW + timedelta(minutes=5))
    [last] = await run(platform)
    assert [item.key.id for item in await platform.store.bill_items.on(last.number)] == ["CDR-000001"]
