"""`ocpilot payment` and `ocpilot ledger` on the command line, on a real store."""

import json

import pytest

from bank_files import Paid, bgmax
from issued import customer, issued
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.base.errors import InvalidObject, NotFound, UserError
from ocpilot.base.settings import Settings
from ocpilot.billing.payment_reference import ocr_of
from ocpilot.cli import ledger, payment
from ocpilot.main.commands import parser
from ocpilot.main.payment_commands import LedgerOf, PaymentsOf


@pytest.fixture
def platform(store) -> Platform:
    return Platform(settings=Settings(), clock=time.now, store=store, partners=None, stations=None, sealing=None)


@pytest.fixture
def run(platform, capsys):
    async def ask(*words):
        args = parser().parse_args(list(words))
        if words[0] == "payment":
            code = await payment.run(args, PaymentsOf(platform))
        else:
            code = await ledger.run(args, LedgerOf(platform))
        return code, capsys.readouterr().out

    return ask


@pytest.fixture
async def imported(run, platform, tmp_path):
    """A bill of Anna's that is paid, and money of hers that names nothing."""
    bill = await issued(platform.store, anna := await customer(platform.store))
    other = await issued(platform.store, anna, "40")
    file = tmp_path / "november.txt"
    file.write_bytes(bgmax(Paid("100", ocr_of(bill.number)), Paid("50", code="0", payer="Berg Anna")))
    _, told = await run("payment", "import", str(file))
    assert told == "november.txt (bgmax): 2 new, 1 of them settled, 1 wait, 0 were there already\n"
    return file, anna, other


async def test_before_anything_happened_it_says_what_to_do(run):
    assert (await run("payment", "list"))[1].startswith("no payments; import them with")
    assert (await run("payment", "list", "--unmatched"))[1] == "every payment is matched\n"
    assert (await run("ledger", "balances"))[1] == "nothing is booked yet\n"
    assert (await run("ledger", "entries"))[1] == "no entries\n"
    code, told = await run("ledger", "check")
    assert (code, told.startswith("the books hold")) == (0, True)
    assert (await run("payment", "list", "--json"))[1] == "[]\n"


async def test_a_payment_waits_with_a_proposal_until_it_is_matched(run, imported):
    file, _, other = imported
    _, told = await run("payment", "list", "--unmatched")
    assert f"no reference; {other.number}?" in told
    (row,) = json.loads((await run("payment", "list", "--unmatched", "--json"))[1])
    assert (row["amount"], row["left"], row["proposals"]) == (50, 50, [other.number])
    _, told = await run("payment", "match", "2", other.number, "--amount", "20")
    assert "left: 30.00 SEK (no reference)" in told
    _, told = await run("payment", "unmatch", "2", "--why", "it was too little")
    assert f"unmatched {other.number} -20.00 by command: it was too little" in told
    (row,) = json.loads((await run("payment", "list", "--invoice", other.number, "--json"))[1])
    assert row["id"] == 2
    assert (await run("payment", "list", "--invoice", "F-000009"))[1] == "it is matched with none\n"
    row = json.loads((await run("payment", "refund", "2", "--json"))[1])
    assert (row["state"], [step["what"] for step in row["steps"]][-1]) == ("settled", "refunded")
    again = json.loads((await run("payment", "import", "--json", str(file)))[1])
    assert [(one["new"], one["known"]) for one in again] == [(0, 2)]
    assert (await run("payment", "show", "1"))[1].startswith("payment 1: 100.00 SEK, 2026-11-26, settled")


async def test_the_books_are_shown(run, imported):
    _, anna, other = imported
    _, told = await run("ledger", "balances")
    assert "bank        150.00    0.00   150.00  SEK" in told
    assert sum(one["balance"] for one in json.loads((await run("ledger", "balances", "--json"))[1])) == 0
    assert "payment/1" in (await run("ledger", "entries", "--since", "2026-11-01"))[1]
    assert len(json.loads((await run("ledger", "entries", "--json", "--limit", "1"))[1])) == 1
    _, told = await run("ledger", "customer", anna.number)
    assert told.splitlines()[0] == f"{anna.number} Anna Berg"
    assert f"open: {other.number} 50.00 SEK" in told
    assert told.splitlines()[-1] == "owes us: 50.00 SEK"
    assert json.loads((await run("ledger", "customer", anna.number, "--json"))[1])["owes"] == {"SEK": 50}
    _, told = await run("ledger", "write-off", other.number, "--why", "moved away")
    assert told == f"{other.number}: 50.00 SEK written off\n"


async def test_what_is_wrong_is_told(run, imported, tmp_path):
    broken = tmp_path / "cut.txt"
    broken.write_bytes(imported[0].read_bytes()[:300])
    with pytest.raises(InvalidObject, match=r"cut\.txt: line 4"):
        await run("payment", "import", str(broken))
    with pytest.raises(UserError, match="--amount: found '-5', expected an amount"):
        await run("payment", "match", "2", "F-000001", "--amount=-5")
    with pytest.raises(UserError, match="--limit"):
        await run("payment", "list", "--limit", "0")
    with pytest.raises(UserError, match="--since: found 'soon'"):
        await run("ledger", "balances", "--since", "soon")
    with pytest.raises(NotFound, match="no customer 7"):
        await run("ledger", "customer", "7")
    with pytest.raises(NotFound, match="no payment 9"):
        await run("payment", "show", "9")
