"""Payments of bank files: booked once, on the invoices they name, and the rest waits until a person decides."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bank_files import Paid, bgmax, camt, entry, extra, transaction
from issued import credited, customer, issued
from ocpilot.app.books import payment_views
from ocpilot.app.books.bank_payments import book, match, refund, take_file, unmatch
from ocpilot.app.books.held_payments import drop
from ocpilot.app.books.payment_matching import proposals
from ocpilot.app.kept.bank_payment_records import MatchState
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.app.kept.reconciliation_records import PartnerInvoice
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, InvalidObject, NotFound, UserError
from ocpilot.base.settings import Settings
from ocpilot.billing.invoice import InvoiceKind
from ocpilot.billing.ledger import Account
from ocpilot.billing.partner_entry import partner_entry
from ocpilot.billing.payment_reference import ocr_of
from ocpilot.billing.settling import Left

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
#: The reference of the first invoice.
FIRST = ocr_of("F-000001")


@pytest.fixture
def platform(store) -> Platform:
    return Platform(settings=Settings(), clock=lambda: NOW, store=store, partners=None, stations=None, sealing=None)


async def paid(platform, *payments: Paid, **file):
    return (await take_file(platform, "november.txt", bgmax(*payments, **file), "kim")).new


async def sums(platform) -> dict[Account, Decimal]:
    return {one.account: one.amount for one in await platform.store.ledger.balances() if one.amount}


async def check(platform) -> None:
    """Debits are credits, and what is unmatched is what is left of payments."""
    found = await sums(platform)
    assert sum(found.values()) == 0
    every = await platform.store.bank_payments.page(limit=10_000)
    assert found.get(Account.UNMATCHED, 0) == -sum(one.open for one in every)


async def test_a_payment_with_the_reference_of_an_invoice_settles_it(platform):
    bill = await issued(platform.store, await customer(platform.store))
    (one,) = await paid(platform, Paid("100", ocr_of(bill.number)))
    assert (one.state, one.why, one.open) == (MatchState.SETTLED, Left.NOTHING, 0)
    assert await platform.store.ledger.open_invoices() == ()
    assert await sums(platform) == {Account.BANK: 100, Account.REVENUE: -80, Account.VAT_OUT: -20}
    (step,) = await platform.store.bank_payments.steps(one.id)
    assert (step.invoice, step.amount, step.who, step.why) == (bill.number, 100, "import", bill.number)
    ((payment_id, _),) = await platform.store.bank_payments.of_invoice(bill.number)
    assert payment_id == one.id


@pytest.mark.parametrize(
    ("payment", "why", "left", "is_hers"),
    [
        (Paid("100", "F-000001", code="5"), Left.NOTHING, "0", True),
        (Paid("100", code="0", below=["25Faktura f-1, tack"]), Left.NOTHING, "0", True),
        (Paid("100", code="0", below=[f"25OCR {FIRST}"]), Left.NOTHING, "0", True),
        (Paid("40", FIRST), Left.NOTHING, "0", True),
        (Paid("130", FIRST), Left.OVERPAID, "30", True),
        (Paid("100", FIRST[:-1] + str((int(FIRST[-1]) + 1) % 10)), Left.WRONG_CHECK_DIGIT, "100", False),
        (Paid("100", "1230"), Left.UNKNOWN_REFERENCE, "100", False),
        (Paid("100", code="0"), Left.NO_REFERENCE, "100", False),
        (Paid("100", "F-000099"), Left.UNKNOWN_REFERENCE, "100", False),
    ],
)
async def test_what_is_left_of_a_payment_is_told_with_the_reason(platform, payment, why, left, is_hers):
    anna = await customer(platform.store)
    await issued(platform.store, anna)
    (one,) = await paid(platform, payment)
    assert (one.why, one.open) == (why, Decimal(left))
    assert one.customer_id == (anna.id if is_hers else None)
    await check(platform)


async def test_a_second_payment_and_one_of_a_credited_invoice_stay_the_customers(platform):
    anna = await customer(platform.store)
    bill, other = await issued(platform.store, anna), await issued(platform.store, anna)
    await credited(platform.store, other.number)
    again = Paid("100", ocr_of(bill.number))
    _, second, late = await paid(platform, again, again, Paid("100", ocr_of(other.number)))
    assert [(one.why, one.open, one.customer_id) for one in (second, late)] == [
        (Left.PAID_ALREADY, 100, anna.id),
        (Left.CREDITED, 100, anna.id),
    ]
    await check(platform)


async def test_one_payment_settles_several_invoices(platform):
    anna = await customer(platform.store)
    bills = [await issued(platform.store, anna, net) for net in ("80", "8", "16")]
    below = [extra(ocr_of(one.number), amount) for one, amount in zip(bills, ("100", "0", "15"), strict=True)]
    (one,) = await paid(platform, Paid("125", "several", code="3", below=below))
    assert one.state is MatchState.SETTLED
    (left,) = await platform.store.ledger.open_invoices()
    assert (left.number, left.amount) == (bills[2].number, 5)


async def test_a_payment_in_another_currency_is_never_matched(platform):
    anna = await customer(platform.store)
    bill = await issued(platform.store, anna, currency="EUR")
    (one,) = await paid(platform, Paid("100", ocr_of(bill.number)))
    assert (one.why, one.open, one.customer_id) == (Left.OTHER_CURRENCY, 100, anna.id)
    with pytest.raises(Conflict, match="payment 1 is in SEK, invoice F-000001 in EUR"):
        await match(platform, one.id, bill.number, None, "kim")


async def test_what_we_pay_is_matched_by_the_number_of_our_advice(platform):
    host = await customer(platform.store, "Host AB", kind=CustomerKind.HOST)
    given_ = {"purpose": Purpose.HOST, "kind": InvoiceKind.CREDIT_ADVICE, "series": "A"}
    bill = await issued(platform.store, host, **given_)
    assert await platform.store.ledger.open_of(bill.number) == -100
    data = camt(entry("100", transaction(text=bill.number), side="DBIT", bank_id="X"))
    (one,) = (await take_file(platform, "statement.xml", data, "kim")).new
    assert (one.open, await platform.store.ledger.open_of(bill.number)) == (0, 0)
    assert (await sums(platform))[Account.BANK] == -100


async def test_what_we_pay_a_partner_is_matched_by_the_number_of_his_invoice(platform):
    partner = await customer(platform.store, "Lade AB", kind=CustomerKind.OPERATOR)
    other = await customer(platform.store, "Volt AB", kind=CustomerKind.OPERATOR)
    first, both = await owed(platform, partner, "2026-17"), await owed(platform, partner, "2026-18")
    await owed(platform, other, "2026-18")
    data = camt(
        entry("100", transaction(ocr="2026-17"), side="DBIT", bank_id="1"),
        entry("100", transaction(ocr="2026-18"), side="DBIT", bank_id="2"),
    )
    one, two = (await take_file(platform, "statement.xml", data, "kim")).new
    assert (one.open, await platform.store.ledger.open_of(first)) == (0, 0)
    assert (two.why, two.open) == (Left.AMBIGUOUS, -100)
    assert (await match(platform, two.id, both, None, "kim")).open == 0
    assert (await unmatch(platform, two.id, "the other one", "kim")).open == -100
    await check(platform)


async def owed(platform, partner, number: str) -> str:
    """An invoice of 100 that a partner wrote to us: how it stands in the books."""
    reference, day = f"{partner.number}/{number}", NOW.date()
    booked = partner_entry(
        customer_id=partner.id,
        reference=reference,
        day=day,
        currency="SEK",
        net=Decimal(80),
        tax=Decimal(20),
        in_our_name=False,
    )
    kept = PartnerInvoice(
        customer_id=partner.id,
        number=number,
        currency="SEK",
        day=day,
        net=Decimal(80),
        tax=Decimal(20),
        who="kim",
        at=NOW,
    )
    assert await platform.store.partner_invoices.register(kept, booked)
    return reference


async def test_a_payment_of_a_closed_month_is_booked_on_the_first_day_after_it(platform):
    bill = await issued(platform.store, await customer(platform.store), at=datetime(2026, 10, 2, tzinfo=UTC))
    await platform.store.books.close(date(2026, 10, 1), NOW, "kim", "{}")
    (one,) = await paid(platform, Paid("100", ocr_of(bill.number)), day="20261030")
    assert (one.open, one.payment.day) == (0, date(2026, 10, 30))
    booked = await platform.store.ledger.entry("payment/1")
    assert booked.entry.day == date(2026, 11, 1)


async def test_one_reference_may_name_two_invoices(platform):
    anna = await customer(platform.store)
    bills = [await issued(platform.store, anna) for _ in range(2)]
    (one,) = await paid(platform, Paid("200", " ".join(bill.number for bill in bills), code="4"))
    assert (one.open, await platform.store.ledger.open_invoices()) == (0, ())


async def test_a_reversal_waits_for_a_person_who_opens_the_invoice_again(platform):
    bill = await issued(platform.store, await customer(platform.store))
    back = entry("100", transaction(ocr=ocr_of(bill.number)), side="DBIT", bank_id="2", more="<RvslInd>true</RvslInd>")
    data = camt(entry("100", transaction(ocr=ocr_of(bill.number)), bank_id="1"), back)
    _, reversal = (await take_file(platform, "statement.xml", data, "kim")).new
    assert (reversal.why, reversal.open) == (Left.REVERSAL, -100)
    assert (await match(platform, reversal.id, bill.number, None, "kim")).open == 0
    assert await platform.store.ledger.open_of(bill.number) == 100
    await check(platform)


async def test_the_same_payment_in_two_files_is_booked_once(platform):
    bill = await issued(platform.store, await customer(platform.store), "160")
    first = Paid("100", ocr_of(bill.number), serial="7")
    assert len(await paid(platform, first)) == 1
    again = await take_file(platform, "again.txt", bgmax(first), "kim")
    assert (again.new, again.known) == ((), 1)
    overlapping = await take_file(
        platform, "more.txt", bgmax(first, Paid("50", ocr_of(bill.number), serial="8")), "kim"
    )
    assert ([one.payment.amount for one in overlapping.new], overlapping.known) == ([50], 1)
    assert await platform.store.ledger.open_of(bill.number) == 50
    assert [one.name for one in await platform.store.bank_payments.files()] == ["more.txt", "november.txt"]


async def stated(platform, *entries: str):
    """A statement of the account that Bankgirot pays into."""
    return (await take_file(platform, "statement.xml", camt(*entries), "kim")).new


async def test_a_payment_that_both_kinds_of_files_tell_of_waits_for_a_person_and_is_not_booked(platform):
    bill = await issued(platform.store, await customer(platform.store), "160")
    ocr = ocr_of(bill.number)
    (first,) = await paid(platform, Paid("100", ocr, serial="7"))
    held, other = await stated(
        platform,
        entry("100", transaction(ocr=ocr), bank_id="A"),
        entry("100", transaction(ocr=ocr), bank_id="B"),
    )
    assert (held.state, held.why, held.open) == (MatchState.HELD, Left.TOLD_TWICE, 100)
    assert (await platform.store.bank_payments.steps(held.id))[0].why == (
        f"payment {first.id} of a bgmax file seems to be the same: drop one of them, or book this one too"
    )
    assert other.state is MatchState.SETTLED, "told once by the one and twice by the other: two payments"
    assert (await sums(platform))[Account.BANK] == 200
    with pytest.raises(Conflict, match="not in the books"):
        await match(platform, held.id, bill.number, None, "kim")
    with pytest.raises(Conflict, match="not in the books"):
        await refund(platform, held.id, None, "kim")
    dropped = await drop(platform, held.id, f"payment {first.id}", "kim")
    assert (dropped.state, dropped.open) == (MatchState.DROPPED, 0)
    with pytest.raises(Conflict, match="expected one that is held"):
        await book(platform, held.id, "kim")
    assert (await sums(platform))[Account.BANK] == 200
    assert await platform.store.ledger.faults() == ()


async def test_one_that_is_held_and_is_money_of_its_own_is_booked_as_if_it_came_alone(platform):
    bill = await issued(platform.store, await customer(platform.store), "160")
    await stated(platform, entry("100", transaction(ocr=ocr_of(bill.number)), bank_id="A", day="2026-11-28"))
    (held,) = await paid(platform, Paid("100", ocr_of(bill.number)))
    assert held.state is MatchState.HELD
    done = await book(platform, held.id, "kim")
    assert (done.state, done.open) == (MatchState.SETTLED, 0)
    assert [one.who for one in await platform.store.bank_payments.steps(held.id)] == ["import", "kim"]
    assert await platform.store.ledger.faults() == ()


async def test_what_two_kinds_of_files_told_of_before_they_were_compared_is_listed_until_one_is_dropped(
    platform, monkeypatch
):
    """Both are in the books: as an import before the comparison left them."""
    bill, other = [await issued(platform.store, await customer(platform.store), "160") for _ in range(2)]
    with monkeypatch.context() as patch:
        patch.setattr("ocpilot.app.books.bank_payments.told_before", lambda *_, **__: None)
        files = (Paid("100", ocr_of(bill.number), serial="7"), Paid("60", ocr_of(other.number), serial="8"))
        await paid(platform, *files)
        alike, deposit, alone = await stated(
            platform,
            entry("100", transaction(ocr=ocr_of(bill.number)), bank_id="A"),
            entry("160", transaction(text="BANKGIRO 991-2346"), bank_id="B"),
            entry("60", transaction(text="another"), bank_id="C"),
        )
    found = [one.kept.id for one in await payment_views.doubled(platform, 9)]
    assert found == [deposit.id, alike.id]
    assert alone.id not in found
    await drop(platform, deposit.id, "payments 1 and 2", "kim")
    assert [one.kept.id for one in await payment_views.doubled(platform, 9)] == [alike.id]


async def test_a_deposit_that_a_statement_has_as_one_sum_waits_for_a_person(platform):
    bill = await issued(platform.store, await customer(platform.store))
    await paid(platform, Paid("100", ocr_of(bill.number)), Paid("50", serial="2"))
    (whole, rent) = await stated(platform, entry("150", bank_id="A"), entry("70", bank_id="B"))
    assert (whole.state, rent.state) == (MatchState.HELD, MatchState.UNMATCHED)
    assert (await sums(platform))[Account.BANK] == 220


async def test_a_deposit_that_was_booked_as_one_sum_is_dropped_for_its_payments(platform):
    bill = await issued(platform.store, await customer(platform.store))
    (whole,) = await stated(platform, entry("150", bank_id="A"))
    parts = await paid(platform, Paid("100", ocr_of(bill.number)), Paid("50", serial="2"))
    assert [one.state for one in parts] == [MatchState.HELD] * 2
    with pytest.raises(UserError, match="--why"):
        await drop(platform, whole.id, " ", "kim")
    await drop(platform, whole.id, "the deposit of november.txt", "kim")
    for one in parts:
        await book(platform, one.id, "kim")
    with pytest.raises(Conflict, match="expected all of it"):
        await drop(platform, parts[0].id, "x", "kim")
    assert await sums(platform) == {
        Account.BANK: 150,
        Account.UNMATCHED: -50,
        Account.REVENUE: -80,
        Account.VAT_OUT: -20,
    }
    assert await platform.store.ledger.faults() == ()


async def test_the_same_amount_on_one_day_for_another_invoice_is_no_likeness(platform):
    bills = [await issued(platform.store, await customer(platform.store)) for _ in range(2)]
    await paid(platform, Paid("100", ocr_of(bills[0].number)))
    (one,) = await stated(platform, entry("100", transaction(ocr=ocr_of(bills[1].number)), bank_id="A"))
    assert one.state is MatchState.SETTLED


async def test_two_imports_of_one_file_at_once_book_it_once(platform):
    bill = await issued(platform.store, await customer(platform.store), "160")
    data = bgmax(*(Paid("10", ocr_of(bill.number), serial=str(number)) for number in range(1, 6)))
    taken = await asyncio.gather(*(take_file(platform, "a.txt", data, "kim") for _ in range(3)))
    assert sum(len(one.new) for one in taken) == 5
    assert await platform.store.ledger.open_of(bill.number) == 150


async def test_two_payments_at_once_never_settle_more_than_is_open(platform):
    bill = await issued(platform.store, await customer(platform.store))
    files = [bgmax(Paid("70", ocr_of(bill.number), serial=str(number))) for number in (1, 2, 3)]
    await asyncio.gather(*(take_file(platform, "a.txt", data, "kim") for data in files))
    assert await platform.store.ledger.open_of(bill.number) == 0
    assert (await sums(platform))[Account.UNMATCHED] == -110


async def test_of_a_broken_file_nothing_is_booked(platform):
    bill = await issued(platform.store, await customer(platform.store))
    with pytest.raises(InvalidObject):
        await take_file(platform, "cut.txt", bgmax(Paid("100", ocr_of(bill.number)))[:-90], "kim")
    with pytest.raises(InvalidObject, match="BgMax"):
        await take_file(platform, "strange.txt", b"%PDF", "kim")
    assert await platform.store.bank_payments.page() == ()
    assert await platform.store.bank_payments.files() == ()


async def test_an_import_that_died_goes_on_where_it_was(platform, database_url):
    bill = await issued(platform.store, await customer(platform.store))
    data = bgmax(*(Paid("30", ocr_of(bill.number), serial=str(number)) for number in (1, 2, 3)))
    connection = await asyncpg.connect(database_url)
    await connection.execute("ALTER TABLE bank_payment_step ADD CONSTRAINT dies CHECK (payment_id <> 2)")
    with pytest.raises(asyncpg.CheckViolationError):
        await take_file(platform, "a.txt", data, "kim")
    assert len(await platform.store.bank_payments.page()) == 1
    await check(platform)
    await connection.execute("ALTER TABLE bank_payment_step DROP CONSTRAINT dies")
    await connection.close()
    taken = await take_file(platform, "a.txt", data, "kim")
    assert (len(taken.new), taken.known) == (2, 1)
    assert await platform.store.ledger.open_of(bill.number) == 10


async def test_a_person_matches_and_takes_it_back_and_all_of_it_is_kept(platform):
    anna = await customer(platform.store)
    bill = await issued(platform.store, anna)
    (one,) = await paid(platform, Paid("130", code="0"))
    part = await match(platform, one.id, bill.number, Decimal(60), "kim")
    assert (part.state, part.open, part.customer_id) == (MatchState.PARTLY, 70, anna.id)
    whole = await match(platform, one.id, bill.number, None, "kim")
    assert (whole.open, await platform.store.ledger.open_of(bill.number)) == (30, 0)
    back = await unmatch(platform, one.id, "it was Bo's", "kim")
    assert (back.state, back.why, back.customer_id) == (MatchState.UNMATCHED, Left.BY_HAND, None)
    assert await platform.store.ledger.open_of(bill.number) == 100
    whats = [str(step.what) for step in await platform.store.bank_payments.steps(one.id)]
    assert whats == ["left", "matched", "matched", "unmatched"]
    assert len(await platform.store.ledger.entries()) == 5
    await check(platform)


async def test_what_cannot_be_done_with_a_payment_is_told(platform):
    bill = await issued(platform.store, await customer(platform.store))
    (one,) = await paid(platform, Paid("130", code="0"))
    with pytest.raises(NotFound, match="no invoice F-000009"):
        await match(platform, one.id, "F-000009", None, "kim")
    with pytest.raises(NotFound, match="no payment 99"):
        await match(platform, 99, bill.number, None, "kim")
    with pytest.raises(Conflict, match=r"found 110.00 for invoice F-000001, expected at most 100.00 SEK"):
        await match(platform, one.id, bill.number, Decimal(110), "kim")
    with pytest.raises(Conflict, match="expected at most"):
        await match(platform, one.id, bill.number, Decimal(-5), "kim")
    with pytest.raises(Conflict, match="on no invoice"):
        await unmatch(platform, one.id, "why not", "kim")
    with pytest.raises(UserError, match="--why"):
        await unmatch(platform, one.id, " ", "kim")
    await refund(platform, one.id, None, "kim")
    with pytest.raises(Conflict, match="nothing of it is left"):
        await match(platform, one.id, bill.number, None, "kim")
    with pytest.raises(Conflict, match="expected money"):
        await refund(platform, one.id, None, "kim")


async def test_money_is_paid_back_outside_of_files_or_by_a_payment_of_a_file(platform):
    data = camt(
        entry("30", transaction(name="Anna"), bank_id="1"),
        entry("30", bank_id="2", side="DBIT"),
        entry("20", bank_id="3"),
    )
    came, went, other = (await take_file(platform, "s.xml", data, "kim")).new
    with pytest.raises(Conflict, match="found -30 SEK left, expected -20 SEK"):
        await refund(platform, other.id, went.id, "kim")
    assert (await refund(platform, came.id, went.id, "kim")).open == 0
    assert (await platform.store.bank_payments.get(went.id)).open == 0
    assert await sums(platform) == {Account.BANK: 20, Account.UNMATCHED: -20}
    await refund(platform, other.id, None, "kim")
    assert await sums(platform) == {}
    assert [step.why for step in await platform.store.bank_payments.steps(went.id)][-1] == f"of payment {came.id}"


async def test_amount_and_name_only_propose(platform):
    anna = await customer(platform.store, "Anna Berg")
    await customer(platform.store, "Bo Ek")
    bill = await issued(platform.store, anna)
    hers, his, over = await paid(
        platform,
        Paid("100", code="0", payer="BERG ANNA"),
        Paid("100", code="0", payer="Bo Ek"),
        Paid("100", code="0", serial="9", below=["25F-000077"]),
    )
    found = await proposals(platform, [hers, his, over])
    assert [one.number for one in found[hers.id]] == [bill.number]
    assert (found[his.id], found[over.id]) == ((), ())
    await issued(platform.store, anna)
    assert (await proposals(platform, [hers]))[hers.id] == ()
    credit = (await paid(platform, Paid("130", ocr_of(bill.number), serial="10"), deposit=2))[0]
    assert [one.number for one in (await proposals(platform, [credit]))[credit.id]] == ["F-000002"]
    assert await proposals(platform, []) == {}


async def test_what_the_bank_said_is_never_changed(platform, database_url):
    await paid(platform, Paid("10", code="0"))
    connection = await asyncpg.connect(database_url)
    for statement in (
        "UPDATE bank_payment SET amount = 1",
        "DELETE FROM bank_payment",
        "DELETE FROM bank_payment_step",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append only"):
            await connection.execute(statement)
    await connection.close()


STEP = st.tuples(
    st.sampled_from(["invoice", "pay", "pay", "pay blindly", "match", "match", "unmatch", "refund", "credit"]),
    st.integers(0, 5),
    st.integers(1, 250),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=4, max_size=14))
async def test_whatever_happens_the_books_balance_and_no_money_is_lost(platform, steps):
    store = platform.store
    buyers = [await customer(store), await customer(store, "Bo Ek")]
    bills, payments = [await issued(store, buyers[0])], []
    before = (await sums(platform)).get(Account.BANK, Decimal(0))
    moved = Decimal(0)
    for number, (what, which, amount) in enumerate(steps):
        bill, serial = bills[which % len(bills)], f"{len(await store.bank_payments.files(9999))}{number}"
        try:
            if what == "invoice":
                bills.append(await issued(store, buyers[which % 2], str(amount)))
            elif what.startswith("pay"):
                code = "0" if what == "pay blindly" else "2"
                reference = "" if code == "0" else ocr_of(bill.number)
                payments += await paid(platform, Paid(str(amount), reference, serial=serial, code=code))
                moved += amount
            elif what == "credit":
                await credited(store, bill.number)
            elif payments:
                one = payments[which % len(payments)].id
                if what == "match":
                    await match(platform, one, bill.number, None if which % 2 else Decimal(amount), "kim")
                elif what == "unmatch":
                    await unmatch(platform, one, "by chance", "kim")
                else:
                    left = (await store.bank_payments.get(one)).open
                    await refund(platform, one, None, "kim")
                    moved -= left
        except Conflict:
            pass
        await check(platform)
    assert (await sums(platform)).get(Account.BANK, Decimal(0)) - before == moved
