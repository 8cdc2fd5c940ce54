"""A list of a peer is read to its end: it goes on where it was stopped, misses nothing that moves, says what is odd."""

import asyncio
import dataclasses
from datetime import timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given
from msgspec.structs import replace

from generated import fuzz, seeds
from ocpilot.app.kept.crawl_records import CrawlState
from ocpilot.app.kept.peer_records import FindingKind, VanishedPolicy
from ocpilot.app.kept.records import ObjectKey, PartnerPage
from ocpilot.app.ocpi.heard import Hearing
from ocpilot.app.partners import pull
from ocpilot.app.partners.pull import PullWish
from ocpilot.app.partners.pulling import since_last_pull
from ocpilot.base.errors import PeerNonsense, PeerRefused, PeerUnreachable
from ocpilot.base.ids import PartyId
from ocpilot.roaming.crawling import MOST_EMPTY
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version

LAD = PartyId("SE", "LAD")
TARIFFS = PullWish(modules=(ModuleID.TARIFFS,))
LOCATIONS = PullWish(modules=(ModuleID.LOCATIONS,))


class Lists:
    """`Partners` of a peer that lists `items` by offset; `before` happens ahead of each page."""

    def __init__(self, items, size=3, before=None):
        self.items = list(items)
        self.size = size
        self.before = before or (lambda lists, offset: None)
        self.asked = []
        self.told = len
        self.said_at = None
        self.next_of = lambda offset: offset + self.size if offset + self.size < len(self.items) else None

    async def page(self, peer, module, params=None, segments=(), *, url=None, sender=None):
        offset = int(url.split("=")[1]) if url else 0
        self.asked.append(offset)
        said = self.before(self, offset)
        if isinstance(said, Exception):
            raise said
        following = self.next_of(offset)
        return PartnerPage(
            items=tuple(codec.loads(msgspec.json.encode(self.items[offset : offset + self.size]))),
            total=self.told(self.items),
            next_url=None if following is None else f"http://x/?offset={following}",
            said_at=self.said_at,
        )


@pytest.fixture
def tariffs(bodies):
    return lambda *idents: [bodies.tariff(Version.V2_3_0, ident) for ident in idents]


def of(connection, lists):
    """The provider, asking these lists, without pauses between tries."""
    platform = connection.resa.platform
    settings = replace(platform.settings, roaming=replace(platform.settings.roaming, retry_first=0.0))
    return dataclasses.replace(platform, partners=lists, settings=settings)


async def held(connection, module=ModuleID.TARIFFS):
    found = await connection.resa.platform.store.objects.newest(module, 10_000)
    return {one.key.id for one in found}


async def found(platform, peer, kind):
    await Hearing(platform).write()
    return {
        (one.place, one.example): one.objects
        for one in await platform.store.leniencies.all_of_peer(peer.id)
        if one.kind is kind
    }


async def run(connection, lists, wish=TARIFFS, peer=None):
    summary = await pull.pull(of(connection, lists), peer or connection.lade_at_resa, wish=wish)
    return summary.modules[0]


NAMES = [f"T{number:05}" for number in range(3000)]


# ---- stopped and resumed -------------------------------------------------------------------------------------------


async def test_a_crawl_of_thousands_that_is_killed_goes_on_where_it_was(newest, tariffs):
    arrived = asyncio.Event()

    async def killed(lists, offset):
        arrived.set()
        await asyncio.Event().wait()

    class Dying(Lists):
        async def page(self, peer, module, params=None, segments=(), *, url=None, sender=None):
            if url == "http://x/?offset=1500":
                await killed(self, 1500)
            return await super().page(peer, module, params, segments, url=url, sender=sender)

    dying = Dying(tariffs(*NAMES), size=20)
    running = asyncio.create_task(run(newest, dying))
    await arrived.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    [place] = await newest.resa.platform.store.crawls.of_peer(newest.lade_at_resa.id)
    assert (place.state, place.pages, place.listed) == (CrawlState.STOPPED, 75, 1500)

    lists = Lists(tariffs(*NAMES), size=20)
    done = await run(newest, lists)
    assert lists.asked[0] == 1500
    assert (done.error, done.pages, done.received, done.listed, done.told) == (None, 150, 3000, 3000, 3000)
    assert await held(newest) == set(NAMES)


async def test_a_peer_whose_clock_is_behind_is_asked_from_earlier_on(newest, tariffs):
    lists = Lists(tariffs("T1"))
    lists.said_at = newest.resa.platform.clock() - timedelta(hours=6, minutes=59)
    await run(newest, lists)
    [lade] = await newest.resa.platform.store.peers.all()
    assert lade.detected.clock_behind == 7 * 3600
    lade = replace(lade, pulled_at=lists.said_at)
    assert since_last_pull(lade, lists.said_at + timedelta(days=1)) == lists.said_at - timedelta(hours=7, minutes=10)


async def test_a_page_the_peer_fails_is_asked_for_again_and_then_the_crawl_waits_there(newest, tariffs):
    lists = Lists(tariffs(*NAMES[:9]), before=lambda lists, offset: PeerUnreachable("gone") if offset == 3 else None)
    stopped = await run(newest, lists)
    assert (stopped.error, stopped.kept, lists.asked) == ("gone", 3, [0, 3, 3, 3])
    again = Lists(tariffs(*NAMES[:9]))
    assert (await run(newest, again)).kept == 9
    assert again.asked == [3, 6]


@pytest.mark.parametrize(
    "gone", [PeerRefused("no such cursor", 200, 2001), PeerRefused("gone", 410, None), PeerNonsense("half a page")]
)
async def test_a_link_that_leads_nowhere_any_more_begins_the_list_anew(newest, tariffs, gone):
    lists = Lists(tariffs(*NAMES[:9]), before=lambda lists, offset: PeerUnreachable("away") if offset == 3 else None)
    await run(newest, lists)
    again = Lists(tariffs(*NAMES[:9]))
    again.before = lambda lists, offset: gone if lists.asked == [3] else None
    done = await run(newest, again)
    assert again.asked == [3, 0, 3, 6]
    assert (done.error, done.received, done.listed) == (None, 9, 9)


async def test_json_that_was_cut_once_comes_whole_the_second_time(newest, tariffs):
    lists = Lists(tariffs(*NAMES[:5]))
    lists.before = lambda lists, offset: PeerNonsense("no JSON") if lists.asked == [0, 3] else None
    assert (await run(newest, lists)).error is None
    assert lists.asked == [0, 3, 3]


async def test_a_peer_that_asks_for_a_long_pause_is_left_alone(newest, tariffs):
    lists = Lists(tariffs("T1"), before=lambda lists, offset: PeerRefused("busy", 429, None, 900.0))
    assert (await run(newest, lists)).error == "busy"
    assert lists.asked == [0]


async def test_one_reads_a_list_at_a_time_and_a_person_goes_first(newest, tariffs):
    by_itself = PullWish(modules=(ModuleID.TARIFFS,), by_itself=True)
    second = {}

    class Meanwhile(Lists):
        async def page(self, peer, module, params=None, segments=(), *, url=None, sender=None):
            if url is not None and not second:
                second["loop"] = await run(newest, Lists(tariffs("T9")), by_itself)
                second["person"] = await run(newest, Lists(tariffs("T9")))
            return await super().page(peer, module, params, segments, url=url, sender=sender)

    first = await run(newest, Meanwhile(tariffs(*NAMES[:6])))
    assert second["loop"].error == "somebody else reads this list now"
    assert second["person"].error is None
    assert "somebody else" in first.error


# ---- lists that move and lie ---------------------------------------------------------------------------------------


async def test_an_object_that_slips_to_a_page_already_read_is_found_by_reading_again(newest, tariffs):
    def moves(lists, offset):
        if lists.asked == [0, 3]:
            lists.items.append(lists.items.pop(0))

    lists = Lists(tariffs(*NAMES[:8]), before=moves)
    done = await run(newest, lists)
    assert await held(newest) == set(NAMES[:8])
    assert (done.listed, done.told, lists.asked) == (8, 8, [0, 3, 6, 0, 3, 6])


@pytest.mark.parametrize("lie", [-1, 1])
async def test_a_total_that_lies_is_reported_and_stops_nothing(newest, tariffs, lie):
    lists = Lists(tariffs(*NAMES[:4]))
    lists.told = lambda items: len(items) + lie
    done = await run(newest, lists)
    assert (done.kept, done.error, done.told, done.listed) == (4, None, 4 + lie, 4)
    assert await found(newest.resa.platform, newest.lade_at_resa, FindingKind.LIST) == {
        ("X-Total-Count", f"{4 + lie} told, 4 listed"): ()
    }


async def test_an_object_listed_twice_is_reported(newest, tariffs):
    done = await run(newest, Lists([*tariffs("T1", "T2", "T3"), *tariffs("T3")]))
    assert (done.repeated, done.listed, done.kept) == (1, 3, 3)


async def test_broken_objects_are_skipped_and_reported_with_their_names(newest, bodies, tariffs):
    lists = Lists([*tariffs("T1"), bodies.tariff(Version.V2_3_0, "BAD", elements=[]), *tariffs("T2")])
    done = await run(newest, lists)
    assert (done.kept, done.bad, done.error) == (2, 1, None)
    [(place, names)] = (await found(newest.resa.platform, newest.lade_at_resa, FindingKind.PULL)).items()
    assert (place[0], names) == ("$.elements", ("BAD",))


@fuzz(60)
@given(seed=seeds)
async def test_whatever_moves_while_a_list_is_read_what_was_there_throughout_is_held(newest, bodies, seed):
    random = Random(seed)
    names = [f"{seed}-{number}" for number in range(random.randrange(1, 15))]
    gone = set()

    def happens(lists, offset):
        what = random.choice(
            ["nothing", "nothing", "change", "add", "delete"] if len(lists.asked) < 25 else ["nothing"]
        )
        place = random.randrange(len(lists.items)) if lists.items else None
        if what == "change" and place is not None:
            lists.items.append(lists.items.pop(place))
        elif what == "delete" and place is not None:
            gone.add(lists.items.pop(place)["id"])
        elif what == "add" and len(lists.items) < 25:
            lists.items.append(bodies.tariff(Version.V2_3_0, f"{seed}-new-{len(lists.asked)}"))

    listed = [bodies.tariff(Version.V2_3_0, name) for name in names]
    done = await run(newest, Lists(listed, size=random.randrange(1, 6), before=happens))
    assert done.error is None
    assert set(names) - gone <= await held(newest)


# ---- Links that never end ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("links", "asked"),
    [({0: 3, 3: 3}, [0, 3]), ({0: 3, 3: 0}, [0, 3, 0]), ({0: 0}, [0, 0])],
    ids=["to itself", "in a circle", "the first to itself"],
)
async def test_pages_that_link_back_before_all_came_are_an_error_that_keeps_what_came(newest, tariffs, links, asked):
    peer = await with_policy(newest, VanishedPolicy.REMOVE)
    await run(newest, Lists(tariffs(*NAMES[:9])), peer=peer)
    lists = Lists(tariffs(*NAMES[:3], *NAMES[20:26]))
    lists.next_of = links.get
    done = await run(newest, lists, peer=peer)
    assert "never end" in done.error
    assert lists.asked == asked
    assert done.vanished == 0
    assert set(NAMES[:9]) <= await held(newest)


async def test_a_circle_of_pages_that_has_all_is_the_end(newest, tariffs):
    lists = Lists(tariffs(*NAMES[:9]))
    lists.next_of = {0: 3, 3: 6, 6: 3}.get
    assert (await run(newest, lists)).error is None
    assert await held(newest) == set(NAMES[:9])
    assert await found(newest.resa.platform, newest.lade_at_resa, FindingKind.LIST) == {
        ("Link", "a Link that leads back"): ()
    }


async def test_empty_pages_on_and_on_come_to_an_end(newest, tariffs):
    lists = Lists(tariffs("T1"))
    lists.told = lambda items: 5
    lists.next_of = lambda offset: offset + 3
    assert "never end" in (await run(newest, lists)).error
    assert len(lists.asked) == MOST_EMPTY + 1


# ---- what is no longer listed --------------------------------------------------------------------------------------


async def with_policy(connection, policy):
    peer = connection.lade_at_resa
    changed = replace(peer, profile=replace(peer.profile, vanished=policy))
    await connection.resa.platform.store.peers.save(changed)
    return changed


@pytest.mark.parametrize(
    ("policy", "left"), [("keep", {"T1", "T2", "T3"}), ("mark", {"T1", "T2", "T3"}), ("remove", {"T1", "T3"})]
)
async def test_a_tariff_that_vanished_is_treated_by_policy(newest, tariffs, policy, left):
    peer = await with_policy(newest, VanishedPolicy(policy))
    await run(newest, Lists(tariffs("T1", "T2", "T3")), peer=peer)
    done = await run(newest, Lists(tariffs("T1", "T3")), peer=peer)
    assert (done.vanished, done.gone) == (1, ("T2",))
    assert await held(newest) == left


async def test_a_location_that_vanished_is_shown_as_removed_until_it_is_listed_again(newest, bodies):
    peer = await with_policy(newest, VanishedPolicy.MARK)
    both = [bodies.location("L1"), bodies.location("L2")]
    await run(newest, Lists(both), LOCATIONS, peer)
    for expected in (1, 0):
        assert (await run(newest, Lists(both[:1]), LOCATIONS, peer)).vanished == expected
        assert await statuses(newest) == {"L1": "AVAILABLE", "L2": "REMOVED"}
    await run(newest, Lists(both), LOCATIONS, peer)
    assert await statuses(newest) == {"L1": "AVAILABLE", "L2": "AVAILABLE"}


async def statuses(connection):
    locations = connection.resa.platform.store.locations
    shown = {}
    for ident in ("L1", "L2"):
        evse = await locations.get(
            ObjectKey(module=ModuleID.LOCATIONS, party=LAD, id=ident, sub="E1"), connection.lade_at_resa.id
        )
        shown[ident] = evse.body.split('"status":"')[1].split('"')[0]
    return shown


async def test_nothing_vanishes_from_an_empty_page_that_denies_it_or_a_list_that_was_not_read(newest, tariffs):
    peer = await with_policy(newest, VanishedPolicy.REMOVE)
    await run(newest, Lists(tariffs("T1", "T2")), peer=peer)
    empty = Lists([])
    empty.told = lambda items: 2
    silent = Lists([])
    silent.told = lambda items: None
    cut = Lists(tariffs(*NAMES[:6]), before=lambda lists, offset: PeerUnreachable("x") if offset else None)
    nameless = Lists([{"currency": "SEK"}])
    for lists in (empty, silent, cut, nameless):
        assert (await run(newest, lists, peer=peer)).vanished == 0
    assert {"T1", "T2"} <= await held(newest)
    assert (await run(newest, Lists([]), peer=peer)).vanished == 5


async def test_a_broken_object_has_not_vanished(newest, bodies, tariffs):
    peer = await with_policy(newest, VanishedPolicy.REMOVE)
    await run(newest, Lists(tariffs("T1", "T2")), peer=peer)
    done = await run(newest, Lists([*tariffs("T1"), bodies.tariff(Version.V2_3_0, "T2", elements=[])]), peer=peer)
    assert (done.bad, done.vanished) == (1, 0)
    assert await held(newest) == {"T1", "T2"}


async def test_what_is_pushed_while_a_list_is_read_has_not_vanished(newest, bodies, tariffs):
    peer = await with_policy(newest, VanishedPolicy.REMOVE)
    await run(newest, Lists(tariffs("T1")), peer=peer)

    class Pushing(Lists):
        async def page(self, *args, **rest):
            for ident in ("T1", "T7"):
                body = bodies.tariff(Version.V2_3_0, ident, currency="NOK")
                reply = await newest.resa.ask("PUT", f"2.3.0/receiver/tariffs/SE/LAD/{ident}", newest.lades_token, body)
                assert reply.status == 1000
            return await super().page(*args, **rest)

    done = await run(newest, Pushing(tariffs("T2")), peer=peer)
    assert done.vanished == 0
    assert await held(newest) == {"T1", "T2", "T7"}


async def test_a_pull_of_what_changed_makes_nothing_vanish(newest, tariffs):
    peer = await with_policy(newest, VanishedPolicy.REMOVE)
    await run(newest, Lists(tariffs("T1", "T2")), peer=peer)
    since = PullWish(since=newest.resa.clock() - timedelta(days=1), modules=(ModuleID.TARIFFS,))
    assert (await run(newest, Lists([]), since, peer)).vanished == 0
    assert await held(newest) == {"T1", "T2"}
