"""`ocpilot invoice remind` on the command line, on a real store."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from issued import SELLER, customer, issued
from ocpilot.app.kept.mailing import Mail
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.money_settings import BillingSettings, ReminderSettings
from ocpilot.base.settings import Settings
from ocpilot.billing.parties import BusinessParty
from ocpilot.cli import invoice_remind
from ocpilot.main.commands import parser
from ocpilot.main.payment_commands import RemindersOf


class Post:
    """`Mailer`: what was posted."""

    def __init__(self) -> None:
        self.posted: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.posted.append(mail)


@pytest.fixture
def platform(store) -> Platform:
    levels = (ReminderSettings(days=5, fee=Decimal(60)),)
    return Platform(
        settings=Settings(billing=BillingSettings(reminders=levels)),
        clock=lambda: datetime(2026, 12, 8, tzinfo=UTC),
        store=store,
        partners=None,
        stations=None,
        sealing=None,
        mailer=Post(),
    )


@pytest.fixture
def run(platform, capsys):
    async def ask(*words):
        args = parser().parse_args(["invoice", "remind", *words])
        code = await invoice_remind.run(args, RemindersOf(platform))
        return code, capsys.readouterr().out

    return ask


async def test_a_reminder_is_listed_written_and_sent_again(platform, run, tmp_path):
    assert (await run())[1].startswith("no reminder is due")
    facts = BusinessParty(name="Anna Berg", address=SELLER.address, email="anna@example.org")
    bill = await issued(platform.store, await customer(platform.store, party_facts=facts))
    assert bill.number in (await run())[1]
    (row,) = json.loads((await run("--json"))[1])
    assert (row["level"], row["days_late"], row["open"]) == (1, 6, 100)
    paper = tmp_path / "reminder.pdf"
    _, told = await run(bill.number, "--pdf", str(paper), "--send")
    assert told.startswith("Reminder\n\nWe have not seen your payment of invoice F-000001")
    assert told.endswith("sent to anna@example.org\n")
    assert paper.read_bytes().startswith(b"%PDF")
    with pytest.raises(Conflict, match="no reminder is due"):
        await run(bill.number)
    again = json.loads((await run(bill.number, "--again", "--send", "--json"))[1])
    assert (again["to_pay"], again["sent_to"]) == (160, "anna@example.org")
    first, second = platform.mailer.posted
    assert (first.message_id, first.attachments) == (second.message_id, second.attachments)
    assert (first.subject, first.attachments[0].name) == ("Reminder: F-000001", "F-000001-1.pdf")


async def test_what_cannot_be_reminded_of_says_why(platform, run):
    bill = await issued(platform.store, await customer(platform.store))
    with pytest.raises(UserError, match="say which invoice"):
        await run("--send")
    with pytest.raises(NotFound, match="no reminder 0 of F-000001"):
        await run(bill.number, "--again")
    with pytest.raises(UserError, match="no e-mail address"):
        await run(bill.number, "--send")
    assert (await run(bill.number, "--again"))[1].startswith("Reminder")
