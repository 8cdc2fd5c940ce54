"""Somebody pays at a terminal: its provider and the operator, from the terminal to the money (mod_payments)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from street import LOCATION, OPERATOR, station_of

from ocpilot.app import book_days, months
from ocpilot.app.books import reconciliation
from ocpilot.app.cards import terminal_charges, terminal_payments
from ocpilot.app.invoicing import receipts
from ocpilot.app.ocpi import payments, tokens
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.office import cdr_credits
from ocpilot.app.office.cdr_credits import Anew
from ocpilot.app.orders import commands
from ocpilot.app.partners import pull
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.app.work.jobs import Jobs
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.billing.captures import CaptureState
from ocpilot.billing.ledger import Account
from ocpilot.main.card_commands import TerminalsOf
from ocpilot.simulator.car import SimulatedCar
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CDR, CaptureStatusCode, InvoiceCreator, Price, Terminal

PAYR = PartyId("SE", "PAY")
REFERENCE = "pp-100100-1948213567"
EFT = ("Mastercard", "AID: A0000000041010", "Nr: **** **** **** 1234", "SEQ: 00")


class Story:
    """The two platforms, and a station with a terminal beside it."""

    def __init__(self, pair, station):
        self.lade, self.payr = pair.lade, pair.resa
        self.payr_at_lade, self.lade_at_payr = pair.resa_at_lade, pair.lade_at_resa
        self.station = station
        self.jobs = Jobs(self.lade.platform)

    async def from_provider(self):
        await PushWorker(self.payr.platform, self.lade_at_payr.id, lambda: 0.5).round(self.lade_at_payr)

    async def from_operator(self):
        await PushWorker(self.lade.platform, self.payr_at_lade.id, lambda: 0.5).round(self.payr_at_lade)

    async def work(self):
        """The operator's jobs, a while later."""
        for _ in range(2):
            self.lade.clock.ahead += timedelta(seconds=10)
            await self.jobs.once()
            await self.lade.platform.background.drain()

    async def terminal(self, **changes):
        """The provider makes it, the operator gets it and says which Location it serves and who writes the invoice."""
        made = Terminal(terminal_id="T1", reference="serial-1", last_updated=self.payr.platform.clock())
        await payments.put_terminal(self.payr.platform, PAYR, made, OPERATOR)
        await self.from_provider()
        said = {"locations": ["L1"], "evses": None, "invoice": "us", "party": "SE/LAD"} | changes
        said["invoice"] = InvoiceCreator.CPO if said["invoice"] == "us" else InvoiceCreator.PTP
        await TerminalsOf(self.lade.platform).assign(self.payr_at_lade.name, "T1", **said)

    async def charge(self, reference=REFERENCE):
        """The driver holds his card to the terminal; half an hour later he has had enough."""
        await self.station.plug_in(1, SimulatedCar(max_kw=22, soc=10, battery_kwh=80))
        await terminal_charges.start(self.payr.platform, PAYR, LOCATION, "E1", "1", reference=reference)
        await self.settled()
        await self.station.play(1800)
        self.lade.clock.ahead += timedelta(seconds=1800)
        await self.from_operator()
        [session] = await self.payr.platform.store.objects.newest(ModuleID.SESSIONS, 2)
        await terminal_charges.stop(self.payr.platform, PAYR, session.key.id)
        await self.settled()
        await self.station.play(5)
        await self.work()
        await self.from_operator()
        [cdr] = await self.payr.platform.store.objects.newest(ModuleID.CDRS, 2)
        return value_of(CDR, cdr)

    async def settled(self):
        for platform in (self.lade.platform, self.payr.platform, self.lade.platform):
            await platform.background.drain()

    async def confirm(self, cdr, captured=None, **said):
        """The provider captures at his PSP, and tells."""
        self.payr.clock.ahead += timedelta(seconds=1)
        await terminal_charges.confirm(self.payr.platform, PAYR, cdr, captured or cdr.total_cost, EFT, **said)
        await self.from_provider()
        await self.work()

    async def row(self):
        [found] = await terminal_payments.newest(self.lade.platform, 5)
        return found

    async def open_ends(self):
        today = book_days.today(self.lade.platform)
        found = await reconciliation.check(self.lade.platform, months.month_of(today))
        month_before = await reconciliation.check(self.lade.platform, months.month_of(today).before)
        every = (*month_before.findings, *found.findings)
        return [(one.step, one.fault, str(one.found)) for one in every]

    async def balances(self):
        return {one.account: one.amount for one in await self.lade.platform.store.ledger.balances() if one.amount}


@pytest.fixture
async def payr(start, second_database_url, tmp_path):
    """The terminal provider SE/PAY."""
    party = PartySettings(country_code="SE", party_id="PAY", role="PTP", name="Payr AB")
    async with start("Payr", (party,), second_database_url, tmp_path) as running:
        yield running


@pytest.fixture
async def story(lade, payr, register, bodies):
    pair = await register(lade, payr, Version.V2_3_0)
    async with station_of(lade, bodies, bodies.evse("E1", capabilities=["REMOTE_START_STOP_CAPABLE"])) as station:
        await pull.pull(payr.platform, pair.lade_at_resa)
        yield Story(pair, station)


async def test_a_charge_that_is_billed_anew_is_due_as_its_new_receipt_says(story):
    """The provider captured the first one; he hears of the Credit CDR and of the new one, and gives the rest back."""
    await story.terminal()
    cdr = await story.charge()
    await story.confirm(cdr)
    whole = (await story.balances())[Account.CARDS]
    anew = Anew(why="the meter was wrong", kwh=round(cdr.total_energy / 2, 4))
    new = value_of(CDR, (await cdr_credits.reissue(story.lade.platform, cdr.id, anew)).cdr)
    await story.work()
    row = await story.row()
    printed = receipts.paper_of(await terminal_payments.receipt_of(story.lade.platform, REFERENCE))
    assert (printed.number, printed.replaces, row.payment.receipt) == ("R-000002", "R-000001", "R-000002")
    assert (row.payment.due, row.payment.captured) == (printed.total.shown, whole)
    assert row.state is CaptureState.DIFFERS
    assert (await story.balances())[Account.UNMATCHED] == printed.total.shown - whole
    await story.confirm(new)
    assert (await story.row()).state is CaptureState.PAID
    found = await story.balances()
    assert found[Account.CARDS] == printed.total.shown
    assert Account.UNMATCHED not in found


async def test_a_charge_that_is_credited_is_no_longer_sold_and_what_was_captured_is_owed(story):
    await story.terminal()
    cdr = await story.charge()
    await cdr_credits.credit(story.lade.platform, cdr.id, "the station was broken")
    await story.work()
    assert await story.balances() == {}
    await story.confirm(cdr)
    found = await story.balances()
    assert set(found) == {Account.CARDS, Account.UNMATCHED}
    assert sum(found.values()) == 0


async def test_from_the_terminal_to_the_receipt_with_its_eft_data(story):
    """The CPO creates the invoice: the PTP has to push a financial advice confirmation after the capture."""
    await story.terminal()
    [known] = await TerminalsOf(story.lade.platform).all()
    assert (known.peer, known.terminal.location_ids, known.terminal.invoice_creator) == ("Resa", ("L1",), "CPO")
    cdr = await story.charge()
    assert (cdr.authorization_reference, cdr.invoice_reference_id) == (REFERENCE, REFERENCE)
    assert cdr.cdr_token.type == "AD_HOC_USER"
    due = cdr.total_cost.before_taxes + cdr.total_cost.taxes[0].amount
    assert (await story.row()).state is CaptureState.WAITING
    assert (await story.balances())[Account.UNMATCHED] == round(due, 2)
    before = await terminal_payments.receipt_of(story.lade.platform, REFERENCE)
    assert await receipts.pdf_of(story.lade.platform, before) == before.pdf

    price = receipts.paper_of(before).total
    captured = Price(before_taxes=price.excl, taxes=({"name": "VAT", "amount": price.vat},))
    await story.confirm(cdr, captured)
    row = await story.row()
    assert (row.state, row.payment.captured, row.peer) == (CaptureState.PAID, price.incl, "Resa")
    booked = await story.balances()
    assert (booked[Account.CARDS], booked.get(Account.UNMATCHED)) == (price.incl, None)
    assert await story.open_ends() == []
    assert sum(booked.values()) == 0
    receipt = await terminal_payments.receipt_of(story.lade.platform, REFERENCE.upper())
    assert (receipt.body, receipt.number) == (before.body, before.number)
    assert await receipts.pdf_of(story.lade.platform, receipt) != before.pdf


async def test_a_capture_that_failed_and_then_came_is_booked_once(story):
    await story.terminal()
    cdr = await story.charge()
    await story.confirm(cdr, status=CaptureStatusCode.FAILED, message="card expired")
    row = await story.row()
    assert (row.state, row.payment.captured, row.payment.why) == (CaptureState.FAILED, 0, "card expired")
    half = Price(before_taxes=Decimal(10))
    await story.confirm(cdr, half, status=CaptureStatusCode.PARTIAL_SUCCESS, message="limit")
    assert ((await story.row()).state, (await story.balances())[Account.CARDS]) == (CaptureState.PARTIAL, 10)
    await story.confirm(cdr, Price(before_taxes=(await story.row()).payment.due))
    await story.work()
    assert (await story.row()).state is CaptureState.PAID
    assert (await story.balances())[Account.CARDS] == (await story.row()).payment.due
    await story.confirm(cdr, half, status=CaptureStatusCode.PARTIAL_SUCCESS, message="the rest was charged back")
    row = await story.row()
    assert (row.state, (await story.balances())[Account.CARDS]) == (CaptureState.PARTIAL, 10)
    assert (await story.balances())[Account.UNMATCHED] == row.payment.due - 10


async def test_a_confirmation_that_never_comes_is_missing_after_a_day(story):
    await story.terminal()
    await story.charge()
    story.lade.clock.ahead += timedelta(hours=25)
    assert (await story.row()).state is CaptureState.MISSING
    [(step, fault, found)] = await story.open_ends()
    assert (step, fault, found.startswith("0 of ")) == ("payment", "missing", True)


async def test_when_the_ptp_creates_the_invoice_the_cdr_names_none(story):
    """If this id is set then the invoice was created by the CPO, if not then it will be created by the PTP."""
    await story.terminal(invoice="provider")
    cdr = await story.charge()
    assert (cdr.invoice_reference_id, cdr.authorization_reference) == (None, REFERENCE)
    assert await terminal_payments.newest(story.lade.platform, 5) == ()


async def test_a_token_of_one_time_use_starts_once(story):
    """mod_tokens, "TokenType": AD_HOC_USER is a one time use Token ID."""
    await story.terminal()
    cdr = await story.charge()
    [first] = await story.payr.platform.store.commands.of_token(cdr.cdr_token.uid, "START_SESSION")
    again = tokens.of_one_charge(story.payr.platform, PAYR, cdr.cdr_token.uid)
    answered = await commands.start_with(story.payr.platform, again, LOCATION, "E1", "1")
    assert (first.response, answered.response) == ("ACCEPTED", "REJECTED")
