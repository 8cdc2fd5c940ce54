"""`ocpilot card` and `ocpilot terminal`: what is printed, and what a person decides."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ocpilot.app.cards.terminal_payments import TerminalRow
from ocpilot.app.cards.terminals import KnownTerminal
from ocpilot.app.kept.card_records import CardPayment, CardStep, PaymentState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.terminal_payment_records import TerminalPayment
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.billing.captures import CaptureState
from ocpilot.cli import card as command
from ocpilot.cli import terminal as terminal_command
from ocpilot.main.commands import parser
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import InvoiceCreator, Terminal

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
LAD = PartyId.of("SE", "LAD")
PAYMENT = CardPayment(
    id="p1",
    state=PaymentState.PAID,
    amount=Decimal(600),
    currency="SEK",
    key_hash=b"hash",
    link=b"sealed",
    token_uid="T",
    party=LAD,
    location_id="L1",
    evse_uid="E1",
    evse_id="SE*LAD*E1",
    connector_id="1",
    language="en",
    place="Torget",
    receipt="R-000001",
    captured=Decimal("50.00"),
    next_at=None,
    created_at=AT,
    changed_at=AT,
)
STEP = CardStep(payment_id="p1", before=None, after=PaymentState.NEW, what="begun", who="platform", at=AT)
TERMINAL = TerminalRow(
    TerminalPayment(
        key=ObjectKey(module=ModuleID.CDRS, party=LAD, id="C1"),
        peer_id=1,
        reference="pp-1",
        receipt="R-000002",
        currency="SEK",
        due=Decimal(80),
        at=AT,
    ),
    "Payr",
    CaptureState.MISSING,
)


class FakeCards:
    """One payment, and what was asked."""

    def __init__(self, *payments):
        self.payments = payments
        self.asked = []

    async def all(self, limit, *, needing):
        self.asked.append((limit, needing))
        return self.payments

    async def terminals(self, limit):
        return (TERMINAL,) if self.payments else ()

    async def show(self, payment_id):
        return PAYMENT, (STEP,)

    async def capture(self, payment_id):
        return PAYMENT

    async def release(self, payment_id, why):
        self.asked.append((payment_id, why))
        return PAYMENT

    async def refund(self, payment_id, amount, why):
        self.asked.append((payment_id, amount, why))
        return PAYMENT


def run(cards, *words):
    return asyncio.run(command.run(parser().parse_args(["card", *words]), cards))


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["list"], ["p1", "2026-11-23T10:00:00Z", "600 SEK", "50.00", "R-000001"]),
        (["list", "--terminals"], ["R-000002", "Payr", "pp-1", "80 SEK", "missing"]),
        (["show", "p1"], ["state: paid", "receipt: R-000001", "begun"]),
        (["capture", "p1"], ["p1 is paid"]),
    ],
)
def test_what_a_person_reads(capsys, words, printed):
    assert run(FakeCards(PAYMENT), *words) == 0
    out = capsys.readouterr().out
    assert [text for text in printed if text not in out] == []


@pytest.mark.parametrize("words", [["list"], ["list", "--terminals"], ["show", "p1"], ["capture", "p1"]])
def test_what_a_program_reads_is_json_without_the_drivers_link(capsys, words):
    run(FakeCards(PAYMENT), *words, "--json")
    out = capsys.readouterr().out
    assert json.loads(out)
    assert "sealed" not in out


def test_when_there_is_nothing_it_says_so(capsys):
    run(FakeCards(), "list")
    run(FakeCards(), "list", "--terminals")
    assert capsys.readouterr().out.count("\n") == 2


def test_what_is_decided_is_passed_on_with_its_reason():
    cards = FakeCards(PAYMENT)
    run(cards, "list", "--needs-person", "--limit", "9")
    run(cards, "release", "p1", "--why", "broken")
    run(cards, "refund", "p1", "--amount", "12.50", "--why", "slow")
    run(cards, "refund", "p1", "--why", "slow")
    assert cards.asked == [(9, True), ("p1", "broken"), ("p1", Decimal("12.50"), "slow"), ("p1", None, "slow")]
    with pytest.raises(UserError):
        run(cards, "refund", "p1", "--amount", "much", "--why", "slow")


class FakeTerminals:
    """Some terminals, and what was assigned."""

    def __init__(self, *terminals):
        self.terminals = terminals
        self.asked = []

    async def all(self):
        return self.terminals

    async def assign(self, peer, terminal, **said):
        self.asked.append((peer, terminal, said))


def run_terminal(terminals, *words):
    return asyncio.run(terminal_command.run(parser().parse_args(["terminal", *words]), terminals))


def test_terminals_are_listed_with_what_they_serve(capsys):
    one = Terminal(terminal_id="T1", location_ids=("L1", "L2"), invoice_creator="CPO", last_updated=AT)
    run_terminal(FakeTerminals(KnownTerminal(one, "Payr")), "list")
    assert "L1, L2" in capsys.readouterr().out
    run_terminal(FakeTerminals(KnownTerminal(one, "Payr")), "list", "--json")
    assert json.loads(capsys.readouterr().out)[0]["terminal_id"] == "T1"
    run_terminal(FakeTerminals(), "list")
    assert "no provider has sent a terminal" in capsys.readouterr().out


def test_a_terminal_is_assigned_as_it_is_said():
    terminals = FakeTerminals()
    run_terminal(terminals, "assign", "payr", "T1", "--location", "L1", "--location", "L2", "--invoice", "us")
    said = {"locations": ["L1", "L2"], "evses": None, "invoice": InvoiceCreator.CPO, "party": None}
    assert terminals.asked == [("payr", "T1", said)]
