"""Reminders on a real store: each level once, with its fee in the books; what nobody will pay is given up."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest

from bank_files import Paid, bgmax
from issued import credited, customer, issued
from ocpilot.app.books.bank_payments import take_file
from ocpilot.app.books.ledger_views import customer_account, faults
from ocpilot.app.books.reminders import due, remind, write_off
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.money_settings import BillingSettings, ReminderSettings
from ocpilot.base.settings import Settings
from ocpilot.billing.ledger import Account
from ocpilot.billing.payment_reference import ocr_of
from ocpilot.billing.reminders import Reminder

LEVELS = (ReminderSettings(days=5), ReminderSettings(days=20, fee=Decimal(60)))


class Clock:
    now = datetime(2026, 12, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def platform(store) -> Platform:
    settings = Settings(billing=BillingSettings(reminders=LEVELS))
    return Platform(settings=settings, clock=Clock(), store=store, partners=None, stations=None, sealing=None)


async def test_each_level_goes_out_once_and_one_payment_settles_invoice_and_fee(platform):
    bill = await issued(platform.store, anna := await customer(platform.store))
    assert [(one.late.invoice.number, one.level, one.days) for one in await due(platform)] == [(bill.number, 1, 6)]
    both = await asyncio.gather(*(remind(platform, bill.number) for _ in range(2)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "Reminder"]
    assert await due(platform) == []
    platform.clock.now = datetime(2026, 12, 30, tzinfo=UTC)
    second = await remind(platform, bill.number)
    assert (second.level, second.to_pay) == (2, 160)
    (first,) = (one for one in both if isinstance(one, Reminder))
    assert await platform.store.reminders.of(bill.number) == (first, second)
    with pytest.raises(Conflict, match=r"no reminder is due \(160.00 SEK open, due on 2026-12-02, 2 of 2"):
        await remind(platform, bill.number)
    await take_file(platform, "a.txt", bgmax(Paid("160", ocr_of(bill.number))), "kim")
    account = await customer_account(platform, anna.number)
    assert (account.open, account.owes) == ((), {"SEK": 0})
    assert [row.balance for row in account.rows] == [100, 160, 0]
    assert await faults(platform) == ()


async def test_what_is_paid_or_credited_is_not_reminded_of(platform):
    anna = await customer(platform.store)
    paid, taken_back = await issued(platform.store, anna), await issued(platform.store, anna)
    await take_file(platform, "a.txt", bgmax(Paid("100", ocr_of(paid.number))), "kim")
    await credited(platform.store, taken_back.number)
    assert await due(platform) == []
    with pytest.raises(NotFound):
        await remind(platform, "F-000009")


async def test_the_fees_of_an_invoice_that_is_credited_fall_with_it_paid_or_not(platform):
    bill = await issued(platform.store, anna := await customer(platform.store))
    for day in (datetime(2026, 12, 8, tzinfo=UTC), datetime(2026, 12, 30, tzinfo=UTC)):
        platform.clock.now = day
        await remind(platform, bill.number)
    await take_file(platform, "a.txt", bgmax(Paid("160", ocr_of(bill.number))), "kim")
    await credited(platform.store, bill.number)
    assert (await customer_account(platform, anna.number)).owes == {"SEK": -160}
    assert {one.account: one.amount for one in await platform.store.ledger.balances()}[Account.REMINDER_FEES] == 0
    assert await faults(platform) == ()
    with pytest.raises(Conflict, match="no reminder is due"):
        await remind(platform, bill.number)


async def test_an_invoice_that_was_given_up_and_then_credited_owes_nobody_anything(platform):
    bill = await issued(platform.store, anna := await customer(platform.store))
    await write_off(platform, bill.number, "moved away")
    await credited(platform.store, bill.number)
    assert (await customer_account(platform, anna.number)).owes == {"SEK": 0}
    assert {one.amount for one in await platform.store.ledger.balances()} == {0}


async def test_whoever_owes_nothing_in_all_is_not_reminded(platform):
    paid = await issued(platform.store, anna := await customer(platform.store))
    await take_file(platform, "a.txt", bgmax(Paid("100", ocr_of(paid.number))), "kim")
    await credited(platform.store, paid.number)
    late = await issued(platform.store, anna)
    assert await due(platform) == []
    with pytest.raises(Conflict, match="its customer owes nothing in all"):
        await remind(platform, late.number)
    more = await issued(platform.store, anna)
    assert [one.late.invoice.number for one in await due(platform)] == [late.number, more.number]


async def test_without_the_setting_nobody_is_reminded(platform, store):
    await issued(store, await customer(store))
    plain = Platform(settings=Settings(), clock=platform.clock, store=store, partners=None, stations=None, sealing=None)
    assert await due(plain) == []


async def test_what_nobody_will_pay_is_a_bad_debt(platform):
    bill = await issued(platform.store, await customer(platform.store))
    with pytest.raises(UserError, match="--why"):
        await write_off(platform, bill.number, "")
    await write_off(platform, bill.number, "moved away")
    found = {one.account: one.amount for one in await platform.store.ledger.balances()}
    assert (found[Account.BAD_DEBTS], found[Account.RECEIVABLE]) == (100, 0)
    with pytest.raises(Conflict, match=r"found 0\.00 open"):
        await write_off(platform, bill.number, "again")


async def test_the_check_of_the_books_finds_what_does_not_hold(platform, database_url):
    bill = await issued(platform.store, await customer(platform.store))
    assert await faults(platform) == ()
    connection = await asyncpg.connect(database_url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("UPDATE ledger_line SET amount = amount + 1 WHERE account = 'receivable'")
    await connection.execute("UPDATE invoice SET seal = 'x'")
    await connection.execute("INSERT INTO ledger_entry (key, day, text) VALUES ('odd', '2026-01-01', '')")
    await connection.close()
    found = {(one.what, one.about) for one in await faults(platform)}
    expected = {("entry", f"invoice/{bill.number}"), ("empty", "odd"), ("invoice", bill.number)}
    assert found == expected | {("balance", "all accounts"), ("seal", bill.number)}
