"""A driver's receipt that no card pays: its sale is in the books once, and falls with what it is of."""

import asyncio
import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bank_files import Paid, bgmax
from ocpilot.app import book_days, months
from ocpilot.app.books import bank_payments, books, reconciliation, reminders
from ocpilot.app.customers import customers
from ocpilot.app.guests import ad_hoc, evse_pages
from ocpilot.app.invoicing import invoicing, receipts
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.customer_records import CustomerToken
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import accounts
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.office import cdr_credits
from ocpilot.app.office.cdr_credits import Anew
from ocpilot.base.errors import Conflict
from ocpilot.billing.ledger import Account
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Capability

from ..conftest import LOCATION, OPERATOR

SOLD = {Account.RECEIVABLE: 50, Account.REVENUE: -40, Account.VAT_OUT: -10}


@pytest.fixture
async def driver(both):
    """Ada charges 10 kWh at 4 SEK and 25 % VAT; she is nobody's customer."""
    settings = both.platform.settings
    seller = replace(settings.seller, country="SE")
    both.platform = dataclasses.replace(both.platform, settings=replace(settings, seller=seller))
    both.reborn()
    await accounts.create_driver(both.platform, email="a@b.se", name="Ada", password="long enough", cards=("CARD1",))
    await both.charge()
    await both.jobs.once()
    return both


async def balances(world):
    return {one.account: one.amount for one in await world.store.ledger.balances() if one.amount}


async def unpaid(world):
    found = await reconciliation.check(world.platform, months.month_of(book_days.today(world.platform)))
    return [(str(one.step), str(one.fault), str(one.found)) for one in found.findings]


async def work(world, rounds=3):
    for _ in range(rounds):
        world.passes(5)
        await world.jobs.once()
    assert not world.jobs.failures


async def first_cdr(world):
    receipt = await world.store.documents.receipt("R-000001")
    return receipt.key.id


async def paid(world, amount):
    """The bank tells of a payment that names no invoice; its number."""
    taken = await bank_payments.take_file(world.platform, "x.bgmax", bgmax(Paid(amount)), "kim")
    return taken.new[0].id


async def test_what_a_driver_owes_by_receipt_is_sold_in_the_books_and_named_until_it_is_paid(driver):
    assert await balances(driver) == SOLD
    open_end = "50.00 SEK of receipt R-000001 are open: no card and no invoice pays for it"
    assert await unpaid(driver) == [("payment", "missing", open_end)]
    report = await books.report(driver.platform, months.month_of(book_days.today(driver.platform)))
    assert [(one.purpose, one.base, one.amount) for one in report.revenue] == [(Purpose.CARD, 40, 10)]
    assert [(one.number, one.customer_id, one.amount) for one in report.debts] == [("R-000001", None, 50)]
    await work(driver)
    assert await balances(driver) == SOLD


async def test_it_is_given_up_once_and_then_nothing_is_open(driver):
    await reminders.write_off(driver.platform, "R-000001", "a guest of the house")
    assert await balances(driver) == {Account.BAD_DEBTS: 50, Account.REVENUE: -40, Account.VAT_OUT: -10}
    with pytest.raises(Conflict, match=r"R-000001: found 0\.00 open, expected something to give up"):
        await reminders.write_off(driver.platform, "R-000001", "again")
    assert await unpaid(driver) == []


async def test_a_driver_who_becomes_a_customer_for_it_pays_by_invoice_and_it_is_sold_once(driver):
    platform, day = driver.platform, driver.now - timedelta(days=1)
    ada = (await customers.add(platform, {"kind": "driver", "name": "Ada", "country": "SE"})).customer
    await customers.give_token(platform, CustomerToken(uid="CARD1", customer_id=ada.id, since=day))
    await work(driver)
    assert await balances(driver) == {}
    [_] = [one async for one in invoicing.run(platform, platform.clock())]
    assert await balances(driver) == SOLD
    assert [step for step, fault, _ in await unpaid(driver) if fault != "waits"] == []


async def test_one_who_is_no_customer_after_all_owes_by_his_receipt_again(driver):
    platform, day = driver.platform, driver.now - timedelta(days=1)
    ada = (await customers.add(platform, {"kind": "driver", "name": "Ada", "country": "SE"})).customer
    await customers.give_token(platform, CustomerToken(uid="CARD1", customer_id=ada.id, since=day))
    await work(driver)
    await customers.take_token(platform, "CARD1", day + timedelta(hours=1))
    await work(driver)
    assert await balances(driver) == SOLD
    assert len(await driver.store.ledger.of_invoice("R-000001")) == 3


async def test_what_was_credited_is_no_longer_sold_and_what_was_paid_of_it_is_owed(driver):
    payment = await paid(driver, "20")
    await bank_payments.match(driver.platform, payment, "R-000001", None, "kim")
    assert (await balances(driver))[Account.RECEIVABLE] == 30
    await cdr_credits.credit(driver.platform, await first_cdr(driver), "the station was broken")
    await work(driver)
    assert await balances(driver) == {Account.BANK: 20, Account.RECEIVABLE: -20}
    assert await unpaid(driver) == [("payment", "missing", "20.00 SEK were paid by receipt R-000001, and are not owed")]


async def test_what_was_issued_anew_is_sold_as_the_new_receipt_says(driver):
    await cdr_credits.reissue(driver.platform, await first_cdr(driver), Anew(why="the meter", kwh=Decimal(8)))
    await work(driver)
    assert await balances(driver) == {Account.RECEIVABLE: 40, Account.REVENUE: -32, Account.VAT_OUT: -8}
    assert await driver.store.ledger.open_of("R-000001") == 0
    assert await driver.store.ledger.open_of("R-000002") == 40


async def test_a_receipt_whose_process_died_before_it_was_booked_is_booked_next_time(both, monkeypatch):
    async def dies(_):
        raise Conflict("the process died")

    await accounts.create_driver(both.platform, email="a@b.se", name="Ada", password="long enough", cards=("CARD1",))
    with monkeypatch.context() as patch:
        patch.setattr(both.store.ledger, "book", dies)
        await both.charge()
        await both.jobs.once()
    assert await both.store.documents.receipt("R-000001") is not None
    assert await balances(both) == {}
    both.passes(3600)
    both.reborn()
    await both.jobs.once()
    assert await balances(both) == SOLD


async def test_of_several_who_look_at_once_one_books_it(driver):
    receipt = await driver.store.documents.receipt("R-000001")
    ada = (await customers.add(driver.platform, {"kind": "driver", "name": "Ada", "country": "SE"})).customer
    token = CustomerToken(uid="CARD1", customer_id=ada.id, since=driver.now - timedelta(days=1))
    for give, stands in ((True, {}), (False, SOLD)):
        if give:
            await customers.give_token(driver.platform, token)
        else:
            await customers.take_token(driver.platform, "CARD1", token.since + timedelta(seconds=1))
        await asyncio.gather(*(receipts.settle(driver.platform, receipt.key) for _ in range(4)))
        assert await balances(driver) == stands


async def test_who_charges_without_account_and_card_is_given_it_and_the_books_say_so(both):
    settings = both.platform.settings
    both.platform = dataclasses.replace(
        both.platform, settings=replace(settings, web=replace(settings.web, ad_hoc=True))
    )
    both.reborn()
    evses = tuple(replace(one, capabilities=(Capability.REMOTE_START_STOP_CAPABLE,)) for one in LOCATION.evses)
    newer = both.now + timedelta(seconds=1)
    key = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1")
    await both.store.locations.put(own(key, replace(LOCATION, evses=evses, last_updated=newer), newer))
    page = await evse_pages.find(both.platform, "SE*LAD*E1")
    await ad_hoc.start(both.platform, page, "1", "en")
    await both.platform.background.drain()
    transaction = await both.start(both.stations.calls[0][3])
    both.passes(1800)
    await both.stop(transaction, 11_000)
    await work(both)
    assert await balances(both) == {Account.BAD_DEBTS: 50, Account.REVENUE: -40, Account.VAT_OUT: -10}
    assert await unpaid(both) == []
