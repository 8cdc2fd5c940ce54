"""What operators see of a peer's data: what was fetched, what differs, what is wrong, and a table to send."""

import csv
import io

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.comparison_records import Comparison, Found, Gap
from ocpilot.app.kept.crawl_records import Crawl, CrawlState
from ocpilot.app.kept.peer_records import FindingKind
from ocpilot.app.ocpi import heard
from ocpilot.app.ocpi.heard import Hearing
from ocpilot.app.work.jobs import Jobs
from ocpilot.wire.protocol import ModuleID


@pytest.fixture
async def quality(world):
    """A peer that was fetched, compared and found wanting."""
    platform, peer = world.platform, world.peer
    store, now = platform.store, platform.clock()
    for module, state, pages, error in (
        (ModuleID.LOCATIONS, CrawlState.RUNNING, 12, None),
        (ModuleID.TARIFFS, CrawlState.STOPPED, 3, "GET https://ladda.example/ocpi/2.3.0/tariffs: HTTP 503"),
        (ModuleID.CDRS, CrawlState.COMPLETE, 1, None),
    ):
        crawl = Crawl(peer_id=peer.id, module=module, owner="x", began_at=now, updated_at=now)
        begun = await store.crawls.begin(crawl, anew=True, before=now)
        counts = {"pages": pages, "listed": pages * 100, "told": 26_000, "kept": 17, "bad": 2}
        await store.crawls.end(replace(begun, state=state, error=error, next_url="x", **counts))
    found = (Found(gap=Gap.MISSING_HERE, count=3, examples=("T7", "T8", "T9")),)
    await store.comparisons.save(
        Comparison(peer_id=peer.id, module=ModuleID.TARIFFS, at=now, listed=40, same=37, found=found)
    )
    for number in range(7):
        heard.count(
            platform,
            peer,
            FindingKind.PULL,
            ModuleID.LOCATIONS,
            place="$.coordinates.latitude",
            expected="a latitude such as 50.770774",
            found="'north'",
            named=f"LOC-{number}",
        )
    heard.count(
        platform,
        peer,
        FindingKind.LENIENCY,
        ModuleID.TARIFFS,
        place="$.name",
        expected="text",
        found="=1+1",
        named="-T1",
    )
    await Hearing(platform).write()
    await Jobs(platform).once()
    return world


async def test_a_peer_s_page_says_what_was_fetched_and_how_the_last_comparison_went(quality, reader):
    await reader.sign_in("kontor@example.org")
    words = (await reader.get(f"/console/peers/{quality.peer.id}")).words
    assert "locations Under way" in words
    assert "1200 of 26000" in words
    assert "HTTP 503" in words
    assert "Missing here: 3 T7, T8, T9" in words
    assert (
        f'href="/console/peers/{quality.peer.id}/quality"'
        in (await reader.get(f"/console/peers/{quality.peer.id}")).text
    )


async def test_the_quality_page_has_every_kind_with_its_examples(quality, reader):
    await reader.sign_in("kontor@example.org")
    words = (await reader.get(f"/console/peers/{quality.peer.id}/quality")).words
    assert "Refused when it was fetched" in words
    assert "7" in words
    assert "LOC-0 LOC-1 LOC-2 LOC-3 LOC-4" in words
    assert "Prices that differ" in words
    assert "12.496 SEK" in words


async def test_the_table_can_be_sent_to_the_partner(quality, reader):
    await reader.sign_in("kontor@example.org")
    page = await reader.get(f"/console/peers/{quality.peer.id}/quality.csv")
    assert page.headers["content-disposition"] == 'attachment; filename="quality-Ladda-Sverige.csv"'
    rows = list(csv.reader(io.StringIO(page.text)))
    assert {row[0] for row in rows[1:]} >= {"pull", "leniency", "comparison", "price"}
    assert "'=1+1" in {row[4] for row in rows}
    assert "'-T1" in {row[2] for row in rows}


async def test_only_operators_see_it_and_only_of_peers_there_are(quality, reader):
    assert (await reader.get("/console/peers/1/quality")).status in {303, 401, 403}
    await reader.sign_in("kontor@example.org")
    for path in ("/console/peers/99/quality", "/console/peers/x/quality", "/console/peers/99/quality.csv"):
        assert (await reader.get(path)).status == 404


async def test_a_peer_without_fault_is_told_so(console):
    page = (await console.get("/console/peers/1/quality")).words
    assert "Pushes that were given up" in page


async def test_a_cdr_s_page_says_what_it_belongs_to(quality, reader):
    await reader.sign_in("kontor@example.org")
    words = (await reader.get("/console/cdrs/SE/LAD/cdr-session-2-1")).words
    assert "Belongs to Session session-2-1 the CDR names it" in words
    assert "Command none found" in words
