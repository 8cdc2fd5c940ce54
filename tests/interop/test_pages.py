"""Lists are crawled page by page (transport_and_format, "Pagination")."""

import dataclasses
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest

from ocpilot.app.kept.records import PartnerPage
from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.pulling import Puller
from ocpilot.wire.paging import next_target
from ocpilot.wire.protocol import ModuleID, Version

LIMIT = 10
#: After the two came to know each other.
AFTER = "2126-11-01T10:00:00Z"


def updated(second):
    return f"2026-11-01T10:00:{second:02}Z"


async def with_tariffs(connection, bodies, count):
    for number in range(count):
        body = bodies.tariff(Version.V2_3_0, f"T{number:02}", last_updated=updated(number // 2))
        await connection.lade.keep(ModuleID.TARIFFS, body)


async def ask(connection, query=""):
    return await connection.lade.ask("GET", f"{connection.version}/sender/tariffs{query}", connection.resas_token)


def ids(reply):
    return [one["id"] for one in reply.data]


async def crawl(connection, query=""):
    seen, replies = [], [await ask(connection, query)]
    while True:
        seen += ids(replies[-1])
        following = next_target(replies[-1].headers.get("Link", ""))
        if following is None:
            return seen, replies
        replies.append(await connection.lade.ask("GET", following, connection.resas_token))


async def test_a_crawl_sees_every_object_once_oldest_first(connection, bodies):
    await with_tariffs(connection, bodies, 25)
    seen, replies = await crawl(connection)
    assert seen == [f"T{number:02}" for number in range(25)]
    assert [len(reply.data) for reply in replies] == [10, 10, 5]
    assert {reply.headers["X-Total-Count"] for reply in replies} == {"25"}
    assert {reply.headers["X-Limit"] for reply in replies} == {str(LIMIT)}


async def test_a_client_that_reads_only_offset_and_limit_in_a_link_gets_every_page(newest, bodies):
    """As the ocpi-tool of the EV Roaming Foundation does."""
    await with_tariffs(newest, bodies, 25)
    first = await ask(newest)
    seen, link = ids(first), next_target(first.headers["Link"])
    while link is not None:
        said = parse_qs(urlsplit(link).query)
        reply = await ask(newest, f"?offset={said['offset'][0]}&limit={said['limit'][0]}")
        seen, link = seen + ids(reply), next_target(reply.headers.get("Link", ""))
    assert seen == [f"T{number:02}" for number in range(25)]


async def test_a_crawl_loses_nothing_while_objects_change(newest, bodies):
    """T00 moves to the end after the first page: T10 must not slip through, T00 comes once more."""
    await with_tariffs(newest, bodies, 15)
    first = await ask(newest)
    await newest.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T00", last_updated=updated(59)))
    rest = await newest.lade.ask("GET", next_target(first.headers["Link"]), newest.resas_token)
    assert ids(first) + ids(rest) == [f"T{number:02}" for number in range(15)] + ["T00"]


async def test_the_link_keeps_the_filters(newest, bodies):
    await with_tariffs(newest, bodies, 8)
    query = f"?date_from={updated(1)}&date_to={updated(3)}&limit=3"
    seen, replies = await crawl(newest, query)
    assert seen == ["T02", "T03", "T04", "T05"]
    link = parse_qs(urlsplit(next_target(replies[0].headers["Link"])).query)
    assert link["date_from"] == [updated(1)]
    assert link["date_to"] == [updated(3)]
    assert link["limit"] == ["3"]
    assert replies[0].headers["X-Total-Count"] == "4"


async def test_date_from_is_inclusive_and_date_to_exclusive(newest, bodies):
    await with_tariffs(newest, bodies, 6)
    assert ids(await ask(newest, f"?date_from={updated(1)}&date_to={updated(2)}")) == ["T02", "T03"]


async def test_an_interval_that_ends_before_it_begins_is_2001(connection):
    reply = await ask(connection, f"?date_from={updated(2)}&date_to={updated(1)}")
    assert (reply.http, reply.status) == (200, 2001)
    assert updated(2) in reply.message
    assert ids(await ask(connection, f"?date_from={updated(2)}&date_to={updated(2)}")) == []


async def test_unknown_parameters_and_empty_ones_are_ignored(connection, bodies):
    await with_tariffs(connection, bodies, 3)
    reply = await ask(connection, "?colour=red&date_from=&limit=&offset=&status=ACTIVE")
    assert ids(reply) == ["T00", "T01", "T02"]
    assert reply.headers["X-Total-Count"] == "3"


@pytest.mark.parametrize("zone", ["", "Z", "%2B00:00", "+00:00", "%2B01:00"])
async def test_a_moment_is_understood_however_its_zone_is_written(newest, bodies, zone):
    await with_tariffs(newest, bodies, 4)
    moment = updated(1)[:-1].replace("T10", "T11") if "1:00" in zone else updated(1)[:-1]
    assert ids(await ask(newest, f"?date_from={moment}.000{zone}")) == ["T02", "T03"]


async def test_a_crawl_by_offset_counts_the_same_total_on_every_page(newest, bodies):
    await with_tariffs(newest, bodies, 8)
    replies = [await ask(newest, f"?date_from={updated(1)}&limit=3&offset={offset}") for offset in (0, 3, 6)]
    assert [ids(reply) for reply in replies] == [["T02", "T03", "T04"], ["T05", "T06", "T07"], []]
    assert {reply.headers["X-Total-Count"] for reply in replies} == {"6"}
    assert ["Link" in reply.headers for reply in replies] == [True, False, False]


async def test_an_offset_is_understood(newest, bodies):
    await with_tariffs(newest, bodies, 6)
    assert ids(await ask(newest, "?offset=4&limit=1")) == ["T04"]


async def test_a_larger_limit_than_ours_is_cut(newest, bodies):
    await with_tariffs(newest, bodies, 12)
    assert len((await ask(newest, "?limit=2000")).data) == LIMIT


async def test_an_empty_list_has_the_headers_too(newest):
    reply = await ask(newest)
    assert reply.data == []
    assert reply.headers["X-Total-Count"] == "0"
    assert "Link" not in reply.headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "many"),
        ("offset", "-5"),
        ("offset", "1.5"),
        ("date_from", "yesterday"),
        ("date_to", "2026-13-01T00:00:00Z"),
        ("cursor", "nonsense"),
    ],
)
async def test_a_wrong_parameter_is_2001_and_named(newest, name, value):
    reply = await ask(newest, f"?{name}={value}")
    assert (reply.http, reply.status) == (200, 2001)
    assert name in reply.message
    assert value in reply.message


# ---- pull ----------------------------------------------------------------------------------------------------------


async def test_a_pull_fetches_all_that_the_peer_offers(connection, bodies):
    await with_tariffs(connection, bodies, 12)
    await connection.lade.keep(ModuleID.LOCATIONS, bodies.location())
    summary = await pull.pull(connection.resa.platform, connection.lade_at_resa)
    assert {one.module: one.kept for one in summary.modules if one.kept} == {"tariffs": 12, "locations": 1}
    assert summary.complete
    assert summary.problems == ()
    kept = await connection.resa.platform.store.locations.find("L1")
    assert [one.peer_id for one in kept] == [connection.lade_at_resa.id]


async def test_an_operator_pulls_tokens(newest, bodies):
    await newest.resa.keep(ModuleID.TOKENS, bodies.token())
    summary = await pull.pull(newest.lade.platform, newest.resa_at_lade)
    assert {one.module: one.kept for one in summary.modules if one.kept} == {"tokens": 1}


async def test_a_second_pull_changes_nothing(newest, bodies):
    await with_tariffs(newest, bodies, 3)
    await pull.pull(newest.resa.platform, newest.lade_at_resa)
    again = await pull.pull(newest.resa.platform, newest.lade_at_resa)
    tariffs = next(one for one in again.modules if one.module is ModuleID.TARIFFS)
    assert (tariffs.received, tariffs.kept, tariffs.known) == (3, 0, 3)


async def test_a_bad_object_is_reported_and_the_good_ones_are_kept(newest, bodies):
    await with_tariffs(newest, bodies, 1)
    await newest.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "BAD", elements=[]))
    foreign = bodies.tariff(Version.V2_3_0, "FOREIGN", party_id="OTH")
    await newest.lade.keep(ModuleID.TARIFFS, foreign)
    summary = await pull.pull(newest.resa.platform, newest.lade_at_resa)
    tariffs = next(one for one in summary.modules if one.module is ModuleID.TARIFFS)
    assert (tariffs.received, tariffs.kept, tariffs.bad) == (3, 1, 2)
    assert {bad.id for bad in summary.problems} == {"BAD", "FOREIGN"}
    assert "$.elements" in next(bad.reason for bad in summary.problems if bad.id == "BAD")


class OneList:
    """`Partners` of a peer whose lists all are this one page."""

    def __init__(self, *page):
        self.items = page

    async def page(self, peer, module, params=None, segments=(), *, url=None, sender=None):
        return PartnerPage(items=self.items, total=None, next_url=None)


async def test_an_object_that_cannot_be_stored_is_reported_like_any_bad_one(newest, bodies):
    listed = OneList(bodies.token("a\x00b"), bodies.token("T2", type=Random(1).randbytes(5000).hex()), bodies.token())
    platform = dataclasses.replace(newest.lade.platform, partners=listed)
    tokens, *_ = (await pull.pull(platform, newest.resa_at_lade)).modules
    assert tokens.module is ModuleID.TOKENS
    assert (tokens.received, tokens.bad, tokens.kept, tokens.error) == (3, 2, 1, None)


async def test_a_peer_that_refuses_ends_up_in_the_summary(newest):
    await peers.suspend(newest.lade.platform, newest.resa_at_lade)
    summary = await pull.pull(newest.resa.platform, newest.lade_at_resa)
    assert not summary.complete
    assert all("401" in one.error for one in summary.modules)


async def kept_charges(connection, bodies, **fields):
    """A Session and a CDR of the operator that no push brought."""
    for module, body in (
        (ModuleID.SESSIONS, bodies.session(**fields)),
        (ModuleID.CDRS, bodies.cdr(Version.V2_3_0, **fields)),
    ):
        await connection.lade.keep(module, body, audience="SERES")


def counts(summary):
    return {str(one.module): (one.received, one.kept, one.known, one.bad) for one in summary.modules}


async def test_sessions_and_cdrs_that_no_push_brought_are_fetched_once(connection, bodies):
    await kept_charges(connection, bodies, last_updated=AFTER)
    first = await pull.pull(connection.resa.platform, connection.lade_at_resa)
    again = await pull.pull(connection.resa.platform, connection.lade_at_resa)
    assert (counts(first)["sessions"], counts(first)["cdrs"]) == ((1, 1, 0, 0), (1, 1, 0, 0))
    assert (counts(again)["sessions"], counts(again)["cdrs"]) == ((1, 0, 1, 0), (1, 0, 1, 0))
    [cdr] = await connection.resa.platform.store.objects.newest(ModuleID.CDRS, 5)
    assert (cdr.key.id, cdr.peer_id) == ("C1", connection.lade_at_resa.id)


async def test_charges_from_before_we_knew_the_peer_are_not_fetched(newest, bodies):
    await kept_charges(newest, bodies)
    summary = await pull.pull(newest.resa.platform, newest.lade_at_resa)
    assert (counts(summary)["sessions"], counts(summary)["cdrs"]) == ((0, 0, 0, 0), (0, 0, 0, 0))


async def test_a_fetched_cdr_that_differs_from_the_one_we_have_is_reported(newest, bodies):
    await kept_charges(newest, bodies, last_updated=AFTER)
    await pull.pull(newest.resa.platform, newest.lade_at_resa)
    await newest.lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0, total_energy=9, last_updated=AFTER), "SERES")
    summary = await pull.pull(newest.resa.platform, newest.lade_at_resa)
    assert [(one.module, one.id) for one in summary.problems] == [("cdrs", "C1")]


# ---- by itself -----------------------------------------------------------------------------------------------------


async def test_after_a_registration_everything_is_pulled_once(newest, bodies):
    await with_tariffs(newest, bodies, 3)
    resa = newest.resa.platform
    await Puller(resa).once()
    first = await resa.store.peers.get(newest.lade_at_resa.id)
    await Puller(resa).once()
    again = await resa.store.peers.get(newest.lade_at_resa.id)
    assert len(await resa.store.objects.newest(ModuleID.TARIFFS, 10)) == 3
    assert first.pulled_at is not None
    assert again.pulled_at == first.pulled_at


async def test_a_pull_since_a_moment_asks_only_for_what_changed(newest, bodies):
    await with_tariffs(newest, bodies, 3)
    last = max(one.last_updated for one in await newest.lade.platform.store.objects.newest(ModuleID.TARIFFS, 10))
    summary = await pull.pull(newest.resa.platform, newest.lade_at_resa, since=last)
    tariffs = next(one for one in summary.modules if one.module is ModuleID.TARIFFS)
    assert tariffs.received == 1


async def test_a_peer_that_cannot_be_pulled_is_tried_again_later(newest):
    await peers.suspend(newest.lade.platform, newest.resa_at_lade)
    resa = newest.resa.platform
    await Puller(resa).once()
    assert (await resa.store.peers.get(newest.lade_at_resa.id)).pulled_at is None
