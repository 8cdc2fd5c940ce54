"""`ocpilot charge held|release|drop`: what waits for a person, and what he decides."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal

from ocpilot.app.kept.charge_records import Transaction, TransactionState
from ocpilot.app.transactions.held_charges import HeldCharge
from ocpilot.base.ids import PartyId
from ocpilot.cli import charge as command
from ocpilot.main.commands import parser
from ocpilot.metering.findings import Finding, Oddity

HELD = HeldCharge(
    transaction=Transaction(
        id=4711,
        station_id="CS1",
        evse_id=1,
        party=PartyId.of("SE", "LAD"),
        location_id="L1",
        evse_uid="E1",
        ocpi_connector_id="1",
        session_id="S1",
        id_tag="04A1",
        cdr_token=None,
        auth_method="WHITELIST",
        accepted=False,
        meter_start_wh=Decimal(0),
        started_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
        held_because="Nobody knows the token it was started with",
        state=TransactionState.HELD,
        dedupe="",
    ),
    findings=(Finding(kind=Oddity.TOKEN_UNKNOWN, found="04A1"),),
    charge=None,
)


class FakeCharges:
    """One that waits, and what was asked."""

    def __init__(self, *waiting):
        self.waiting = waiting
        self.asked = []

    async def held(self):
        return self.waiting

    async def release(self, number, uid, evse_uid):
        self.asked.append(("release", number, uid, evse_uid))
        return "S1"

    async def drop(self, number, why):
        self.asked.append(("drop", number, why))


def run(charges, *words):
    return asyncio.run(command.run(parser().parse_args(["charge", *words]), charges))


def test_what_waits_is_told_with_all_that_is_odd_about_it(capsys):
    assert run(FakeCharges(HELD), "held") == 0
    assert capsys.readouterr().out.splitlines() == [
        "4711  CS1 E1  2026-11-23T10:00:00Z to -  energy and cost unknown",
        "    held: Nobody knows the token it was started with",
        "    Nobody knows the token it was started with: 04A1",
    ]


def test_a_program_reads_it_as_json(capsys):
    run(FakeCharges(HELD), "held", "--json")
    [found] = json.loads(capsys.readouterr().out)
    assert (found["transaction"], found["kwh"], found["findings"][0]["kind"]) == (4711, None, "token_unknown")


def test_nothing_that_waits_is_said(capsys):
    run(FakeCharges(), "held")
    assert capsys.readouterr().out == "no charge waits for a person\n"


def test_one_is_billed_or_dropped(capsys):
    charges = FakeCharges(HELD)
    run(charges, "release", "4711", "--token", "04A1")
    run(charges, "release", "4712", "--evse", "E1")
    run(charges, "drop", "4711", "--why", "a test")
    assert charges.asked == [
        ("release", 4711, "04A1", None),
        ("release", 4712, None, "E1"),
        ("drop", 4711, "a test"),
    ]
    assert "will be billed: session S1" in capsys.readouterr().out
