"""A charge without an account that is paid by card: reserved, charged, taken once, whatever dies between two steps."""

import asyncio
import contextlib
import dataclasses
import hmac
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from ocpilot.app import book_days, months
from ocpilot.app.books import books, reconciliation
from ocpilot.app.books.books import ExportFormat
from ocpilot.app.cards import played_cards
from ocpilot.app.guests import ad_hoc, card_payments, evse_pages
from ocpilot.app.invoicing import receipts
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.card_ports import CardState
from ocpilot.app.kept.card_records import MAY_CHARGE, MOVES, PaymentState, heard_of
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import tariffs
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.office import cdr_credits
from ocpilot.app.office.cdr_credits import Anew
from ocpilot.base.errors import CardRefused, CardUnreachable, Conflict, NotAuthorized, UserError
from ocpilot.base.money_settings import CardSettings
from ocpilot.billing.ledger import Account
from ocpilot.cards.played import PlayedCards
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Capability
from sie_reader import read

from ..conftest import LOCATION, OPERATOR, TARIFF

GOOD, DECLINED, ASKS, OLD = "4242 4242 4242 4242", "4000000000000002", "4000000000003220", "4000000000000069"
S = PaymentState


class Failing:
    """A provider that does what it is asked, and fails before or after it as often as it is told to."""

    def __init__(self, real):
        self.real = real
        self.before = {}
        self.after = {}
        self.calls = []

    def __getattr__(self, name):
        method = getattr(self.real, name)

        async def called(*args):
            self.calls.append((name, args[-1]))
            if self.before.get(name):
                raise self.before[name].pop(0)
            answer = await method(*args)
            if self.after.get(name):
                raise self.after[name].pop(0)
            return answer

        return called if name not in {"heard"} else method


@pytest.fixture
async def street(operator):
    """Anybody may charge, and pays by card before; the Tariff is 4 SEK a kWh and 25 % VAT."""
    settings = operator.platform.settings
    settings = replace(
        settings,
        web=replace(settings.web, ad_hoc=True),
        cards=CardSettings(preauthorise={"SEK": Decimal(100)}, minimum={"SEK": Decimal(3)}),
    )
    provider = Failing(PlayedCards(operator.store.played_payments, lambda: operator.now, "http://x", "whsec"))
    operator.platform = dataclasses.replace(operator.platform, settings=settings, cards=provider)
    operator.reborn()
    evses = tuple(replace(one, capabilities=(Capability.REMOTE_START_STOP_CAPABLE,)) for one in LOCATION.evses)
    newer = operator.now + timedelta(seconds=1)
    key = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1")
    await operator.store.locations.put(own(key, replace(LOCATION, evses=evses, last_updated=newer), newer))
    return operator


async def begin(street, evse_id="SE*LAD*E1"):
    page = await evse_pages.find(street.platform, evse_id)
    return await card_payments.begin(street.platform, page, "1", "en")


async def payment(street):
    [found] = await street.store.cards.page(2)
    return found


async def work(street, rounds=4, seconds=3):
    """The jobs look several times; a new process each time, as if the one before had been killed."""
    for _ in range(rounds):
        street.passes(seconds)
        street.reborn()
        await street.jobs.once()
        await street.platform.background.drain()
    return await payment(street)


async def pay(street, number=GOOD):
    await played_cards.pay(street.platform, (await payment(street)).reference, number)
    return await work(street, seconds=11, rounds=3)


async def charge(street, wh, seconds=1800):
    """The station that was asked begins, and the car draws this much."""
    transaction = await street.start(street.stations.calls[0][3])
    street.passes(seconds)
    await street.stop(transaction, 1000 + wh)
    return await work(street, rounds=6)


async def balances(street):
    return {one.account: one.amount for one in await street.store.ledger.balances()}


async def played(street):
    return await street.store.played_payments.get((await payment(street)).reference)


# ---- the whole way -------------------------------------------------------------------------------------------------


async def test_reserved_started_charged_and_exactly_what_was_used_is_taken(street):
    secret = await begin(street)
    assert street.stations.calls == []
    assert (await payment(street)).state == S.OPEN
    assert (await pay(street)).state == S.CHARGING
    assert [one[0] for one in street.stations.calls] == ["start"]
    done = await charge(street, 10_000)
    assert (done.state, done.captured, done.card) == (S.PAID, Decimal("50.00"), "Visa •••• 4242")
    at_provider = await played(street)
    assert (at_provider.captured, at_provider.takes) == (Decimal("50.00"), 1)
    receipt = await ad_hoc.receipt(street.platform, secret)
    assert done.receipt == receipt.number
    assert await balances(street) == {Account.CARDS: 50, Account.REVENUE: -40, Account.VAT_OUT: -10}
    assert (await street.store.ledger.entry(f"receipt/{receipt.number}")).entry.lines[0].amount == 50
    steps = [one.after for one in await street.store.cards.steps(done.id)]
    assert steps == [S.NEW, S.OPEN, S.AUTHORISED, S.STARTING, S.CHARGING, S.CAPTURING, S.CAPTURED, S.PAID]


@pytest.mark.parametrize(("number", "state"), [(DECLINED, S.DECLINED), (OLD, S.RELEASED)])
async def test_without_money_nothing_starts(street, number, state):
    await begin(street)
    assert (await pay(street, number)).state == state
    assert street.stations.calls == []


async def test_a_card_that_needs_a_confirmation_waits_for_it(street):
    await begin(street)
    assert (await pay(street, ASKS)).state == S.OPEN
    await played_cards.answer(street.platform, (await payment(street)).reference, yes=True)
    assert (await work(street, seconds=11)).state == S.CHARGING


async def test_whoever_never_pays_keeps_nothing_waiting(street):
    await begin(street)
    assert (await work(street, rounds=2, seconds=1800)).state == S.RELEASED
    assert (await played(street)).state is CardState.RELEASED


@pytest.mark.parametrize("word", ["Rejected", None])
async def test_a_station_that_does_not_start_costs_nothing(street, word):
    street.stations.word = word
    await begin(street)
    await pay(street)
    assert (await work(street, rounds=3, seconds=600)).state == S.RELEASED
    assert (await played(street)).state is CardState.RELEASED


async def test_a_charge_that_begins_after_the_money_was_let_go_is_not_accepted(street):
    await begin(street)
    await pay(street)
    id_tag = street.stations.calls[0][3]
    assert (await work(street, rounds=3, seconds=600)).state == S.RELEASED
    transaction = await street.store.transactions.get(await street.start(id_tag))
    assert not transaction.accepted


async def test_a_token_is_for_one_charge(street):
    await begin(street)
    await pay(street)
    id_tag = street.stations.calls[0][3]
    await charge(street, 10_000)
    again = await street.store.transactions.get(await street.start(id_tag))
    assert not again.accepted


async def test_nothing_charged_is_nothing_taken(street):
    await begin(street)
    await pay(street)
    assert (await charge(street, 0, seconds=5)).state == S.RELEASED
    assert await balances(street) == {}


async def test_less_than_a_payment_is_worth_is_given_away_and_booked_so(street):
    await begin(street)
    await pay(street)
    done = await charge(street, 500)
    assert (done.state, done.captured, done.due) == (S.RELEASED, 0, Decimal("2.50"))
    assert await balances(street) == {Account.BAD_DEBTS: Decimal("2.5"), Account.REVENUE: -2, Account.VAT_OUT: -0.5}


async def test_a_charge_is_stopped_before_it_costs_more_than_was_reserved(street):
    await begin(street)
    await pay(street)
    transaction = await street.start(street.stations.calls[0][3])
    asked = []
    for wh in (6_000, 12_000, 18_000):
        street.passes(1800)
        await street.meter(transaction, wh)
        await street.platform.background.drain()
        asked.append([one[0] for one in street.stations.calls].count("stop"))
    assert asked == [0, 0, 1]
    assert "used up" in [one.what for one in await street.store.cards.steps((await payment(street)).id)][-1]


@pytest.mark.parametrize(("kind", "stops"), [("AD_HOC_USER", 1), ("RFID", 0)])
async def test_a_charge_at_a_terminal_is_stopped_at_what_the_tariff_lets_its_provider_reserve(operator, kind, stops):
    """mod_payments, "Transaction": it can also be stopped by the CPO backend if the preauth limit is reached."""
    await tariffs.put(operator.platform, replace(TARIFF, preauthorize_amount=Decimal(80), last_updated=operator.now))
    await operator.token(type=kind)
    transaction = await operator.start()
    for wh in (6_000, 12_000):
        operator.passes(1800)
        await operator.meter(transaction, wh)
    assert [one[0] for one in operator.stations.calls].count("stop") == stops


async def test_more_than_was_reserved_is_never_taken(street):
    await begin(street)
    await pay(street)
    done = await charge(street, 30_000, seconds=7200)
    assert (done.state, done.due, done.captured) == (S.PAID, 150, 100)
    assert (await balances(street))[Account.BAD_DEBTS] == 50


async def test_refunds_take_back_revenue_and_vat_in_their_share(street):
    await begin(street)
    await pay(street)
    done = await charge(street, 10_000)
    await card_payments.refund(street.platform, done.id, Decimal(20), "it was slow", "cli")
    assert ((await work(street)).state, (await played(street)).refunded) == (S.PAID, 20)
    with pytest.raises(Conflict, match=r"20\.00 were given back; look again"):
        await card_payments.refund(street.platform, done.id, Decimal(20), "it was slow", "cli", version=done.version)
    for wrong in ("31", "0", "-1", "0.001", "1e999", "NaN", "-Infinity"):
        with pytest.raises(UserError, match="expected more than 0 and at most 30"):
            await card_payments.refund(street.platform, done.id, Decimal(wrong), "", "cli")
    await card_payments.refund(street.platform, done.id, None, "", "cli")
    assert (await work(street)).state == S.REFUNDED
    assert {account: amount for account, amount in (await balances(street)).items() if amount} == {}
    with pytest.raises(Conflict):
        await card_payments.refund(street.platform, done.id, None, "", "cli")


async def test_what_is_sold_and_given_back_abroad_is_on_the_accounts_of_that_country(street):
    """The Location is in Germany, the books are kept in Sweden; 40 + 10, of which 20 with VAT are given back."""
    newer = street.now + timedelta(seconds=2)
    key = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1")
    evses = tuple(replace(one, capabilities=(Capability.REMOTE_START_STOP_CAPABLE,)) for one in LOCATION.evses)
    there = replace(LOCATION, evses=evses, country="DEU", time_zone="Europe/Berlin", last_updated=newer)
    await street.store.locations.put(own(key, there, newer))
    await begin(street)
    await pay(street)
    done = await charge(street, 10_000)
    await card_payments.refund(street.platform, done.id, Decimal(20), "it was slow", "cli")
    await work(street)
    month = months.month_of(book_days.today(street.platform))
    _, vouchers = read(await books.export(street.platform, month, ExportFormat.SIE))
    assert [lines for _, lines in vouchers] == [
        [("1580", 50), ("3305", -40), ("2670", -10)],
        [("3305", 16), ("2670", 4), ("1580", -20)],
    ]


async def test_the_closing_report_has_card_sales_by_tax_without_what_was_given_back(street):
    """Whoever files VAT from it files what the ledger has: 40 + 10, of which 20 with VAT are given back."""
    await begin(street)
    await pay(street)
    done = await charge(street, 10_000)
    await card_payments.refund(street.platform, done.id, Decimal(20), "it was slow", "cli")
    await work(street)
    found = await books.report(street.platform, months.month_of(book_days.today(street.platform)))
    [sold] = found.revenue
    assert (sold.purpose, sold.currency, sold.tax.country, sold.tax.rate) == (Purpose.CARD, "SEK", "SE", 25)
    assert (sold.base, sold.amount, sold.invoices) == (24, 6, 2)
    assert {one.account: one.amount for one in found.balances}[Account.VAT_OUT] == -sold.amount


async def reissued(street, kwh):
    """The CDR of the only charge is taken back and issued anew with another energy."""
    receipt = await street.store.documents.receipt((await payment(street)).receipt)
    await cdr_credits.reissue(street.platform, receipt.key.id, Anew(why="the meter was wrong", kwh=Decimal(kwh)))
    return await work(street)


async def unpaid(street):
    """What the four-way check says of payments; that the Session tells another energy is true."""
    return [found for step, _, found in await open_ends(street) if step == "payment"]


async def exported(street):
    month = months.month_of(book_days.today(street.platform))
    _, vouchers = read(await books.export(street.platform, month, ExportFormat.SIE))
    return [lines for _, lines in vouchers]


ISSUED_ANEW = {Account.CARDS: 40, Account.REVENUE: -32, Account.VAT_OUT: -8}


async def test_a_charge_billed_anew_for_less_has_its_payment_and_what_was_taken_too_much_goes_back_by_itself(street):
    await begin(street)
    await pay(street)
    first = await charge(street, 10_000)
    then = await reissued(street, 8)
    assert (then.state, then.receipt, then.due, then.captured, then.refunded) == (S.PAID, "R-000002", 40, 50, 10)
    steps = await street.store.cards.steps(then.id)
    assert [(one.after, one.what, one.who) for one in steps[-2:]] == [
        ("refunding", "receipt R-000002 instead of R-000001: 40.00 SEK, so 10.00 are given back", "platform"),
        ("paid", "10.00 SEK were given back", "platform"),
    ]
    kept = await street.store.documents.receipt("R-000002")
    found = receipts.paper_of(kept)
    assert (found.replaces, found.total.shown) == (first.receipt, 40)
    assert (await receipts.pdf_of(street.platform, kept)) != kept.pdf
    assert (await played(street)).refunded == 10
    assert await unpaid(street) == []
    assert {key: one for key, one in (await balances(street)).items() if one} == ISSUED_ANEW
    assert await exported(street) == [
        [("1580", 50), ("3001", -40), ("2611", -10)],
        [("1580", -50), ("3001", 40), ("2611", 10), ("1580", 50), ("6351", -10), ("3001", -32), ("2611", -8)],
        [("6351", 10), ("1580", -10)],
    ]
    [sold] = (await books.report(street.platform, months.month_of(book_days.today(street.platform)))).revenue
    assert (sold.base, sold.amount) == (32, 8)


async def test_a_charge_billed_anew_for_more_takes_no_more_and_again_has_the_newest_receipt(street):
    await begin(street)
    await pay(street)
    await charge(street, 10_000)
    assert (await reissued(street, 12)).needs == ""
    assert await balances(street) == {
        Account.CARDS: 50,
        Account.BAD_DEBTS: 10,
        Account.REVENUE: -48,
        Account.VAT_OUT: -12,
    }
    then = await reissued(street, 10)
    assert (then.receipt, receipts.paper_of(await street.store.documents.receipt(then.receipt)).replaces) == (
        "R-000003",
        "R-000002",
    )
    assert {key: one for key, one in (await balances(street)).items() if one} == {
        Account.CARDS: 50,
        Account.REVENUE: -40,
        Account.VAT_OUT: -10,
    }
    assert await unpaid(street) == []


async def test_a_charge_billed_anew_for_nothing_gives_everything_back(street):
    await begin(street)
    await pay(street)
    await charge(street, 10_000)
    then = await reissued(street, 0)
    assert (then.state, then.receipt, then.due, then.refunded, then.needs) == (S.REFUNDED, "R-000002", 0, 50, "")
    assert [amount for amount in (await balances(street)).values() if amount] == []
    assert await unpaid(street) == []


async def test_a_refund_that_the_provider_refuses_waits_for_a_person_who_tries_again(street):
    street.platform.cards.before["refund"] = [CardRefused("the card is closed")] * 6
    await begin(street)
    await pay(street)
    await charge(street, 10_000)
    await reissued(street, 8)
    stuck = await work(street, rounds=8, seconds=3600)
    assert (stuck.state, stuck.needs, stuck.refunding) == (S.REFUNDING, "the card is closed", 10)
    assert await unpaid(street) == ["50.00 of 40.00 SEK were taken from the card: the card is closed"]
    with pytest.raises(Conflict, match="there is nothing to give back"):
        await card_payments.refund(street.platform, stuck.id, Decimal(20), "more", "cli")
    await card_payments.refund(street.platform, stuck.id, None, "", "cli")
    assert ((await work(street)).state, (await played(street)).refunded) == (S.PAID, 10)
    assert await unpaid(street) == []


@pytest.mark.parametrize("which", range(1, 5))
@pytest.mark.parametrize("what", ["save", "book"])
async def test_killed_at_any_write_the_money_goes_back_once_and_is_booked_once(street, monkeypatch, what, which):
    await begin(street)
    await pay(street)
    await charge(street, 10_000)
    place, count = street.store.cards if what == "save" else street.store.ledger, [0]
    real = getattr(place, what)

    async def lost(*args):
        count[0] += 1
        if count[0] == which:
            raise asyncio.CancelledError
        return await real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(place, what, lost)
        with contextlib.suppress(asyncio.CancelledError):
            await reissued(street, 8)
        for _ in range(4):
            with contextlib.suppress(asyncio.CancelledError):
                await work(street, rounds=1, seconds=600)
    done = await work(street, rounds=4, seconds=600)
    assert (done.state, done.receipt, done.refunded) == (S.PAID, "R-000002", 10)
    assert (await played(street)).refunded == 10
    assert {key: one for key, one in (await balances(street)).items() if one} == ISSUED_ANEW


async def test_a_charge_billed_anew_before_its_money_was_taken_costs_what_the_new_receipt_says(street):
    street.platform.cards.before["capture"] = [CardRefused("card_declined")] * 6
    await begin(street)
    await pay(street)
    await charge(street, 10_000)
    await work(street, rounds=8, seconds=600)
    then = await reissued(street, 8)
    assert (then.state, then.receipt, then.captured) == (S.PAID, "R-000002", 40)
    assert await exported(street) == [[("1580", 40), ("3001", -32), ("2611", -8)]]
    assert await unpaid(street) == []


async def test_a_payment_that_was_tied_to_its_new_receipt_and_not_booked_is_booked_next_time(street, monkeypatch):
    await begin(street)
    await pay(street)
    await charge(street, 10_000)

    async def dies(_):
        raise Conflict("the process died")

    with monkeypatch.context() as patch:
        patch.setattr(street.store.ledger, "book", dies)
        assert (await reissued(street, 8)).receipt == "R-000002"
    assert (await balances(street))[Account.REVENUE] == -40
    await work(street, rounds=8, seconds=600)
    assert (await balances(street))[Account.REVENUE] == -32


async def open_ends(street):
    found = await reconciliation.check(street.platform, months.month_of(book_days.today(street.platform)))
    return [(one.step, one.fault, str(one.found)) for one in found.findings]


async def test_the_four_way_check_follows_a_charge_to_the_card(street):
    street.platform.cards.before["capture"] = [CardRefused("card_declined")] * 6
    await begin(street)
    await pay(street)
    await charge(street, 10_000)
    assert await open_ends(street) == [("payment", "waits", "0 of 50.00 SEK were taken from the card")]
    waits = await work(street, rounds=8, seconds=600)
    refused = "0 of 50.00 SEK were taken from the card: card_declined"
    assert await open_ends(street) == [("payment", "missing", refused)]
    await card_payments.capture(street.platform, waits.id, "cli")
    assert (await work(street)).state == S.PAID
    assert await open_ends(street) == []


async def test_what_somebody_took_beyond_the_receipt_is_named_and_goes_back_first(street):
    """50 are due; 100 were taken at the provider, by hand, before we asked."""
    await begin(street)
    await pay(street)
    one = await payment(street)
    transaction = await street.start(street.stations.calls[0][3])
    await street.platform.cards.real.capture(one.reference, Decimal(100), "SEK", "by somebody at the provider")
    street.passes(1800)
    await street.stop(transaction, 11_000)
    assert (await work(street, rounds=6)).captured == 100
    [(step, fault, found)] = await open_ends(street)
    assert (step, fault, found.endswith("of 50.00 SEK were taken from the card")) == ("payment", "differs", True)
    await card_payments.refund(street.platform, one.id, Decimal(50), "too much was taken", "cli")
    await work(street)
    kept = {account: amount for account, amount in (await balances(street)).items() if amount}
    assert kept == {Account.CARDS: 50, Account.REVENUE: -40, Account.VAT_OUT: -10}
    assert await open_ends(street) == []
    await card_payments.refund(street.platform, one.id, None, "the rest too", "cli")
    await work(street)
    assert [amount for amount in (await balances(street)).values() if amount] == []


async def test_the_four_way_check_names_money_that_was_taken_for_no_charge(street):
    await begin(street)
    await pay(street)
    one = await payment(street)
    await street.platform.cards.real.capture(one.reference, Decimal(100), "SEK", "by somebody at the provider")
    stuck = await work(street, rounds=12, seconds=900)
    assert (stuck.state, stuck.captured) == (S.RELEASING, 0)
    needs = "a card payment without receipt: nothing can be released: 100.00 SEK were taken"
    assert [found[2].replace(" 100 ", " 100.00 ") for found in await open_ends(street)] == [needs]


# ---- what fails ----------------------------------------------------------------------------------------------------

GONE = CardUnreachable("the line is dead")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["authorise", "state", "capture", "release", "refund"])
async def test_an_answer_that_never_came_does_nothing_twice(street, call, moment):
    getattr(street.platform.cards, moment)[call] = [GONE, GONE]
    await begin(street)
    await work(street, rounds=4, seconds=120)
    await pay(street)
    await work(street, rounds=3, seconds=60)
    await charge(street, 10_000)
    done = await work(street, rounds=5, seconds=600)
    assert (done.state, (await played(street)).takes) == (S.PAID, 1)
    if call == "refund":
        await card_payments.refund(street.platform, done.id, None, "", "cli")
        assert (await work(street, rounds=4, seconds=600)).state == S.REFUNDED
        assert (await played(street)).refunded == 50


async def test_a_refusal_is_asked_again_under_another_key_and_then_shown_to_a_person(street):
    street.platform.cards.before["capture"] = [CardRefused("card_declined")] * 6
    await begin(street)
    await pay(street)
    await charge(street, 10_000)
    waits = await work(street, rounds=8, seconds=3600)
    assert (waits.state, waits.needs) == (S.CAPTURING, "card_declined")
    keys = [key for name, key in street.platform.cards.calls if name == "capture"]
    assert len(set(keys)) == len(keys) == 6
    assert [one.id for one in await card_payments.all_of(street.platform, 9, needing=True)] == [waits.id]
    await card_payments.capture(street.platform, waits.id, "cli")
    done = await work(street)
    assert (done.state, done.needs, done.captured) == (S.PAID, "", 50)


@pytest.mark.parametrize("which", range(1, 8))
async def test_killed_between_any_two_steps_the_next_process_goes_on(street, which):
    """The write after each call is lost, as by kill -9: what was called is done, nobody remembers it."""
    save, count = street.store.cards.save, [0]

    async def lost(one, step):
        count[0] += step is not None
        if step is not None and count[0] == which:
            raise asyncio.CancelledError
        return await save(one, step)

    street.store.cards.save = lost
    with contextlib.suppress(asyncio.CancelledError):
        await begin(street)
    await work(street, rounds=3, seconds=60)
    await pay(street)
    await work(street, rounds=3, seconds=61)
    await charge(street, 10_000)
    done = await work(street, rounds=3)
    assert (done.state, (await played(street)).takes, done.captured) == (S.PAID, 1, 50)
    assert [one[0] for one in street.stations.calls] == ["start"]
    assert (await balances(street))[Account.CARDS] == 50


# ---- rules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "here"),
    [
        (CardState.OPEN, None),
        (CardState.AUTHORISED, S.AUTHORISED),
        (CardState.DECLINED, S.DECLINED),
        (CardState.EXPIRED, S.RELEASED),
        (CardState.RELEASED, S.RELEASED),
        (CardState.CAPTURED, S.AUTHORISED),
    ],
)
def test_what_the_provider_says_of_an_open_payment(there, here):
    assert heard_of(there) is here


def test_every_state_leads_to_an_end_and_money_is_taken_on_one_way_only():
    ends = {state for state, after in MOVES.items() if not after}
    assert ends == {S.RELEASED, S.DECLINED, S.REFUNDED}
    assert [state for state, after in MOVES.items() if S.CAPTURED in after] == [S.CAPTURING]
    assert [state for state, after in MOVES.items() if S.PAID in after] == [S.CAPTURED, S.REFUNDING]
    assert {S.STARTING, S.CHARGING} == MAY_CHARGE
    assert set(MOVES) == set(S)


async def test_a_step_that_may_not_be_taken_is_refused(street):
    await begin(street)
    with pytest.raises(Conflict):
        await card_payments.move(street.platform, await payment(street), S.PAID, "", next_at=None)
    with pytest.raises(Conflict):
        await card_payments.capture(street.platform, (await payment(street)).id, "cli")


async def test_of_two_that_move_the_same_payment_one_wins(street):
    await begin(street)
    stale = await payment(street)
    first = await card_payments.move(street.platform, stale, S.RELEASING, "one", next_at=street.now)
    assert await card_payments.move(street.platform, stale, S.AUTHORISED, "two", next_at=street.now) == first


async def test_a_message_of_the_provider_is_believed_to_be_about_a_payment_and_nothing_else(street):
    await begin(street)
    one = await payment(street)
    await played_cards.pay(street.platform, one.reference, GOOD)
    body = msgspec.json.encode({"payment": one.id, "state": "captured"})
    signature = hmac.digest(b"whsec", body, "sha256").hex()
    for _ in range(2):
        await card_payments.heard(street.platform, body, signature)
    assert (await payment(street)).state == S.AUTHORISED
    with pytest.raises(NotAuthorized):
        await card_payments.heard(street.platform, body, "0" * 64)
    with pytest.raises(NotAuthorized):
        await card_payments.heard(street.platform, body, "é")
    signature = hmac.digest(b"whsec", b"[]", "sha256").hex()
    await card_payments.heard(street.platform, b"[]", signature)


async def test_what_the_tariff_says_is_reserved_comes_first(street):
    page = await evse_pages.find(street.platform, "SE*LAD*E1")
    assert card_payments.reserve_at(street.platform, page, "1").amount == 100
    plug = page.point.plugs[0]
    dear = replace(plug, tariffs=(replace(plug.tariffs[0], preauthorize_amount=Decimal(250)),))
    page = replace(page, point=replace(page.point, plugs=(dear,)))
    assert card_payments.reserve_at(street.platform, page, "1").amount == 250
