"""A site's limit shared among charges at real sockets: who gets how much when cars come, go, hurry or draw less."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from parking import BareStation, park_of, standing
from street import OPERATOR

from ocpilot.app.charges.command_records import OUR_OWN, ProfileOrder
from ocpilot.app.kept.charge_records import Command, CommandDirection
from ocpilot.app.kept.site_limit_records import LimitGroup, Told
from ocpilot.app.ocpi.bodies import text_of
from ocpilot.app.orders import preferences, profile_orders
from ocpilot.app.sites import site_limits
from ocpilot.app.sites.site_sharing import SiteSharing
from ocpilot.base import time
from ocpilot.base.errors import StationTimeout
from ocpilot.base.ids import new_id
from ocpilot.metering.sharing import Why
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import ChargingPreferences, ChargingProfile, ChargingProfilePeriod, ProfileType

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def park(lade, bodies):
    async with park_of(
        lade, bodies, "A", "B", "C", capabilities=["CHARGING_PREFERENCES_CAPABLE", "CHARGING_PROFILE_CAPABLE"]
    ) as park:
        yield park


async def begin(park, *names):
    for name in names:
        await park.stations[name].start()


async def test_the_second_car_halves_the_limit_of_the_first_whose_leaving_gives_it_back(park):
    await park.limit(amps=32)
    await begin(park, "A")
    assert await park.share() == {"A": 32}
    await begin(park, "B")
    assert await park.share(MINUTE) == {"A": 16, "B": 16}
    await park.stations["A"].stop()
    assert await park.share(MINUTE) == {"B": 32}
    first, *both, half, last = park.story
    assert (first, sorted(both), half, last) == (("A", 32), [("A", 16), ("B", 0)], ("B", 16), ("B", 32))


async def test_it_happens_by_itself_when_a_charge_begins_or_the_limit_is_another(park):
    await park.limit(amps=20)
    working = asyncio.create_task(park.sharing.run())
    a, b = park.stations["A"], park.stations["B"]
    await a.start()
    assert await a.told() == 20
    await b.start()
    assert await a.told() == 10
    while b.limit != 10:
        await b.told()
    await park.limit(amps=14)
    assert (await a.told(), await b.told()) == (7, 7)
    await site_limits.remove_limit(park.platform, OPERATOR, "L1")
    assert (await a.told(), await b.told()) == (None, None)
    working.cancel()


async def test_nobody_is_told_more_before_the_others_have_taken_less(park):
    await park.limit(amps=40)
    for begins, ends in (("A", None), ("B", None), ("C", None), (None, "B"), ("B", None), (None, "C"), ("C", "A")):
        if ends:
            await park.stations[ends].stop()
        if begins:
            await begin(park, begins)
        await park.share(MINUTE)
        assert sum(one.allowed for one in park.stations.values()) <= 40
    rises = [total for one in park.stations.values() for total in one.rises]
    assert rises
    assert max(rises) <= 40


async def test_a_station_that_refuses_counts_with_its_most_and_is_shown_so(park):
    await park.limit(amps=50)
    park.stations["A"].answer = "Rejected"
    await begin(park, "A", "B")
    await park.share()
    assert await park.share(MINUTE) == {"A": None, "B": 18}
    shares = await park.shares()
    assert (shares["A"].told, shares["A"].answer, shares["A"].counts_a) == (Told.REFUSED, "Rejected", 32)
    assert shares["A"].why is Why.FIXED
    assert (await park.view()).counts_a == 50
    park.stations["A"].answer = "Accepted"
    await park.share(6 * MINUTE)
    assert await park.share(MINUTE) == {"A": 25, "B": 25}


async def test_a_station_that_is_away_counts_with_the_limit_it_took_last(park):
    await park.limit(amps=40, offline_amps=0)
    await begin(park, "A", "B")
    assert await park.share() == {"A": 20, "B": 20}
    await park.loses("A")
    await begin(park, "C")
    limits = await park.share(MINUTE)
    assert (limits["B"], limits["C"]) == (10, 10)
    shares = await park.shares()
    assert (shares["A"].told, shares["A"].counts_a) == (Told.AWAY, 20)


async def test_an_evse_of_a_station_that_was_away_for_long_counts_though_nobody_said_that_it_charges(park):
    await park.limit(amps=40)
    await begin(park, "B")
    await park.loses("A")
    assert (await park.share())["B"] == 32
    assert (await park.share(10 * MINUTE))["B"] == 8
    [idle] = (await park.view()).idle
    assert (idle.station_id, idle.counts_a) == ("A", 32)
    assert (await park.view()).counts_a == 40


async def test_who_leaves_soon_gets_what_he_needs_first(park):
    await park.limit(amps=32)
    await begin(park, "A", "B")
    assert await park.share() == {"A": 16, "B": 16}
    # 10 kWh in an hour are 14.5 A on three phases; 13 kWh are 18.8 A.
    await wish(park, "A", departure_time=park.platform.clock() + timedelta(hours=1), energy_need=Decimal(13))
    limits = await park.share(timedelta())
    shares = await park.shares()
    assert limits["A"] == 16  # B falls first, A rises when it has stayed for a while
    assert limits["B"] == Decimal("13.1")
    limits = await park.share(MINUTE)
    assert limits == {"A": Decimal("19.1"), "B": Decimal("12.8")}
    shares = await park.shares()
    assert shares["A"].why is Why.DEPARTURE
    assert sum(limits.values()) <= 32


async def test_what_a_car_does_not_draw_goes_to_the_other_until_it_draws_more(park):
    await park.limit(amps=32)
    await begin(park, "A", "B")
    assert await park.share() == {"A": 16, "B": 16}
    await park.stations["A"].draws("2.0")
    await park.stations["B"].draws("16.0")
    await park.share(MINUTE)
    limits = await park.share(3 * MINUTE)
    assert limits["A"] == 8
    assert (await park.share(MINUTE))["B"] == 24
    assert (await park.shares())["A"].why is Why.UNUSED


async def test_where_there_is_not_enough_for_all_they_take_turns(park):
    await park.limit(amps=14)
    await begin(park, "A", "B", "C")
    first = await park.share()
    assert sorted(first.values()) == [0, 7, 7]
    had = {name for name, limit in first.items() if limit}
    for _ in range(4):
        limits = await park.share(16 * MINUTE)
        assert sum(limits.values()) <= 14
        had |= {name for name, limit in limits.items() if limit}
    assert had == {"A", "B", "C"}


async def test_a_group_has_a_fuse_of_its_own(park):
    await park.limit(amps=63, groups=(LimitGroup(name="cabinet", amps=Decimal(20), evses=("E-A", "E-B")),))
    await begin(park, "A", "B", "C")
    assert await park.share() == {"A": 10, "B": 10, "C": 32}
    shares = await park.shares()
    assert (shares["A"].why, shares["A"].because_of) == (Why.SHARED, "cabinet")
    whole, cabinet = (await park.view()).groups
    assert (whole.counts_a, cabinet.counts_a) == (52, 20)


async def test_without_the_limit_nothing_is_limited_any_more(park):
    await park.limit(amps=10)
    await begin(park, "A")
    assert await park.share() == {"A": 10}
    await site_limits.remove_limit(park.platform, OPERATOR, "L1")
    assert await park.share() == {"A": None}
    assert await park.shares() == {}


# ---- with a provider's profile -------------------------------------------------------------------------------------


async def order(park, name, *limits, clear=False):
    transaction = await park.platform.store.transactions.get(park.stations[name].transaction)
    periods = tuple(ChargingProfilePeriod(start_period=start, limit=Decimal(limit)) for start, limit in limits)
    profile = ChargingProfile(start_date_time=time.now(), charging_rate_unit="A", charging_profile_period=periods)
    now = park.platform.clock()
    command = Command(
        id=new_id(),
        direction=CommandDirection.SENT,
        peer_id=OUR_OWN,
        command=ProfileOrder.CLEAR if clear else ProfileOrder.SET,
        request="{}" if clear else text_of(profile),
        session_id=transaction.session_id,
        created_at=now,
        expires_at=now + MINUTE,
    )
    await (
        profile_orders.order_clear(park.platform, command)
        if clear
        else profile_orders.order_set(park.platform, command, profile)
    )
    await park.platform.background.drain()
    return await park.platform.store.commands.get(command.id)


def periods_at(station):
    schedule = station.profile["chargingSchedule"]["chargingSchedulePeriod"]
    return [Decimal(one["limit"]) for one in schedule]


async def test_of_a_provider_s_profile_and_the_site_s_limit_the_lower_counts(park):
    await park.limit(amps=32)
    await begin(park, "A", "B")
    assert await park.share() == {"A": 16, "B": 16}
    ordered = await order(park, "A", (0, "10"), (600, "25"))
    assert ordered.result == "ACCEPTED"
    assert periods_at(park.stations["A"]) == [10, 16]
    assert await park.share() == {"A": 10, "B": 16}
    limits = await park.share(MINUTE)
    assert limits == {"A": 10, "B": 22}
    assert (await park.shares())["A"].why is Why.PROVIDER
    cleared = await order(park, "A", clear=True)
    assert (cleared.result, park.stations["A"].limit) == ("ACCEPTED", 10)
    await park.share(MINUTE)
    assert await park.share(MINUTE) == {"A": 16, "B": 16}


async def test_a_provider_never_gets_more_than_the_site_gives(park):
    await park.limit(amps=32)
    await begin(park, "A", "B")
    await park.share()
    await order(park, "A", (0, "32"))
    assert park.stations["A"].limit == 16


async def wish(park, name, **fields):
    transaction = await park.platform.store.transactions.get(park.stations[name].transaction)
    wanted = ChargingPreferences(profile_type=ProfileType.REGULAR, **fields)
    assert await preferences.take(park.platform, transaction, wanted) == "ACCEPTED"


# ---- stations that do not answer, and processes that end ------------------------------------------------------------


class Line:
    """Between the platform and the gateway: some stations do not answer, or only when the gate is open, some are
    away."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.deaf = set()
        self.slow = set()
        self.away = set()
        self.gate = asyncio.Event()

    def __getattr__(self, name):
        return getattr(self.gateway, name)

    async def is_connected(self, station_id):
        return station_id not in self.away and await self.gateway.is_connected(station_id)

    async def call(self, station_id, action, payload):
        answer = await self.gateway.call(station_id, action, payload)
        if station_id in self.slow:
            await self.gate.wait()
        if station_id in self.deaf:
            raise StationTimeout(f"{station_id} did not answer")
        return answer


@pytest.fixture
def line(park):
    park.platform.stations.lines = Line(park.platform.stations.lines._gateway)
    return park.platform.stations.lines


async def test_what_a_station_may_have_taken_counts_until_it_answers(park, line):
    await park.limit(amps=40)
    await begin(park, "A", "B")
    assert await park.share() == {"A": 20, "B": 20}
    line.deaf.add("A")
    await park.stations["B"].stop()
    await park.share(MINUTE)
    shares = await park.shares()
    assert (shares["A"].told, shares["A"].counts_a) == (Told.NOT_YET, 32)
    await begin(park, "B", "C")
    await park.share(MINUTE)
    assert {name: one.counts_a for name, one in (await park.shares()).items()} == {"A": 32, "B": 8, "C": 0}
    line.deaf.clear()
    await park.share(MINUTE)
    assert sorted((await park.share(MINUTE)).values()) == [Decimal("13.3")] * 3


async def test_a_station_that_was_away_is_told_its_limit_again(park, line):
    await park.limit(amps=40, offline_amps=0)
    await begin(park, "A", "B")
    await park.share()
    line.away.add("A")
    await park.share(MINUTE)
    line.away.clear()
    park.stations["A"].limit = None
    assert await park.share(MINUTE) == {"A": 20, "B": 20}
    assert (await park.shares())["A"].told is Told.TAKEN


async def test_a_station_that_restarts_in_a_moment_is_told_its_limit_again(park):
    await park.limit(amps=40)
    await begin(park, "A", "B")
    await park.share()
    await park.stations["A"].connect()
    assert await park.share(timedelta(seconds=10)) == {"A": 20, "B": 20}


async def test_a_station_that_restarts_is_asked_again_whatever_it_refused(park):
    await park.limit(amps=40)
    park.stations["A"].answer = "Rejected"
    await begin(park, "A")
    await park.share()
    park.stations["A"].answer = "Accepted"
    await park.stations["A"].connect()
    await park.share(timedelta(seconds=10))
    assert (await park.shares())["A"].told is Told.TAKEN


async def test_what_a_provider_ordered_is_told_again_after_a_restart(park):
    await begin(park, "A")
    assert (await order(park, "A", (0, "10"))).result == "ACCEPTED"
    await park.stations["A"].connect()
    assert await park.stations["A"].told() == 10


async def test_a_station_that_does_not_answer_is_asked_again_only_after_a_while(park, line):
    await park.limit(amps=40)
    line.deaf.add("A")
    await begin(park, "A")
    for _ in range(5):
        await park.share(timedelta(seconds=11))
    assert park.story == [("A", 32)]
    await park.share(MINUTE)
    assert park.story == [("A", 32)] * 2


async def test_a_station_that_never_answers_counts_with_its_most(park, line):
    await park.limit(amps=40)
    await begin(park, "A")
    assert await park.share() == {"A": 32}
    line.deaf.add("B")
    await begin(park, "B")
    for _ in range(5):
        await park.share(timedelta(seconds=21))
    assert (await park.shares())["B"].counts_a == 32
    assert (await park.shares())["A"].counts_a == 8


async def test_one_site_does_not_wait_for_a_station_of_another(park, line, bodies):
    other = bodies.location(id="L2", evses=[bodies.evse("E-D")])
    await park.node.keep(ModuleID.LOCATIONS, other)
    line.slow.add("A")
    await park.limit(amps=40)
    await park.limit(amps=10, location_id="L2")
    station = BareStation("D", park.stations["A"].url, "ocpp1.6", [], [])
    async with standing(park.node, station, "L2"):
        await begin(park, "A")
        working = asyncio.create_task(park.sharing.run())
        await park.stations["A"].told()
        await station.start()
        assert await station.told() == 10
        line.gate.set()
        working.cancel()


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_stations_of_2_x_share_a_limit_too(lade, bodies, version):
    async with park_of(lade, bodies, "A", "B", version=version) as park:
        await park.limit(amps=32)
        await begin(park, "A", "B")
        assert await park.share() == {"A": 16, "B": 16}
        await park.limit(amps=14)
        assert await park.share() == {"A": 7, "B": 7}
        await park.stations["A"].stop()
        assert await park.share(MINUTE) == {"B": 14}
        await park.stations["B"].connect()
        assert await park.share(timedelta(seconds=10)) == {"B": 14}
        await site_limits.remove_limit(park.platform, OPERATOR, "L1")
        assert await park.share() == {"B": None}


async def test_another_process_goes_on_where_the_one_before_ended(park):
    await park.limit(amps=14)
    await begin(park, "A", "B", "C")
    before = await park.share()
    park.sharing = SiteSharing(park.platform)
    told = len(park.story)
    assert await park.share(MINUTE) == before
    assert len(park.story) == told
