"""kill -9 at one statement of a run after the other: in the end every CDR is on one invoice, once."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import billed
from ocpilot.app.kept.customer_records import Cycle
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base.ids import PartyId

HERE = Path(__file__).parent
CDRS, DRIVERS = 240, 8
#: How often the run dies. `OCPILOT_LONG=1` kills at every statement up to the last one in turn.
DEATHS = 24


async def run_until(url: str, folder: Path, statement: int) -> int:
    """The run dies at this statement; how it ended."""
    words = [sys.executable, str(HERE / "dying.py"), url, str(folder), str(statement)]
    path = os.pathsep.join([str(HERE.parent), *sys.path])
    process = await asyncio.create_subprocess_exec(*words, env={**os.environ, "PYTHONPATH": path})
    async with asyncio.timeout(60):
        return await process.wait()


def moments() -> list[int]:
    if os.environ.get("OCPILOT_LONG"):
        return list(range(1, 200))
    drawn = random.Random(7)
    return [*range(1, 9), *(drawn.randint(9, 120) for _ in range(DEATHS - 8))]


async def test_a_run_killed_at_any_statement_bills_every_cdr_once_without_gaps_in_the_numbers(
    store, database_url, tmp_path
):
    settings = billed.settings_of(tmp_path)
    platform = Platform(
        settings=settings,
        clock=lambda: billed.NOW,
        store=store,
        partners=object(),
        stations=object(),
        sealing=Seal(settings),
    )
    await billed.drivers(store, DRIVERS // 2)
    await billed.drivers(store, DRIVERS - DRIVERS // 2, first=DRIVERS // 2, cycle=Cycle.CHARGE)
    peers = await billed.peers_of(store)
    for cdr in billed.cdrs(CDRS, [f"T{number}" for number in range(DRIVERS)]):
        peer = peers[PartyId.of(cdr.country_code, cdr.party_id)]
        await billed.accept(store, cdr, await billed.receive(platform, cdr, peer), peer)

    ends = [await run_until(database_url, tmp_path, statement) for statement in moments()]
    assert ends.count(-signal.SIGKILL) >= DEATHS // 2
    assert await run_until(database_url, tmp_path, 0) == 0

    written = await store.invoices.page(limit=1000)
    assert sorted(kept.number for kept in written) == [f"F-{number:06}" for number in range(1, len(written) + 1)]
    assert await store.invoices.broken_seals("F") == ()
    on_paper = [line.cdr for kept in written for line in kept.invoice.lines]
    assert len(on_paper) == len(set(on_paper)) == CDRS
    balances = await store.ledger.balances()
    for currency in ("SEK", "EUR"):
        assert sum(one.amount for one in balances if one.currency == currency) == 0
        owed = sum(one.amount for one in await store.ledger.open_invoices() if one.currency == currency)
        assert owed == sum(kept.invoice.payable for kept in written if kept.invoice.currency == currency)
