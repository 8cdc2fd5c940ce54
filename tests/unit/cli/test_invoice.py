"""`ocpilot invoice` on a real store: written, listed, shown, sent, taken back."""

import json
from datetime import date

import msgspec
import pytest

import billed
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base.errors import Conflict, MailRefused, NotFound, UserError
from ocpilot.cli import invoice
from ocpilot.main.commands import parser
from ocpilot.main.invoice_commands import InvoicesOf


class Post:
    """A mail server that knows everybody but Omar."""

    def __init__(self):
        self.taken = []

    async def send(self, mail):
        if mail.to.startswith("omar"):
            raise MailRefused("550 no such user here")
        self.taken.append(mail)


@pytest.fixture
async def platform(store, tmp_path) -> Platform:
    settings = billed.settings_of(tmp_path)
    return Platform(
        settings=settings,
        clock=lambda: billed.NOW,
        store=store,
        partners=None,
        stations=None,
        sealing=Seal(settings),
        mailer=Post(),
    )


@pytest.fixture
def run(platform, capsys):
    async def ask(*words):
        status = await invoice.run(parser().parse_args(["invoice", *words]), InvoicesOf(platform))
        return status, capsys.readouterr()

    return ask


async def two_drivers(platform):
    """Their customer numbers."""
    both = await billed.drivers(platform.store, 2)
    for driver, name in zip(both, ("anna", "omar"), strict=True):
        facts = msgspec.structs.replace(driver.party_facts, email=f"{name}@example.org")
        await platform.store.customers.save(msgspec.structs.replace(driver, party_facts=facts))
    await billed.accepted(platform, 12, ("T0", "T1"), billed.OPERATORS[:1])
    return [driver.number for driver in both]


async def test_invoices_from_first_to_last(run, platform, tmp_path):
    assert (await run("list"))[1].out == "no invoices: `ocpilot invoice run` writes what is due\n"
    anna, omar = await two_drivers(platform)
    _, said = await run("run", "--dry-run")
    assert said.err == "12 CDRs: worked out what is billed\n"
    assert [line.split()[0] for line in said.out.splitlines()] == ["customer", anna, omar]
    assert len(json.loads((await run("run", "--dry-run", "--json"))[1].out)) == 2
    assert (await run("run"))[1].out.startswith("2 invoice, ")
    assert (await run("run"))[1].out == "nothing is due\n"
    rows = json.loads((await run("list", "--open", "--month", "2026-12", "--json"))[1].out)
    assert [(row["number"], row["state"], row["lines"]) for row in rows] == [
        ("F-000002", "open", 6),
        ("F-000001", "open", 6),
    ]
    assert rows[0]["payable"] == rows[0]["open"]
    assert json.loads((await run("list", "--month", "2026-11", "--json"))[1].out) == []
    of_anna = (await run("list", "--customer", anna))[1].out
    assert ("F-000001" in of_anna, "F-000002" in of_anna) == (True, False)
    shown = json.loads((await run("show", "F-000001", "--json"))[1].out)
    assert (shown["state"], len(shown["cdrs"])) == ("open", 6)
    assert "6 CDRs and fees" in (await run("show", "F-000001"))[1].out
    files = {kind: tmp_path / f"one.{kind}" for kind in ("pdf", "xml")}
    await run("show", "F-000001", "--pdf", str(files["pdf"]), "--xml", str(files["xml"]))
    assert files["pdf"].read_bytes().startswith(b"%PDF")
    assert b"F-000001" in files["xml"].read_bytes()


async def test_what_is_sent_is_said_line_by_line_and_what_failed_is_an_error(run, platform):
    await two_drivers(platform)
    await run("run")
    status, said = await run("send", "--all")
    assert status == 1
    assert said.out.splitlines() == [
        "F-000001: sent, email to anna@example.org",
        "F-000002: failed, email to omar@example.org: 550 no such user here",
        "1 failed, 1 sent",
    ]
    assert [row["number"] for row in json.loads((await run("list", "--unsent", "--json"))[1].out)] == ["F-000002"]
    assert (await run("send", "F-000001"))[1].out.endswith("skipped, email to anna@example.org: it was sent already\n")
    status, said = await run("send", "F-000001", "--again", "--json")
    assert (status, json.loads(said.out)["outcome"]) == (0, "sent")
    assert len(platform.mailer.taken) == 2


async def test_single_charges_are_taken_back(run, platform):
    await two_drivers(platform)
    await run("run")
    shown = json.loads((await run("show", "F-000001", "--json"))[1].out)
    charge = shown["cdrs"][0]["id"]
    [note] = json.loads(
        (await run("credit", "F-000001", "--charge", charge, "--why", "it was broken", "--json"))[1].out
    )
    assert note["number"] == "K-000001"
    with pytest.raises(Conflict, match="was credited already"):
        await run("credit", "F-000001", "--charge", charge, "--why", "it was broken")


async def test_one_is_taken_back_and_billed_again(run, platform):
    await two_drivers(platform)
    await run("run")
    [note] = json.loads((await run("credit", "F-000001", "--why", "wrong address", "--again", "--json"))[1].out)
    assert (note["number"], note["kind"]) == ("K-000001", "credit_note")
    assert "F-000003" in (await run("run", "--json"))[1].out
    assert [row["state"] for row in json.loads((await run("list", "--json"))[1].out)][-1] == "credited"


async def test_who_leaves_gets_his_last_invoice_before_the_month_is_over(run, platform):
    [driver] = await billed.drivers(platform.store, 1)
    peers = await billed.peers_of(platform.store)
    today = billed.cdr_of(1, billed.OPERATORS[0], "T0", billed.NOW.replace(hour=5))
    key = await billed.receive(platform, today, peers[billed.OPERATORS[0].party])
    await billed.accept(platform.store, today, key, peers[billed.OPERATORS[0].party])
    assert (await run("run", "--customer", driver.number))[1].out == "nothing is due\n"
    until = date(billed.NOW.year, billed.NOW.month, billed.NOW.day).isoformat()
    assert (await run("run", "--customer", driver.number, "--until", until))[1].out.startswith("1 invoice, ")


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("run", "--until", "yesterday"), UserError, "--until: found 'yesterday', expected a day such as 2026-11-30"),
        (("run", "--customer", "77"), NotFound, "no customer 77"),
        (("list", "--limit", "0"), UserError, "--limit: found 0"),
        (("list", "--month", "November"), UserError, "month: found 'November', expected such as 2026-11"),
        (("list", "--month", "9999-12"), UserError, "month: found '9999-12'"),
        (("list", "--month", "0001-01"), UserError, "month: found '0001-01'"),
        (("show", "F-1"), NotFound, "no invoice F-1"),
        (("send",), UserError, "expected either numbers"),
        (("send", "--all", "--again"), UserError, "expected either numbers"),
        (("credit", "F-1", "--why", " "), UserError, "a credit note says why"),
    ],
)
async def test_what_is_asked_wrongly_says_how(run, words, error, said):
    with pytest.raises(error, match=said):
        await run(*words)
