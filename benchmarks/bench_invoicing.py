"""CDRs rated and invoiced, 1,000, 10,000 and 100,000 of them, beside writing as many rows of the same bytes.

What stands beside it is the least that any billing does: read each CDR, parse it, write one row for it, in batches of
the same size on the same server. `growth` is the time per CDR beside that of the smallest run: 1.0 is linear.
"""

import asyncio
import os
import sys
import time as clock
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import msgspec
from measuring import HERE, workplace

from ocpilot.app.invoicing import invoicing, rating
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import DatabaseSettings
from ocpilot.store.postgres import PostgresStore, open_store
from ocpilot.store.server import BundledServer

sys.path.insert(0, str(HERE.parent / "tests"))
import billed

COUNTS = tuple(int(one) for one in os.environ.get("OCPILOT_BENCH_CDRS", "1000,10000,100000").split(","))
#: CDRs that are generated; the others are copies of them with ids of their own.
GENERATED = 1000
#: CDRs per driver and month.
PER_DRIVER = 10

COPIES = """
INSERT INTO {table} ({columns}) SELECT {values} FROM {table}, generate_series(1, $1::integer) AS copies (copy)
"""


async def fill(platform: Platform, url: str, count: int) -> None:
    """So many accepted CDRs of drivers who are billed monthly."""
    drivers = count // PER_DRIVER
    await billed.drivers(platform.store, drivers)
    peers = await billed.peers_of(platform.store)
    for cdr in billed.cdrs(min(count, GENERATED), [f"T{number}" for number in range(drivers)]):
        peer = peers[PartyId.of(cdr.country_code, cdr.party_id)]
        await billed.accept(platform.store, cdr, await billed.receive(platform, cdr, peer), peer)
    connection = await asyncpg.connect(url)
    try:
        if count > GENERATED:
            await _copy(connection, count // GENERATED - 1, drivers)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _copy(connection: "asyncpg.Connection[asyncpg.Record]", copies: int, drivers: int) -> None:
    """The CDRs again and again, each with an id and the Token of another driver."""
    for table in ("cdr", "cdr_check", "cdr_clearing"):
        rows = await connection.fetch(_COLUMNS, table)
        columns = [row["column_name"] for row in rows]
        values = [_COPIED.get((table, name), _COPIED.get(("", name), f"{table}.{name}")) for name in columns]
        statement = COPIES.format(table=table, columns=", ".join(columns), values=", ".join(values))
        await connection.execute(statement, copies)
    for statement in _OTHER_TOKENS:
        await connection.execute(statement, drivers)


_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND is_generated = 'NEVER'"
_COPIED = {
    ("", "key_id"): "key_id || '-copy-' || copy",
    ("", "id"): "id || '-copy-' || copy",
    ("cdr", "body"): "replace(body, '\"id\":\"' || id || '\"', '\"id\":\"' || id || '-copy-' || copy || '\"')",
}
_OTHER_TOKENS = (
    "UPDATE cdr SET token_uid = 't' || (hashtext(key_id) & 2147483647) % $1::integer WHERE key_id LIKE '%-copy-%'",
    'UPDATE cdr SET body = regexp_replace(body, \'"uid":"T[0-9]+"\', \'"uid":"\' || upper(token_uid) || \'"\')'
    " WHERE key_id LIKE '%-copy-%' AND $1::integer > 0",
    "UPDATE cdr_clearing SET token_uid = cdr.token_uid FROM cdr WHERE cdr.party = cdr_clearing.party"
    " AND cdr.key_id = cdr_clearing.key_id AND cdr.key_id LIKE '%-copy-%' AND $1::integer > 0",
)


async def invoiced(platform: Platform) -> tuple[float, int]:
    """Seconds until every CDR is on an invoice, and how many invoices that are."""
    began, written = clock.monotonic(), 0
    while await rating.rate(platform):
        pass
    async for _ in invoicing.run(platform):
        written += 1
    return clock.monotonic() - began, written


async def bare(url: str) -> float:
    """Seconds to read, parse and write as many rows."""
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, party text, key_id text, body text)")
    began = clock.monotonic()
    after = ("", "")
    while True:
        rows = await connection.fetch(
            "SELECT party, key_id, body FROM cdr WHERE (party, key_id) > ($1, $2) ORDER BY party, key_id LIMIT 500",
            *after,
        )
        if not rows:
            break
        for row in rows:
            msgspec.json.decode(row["body"])
        await connection.execute(
            "INSERT INTO bare (party, key_id, body) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
            *([row[name] for row in rows] for name in ("party", "key_id", "body")),
        )
        after = rows[-1]["party"], rows[-1]["key_id"]
    spent = clock.monotonic() - began
    await connection.close()
    return spent


async def measured(folder: Path, count: int) -> tuple[float, float, int]:
    """Seconds of ours and of the bare loop, and invoices."""
    server = BundledServer(folder / "postgres")
    url = await asyncio.to_thread(server.start)
    try:
        settings = msgspec.structs.replace(billed.settings_of(folder), database=DatabaseSettings(url=url))
        async with open_store(settings) as store:
            platform = platform_of(store, folder)
            await fill(platform, url, count)
            spent, written = await invoiced(platform)
            await check(store, count)
        return spent, await bare(url), written
    finally:
        server.stop()


def platform_of(store: PostgresStore, folder: Path) -> Platform:
    """The provider, with nobody on the line."""
    settings, nobody = billed.settings_of(folder), object()
    return Platform(
        settings=settings,
        clock=lambda: billed.NOW,
        store=store,
        partners=nobody,  # type: ignore[arg-type] # nobody is called
        stations=nobody,  # type: ignore[arg-type] # nobody is called
        sealing=Seal(settings),
    )


async def check(store: PostgresStore, count: int) -> None:
    """Every CDR is on an invoice, and the books balance."""
    lines, after = 0, None
    while page := await store.invoices.page(after=after, limit=500):
        lines += sum(len(kept.invoice.lines) for kept in page)
        after = page[-1].number
    assert lines == count, f"{lines} of {count} CDRs are on an invoice"
    sums: dict[str, object] = {}
    for one in await store.ledger.balances():
        sums[one.currency] = one.amount + sums.get(one.currency, 0)  # type: ignore[operator] # both are Decimal
    assert not any(sums.values()), sums


def show(rows: Sequence[tuple[int, float, float, int]]) -> None:
    """A line per size."""
    print("\nCDRs rated and invoiced, drivers billed monthly, beside reading, parsing and writing as many rows")
    print("   CDRs  invoices  CDRs/s   bare  ratio  growth")
    first = rows[0][1] / rows[0][0]
    for count, spent, beside, written in rows:
        line = f"{count:7}  {written:8}  {count / spent:6.0f}  {count / beside:5.0f}"
        print(f"{line}  {beside / spent:5.2f}  {spent / count / first:6.2f}", flush=True)


def main() -> None:
    """Smallest first."""
    rows = []
    for count in COUNTS:
        with workplace() as folder:
            rows.append((count, *asyncio.run(measured(folder, count))))
        show(rows)


if __name__ == "__main__":
    main()
