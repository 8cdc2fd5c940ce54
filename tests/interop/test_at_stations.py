"""Reservations, charging profiles and preferences from a driver's platform to a simulated station and back."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from strangers import stranger
from street import ALL, LOCATION, Street, station_of, street_of

from ocpilot.app.kept.charge_records import ReservationState
from ocpilot.app.kept.station_events import StatusEvent
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.orders import charging_profiles, commands, preferences, profile_orders, reservations
from ocpilot.app.partners import peers
from ocpilot.app.work.jobs import Jobs
from ocpilot.app.work.station_service import StationService
from ocpilot.base import time
from ocpilot.base.errors import PeerRefused
from ocpilot.billing.check import check_cdr
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.make import OcppVersion
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CDR, ChargingPreferences, ChargingProfile, ChargingProfilePeriod, ProfileType


@pytest.fixture
async def street(connection, bodies) -> AsyncIterator[Street]:
    """In both versions."""
    async with street_of(connection, bodies, ALL) as street:
        yield street


@pytest.fixture
async def newest_street(newest, bodies) -> AsyncIterator[Street]:
    """For what is alike in both versions."""
    async with street_of(newest, bodies, ALL) as street:
        yield street


# ---- reservations --------------------------------------------------------------------------------------------------


async def test_a_reserved_evse_is_kept_free_and_its_charge_goes_on_in_the_same_session(street):
    command = await street.result_of(await street.reserve())
    assert (command.response, command.result) == ("ACCEPTED", "ACCEPTED")
    reserved = await street.session()
    assert (reserved.status, reserved.kwh, reserved.auth_method) == ("RESERVATION", 0, "COMMAND")
    await street.station.play(1)
    assert (await street.status(), street.station.evses[1].status) == ("RESERVED", "Reserved")
    assert await street.station.present_token("SOMEBODY", 1) == "Invalid"
    await street.charge()
    charging = await street.session()
    assert (charging.id, charging.status) == (reserved.id, "ACTIVE")
    assert await street.status() == "CHARGING"
    kept = await street.lade.store.reservations.of_session(reserved.id)
    assert kept.state == "used"


async def test_a_cancelled_reservation_ends_its_session_and_frees_the_evse(street):
    reserved = await street.result_of(await street.reserve())
    cancelled = await street.result_of(await commands.cancel_reservation(street.resa, street.driver, reserved.id))
    assert (cancelled.response, cancelled.result) == ("ACCEPTED", "ACCEPTED")
    await street.station.play(1)
    assert ((await street.session()).status, await street.status()) == ("COMPLETED", "AVAILABLE")
    again = await commands.cancel_reservation(street.resa, street.driver, reserved.id)
    assert (again.response, again.result) == ("REJECTED", "REJECTED")


async def test_an_operator_who_cancels_tells_the_provider(street):
    command = await street.result_of(await street.reserve())
    [kept] = await street.lade.store.reservations.named(street.connection.resa_at_lade.id, command.id)
    await reservations.cancel(street.lade, kept.id, "roadworks")
    command = await street.result_of(command)
    assert (command.result, command.message) == ("CANCELED_RESERVATION", "roadworks")
    assert (await street.session()).status == "COMPLETED"
    assert street.station.evses[1].reservation is None


async def test_a_fault_ends_the_reservation_and_the_provider_hears_of_it(newest_street):
    street = newest_street
    command = await street.result_of(await street.reserve())
    await StationService(street.lade).status("CS1", StatusEvent(evse_id=1, status="Faulted", at=time.now()))
    assert (await street.result_of(command)).result == "CANCELED_RESERVATION"
    assert await street.status() == "OUTOFORDER"


async def test_a_reservation_replaces_the_one_of_the_same_id_and_no_other_provider_s(newest_street):
    street = newest_street
    first = await street.result_of(await street.reserve())
    later = time.now() + timedelta(hours=2)
    changed = await commands.reserve_now(street.resa, street.driver, LOCATION, "E2", later, replacing=first.id)
    assert (await street.result_of(changed)).result == "ACCEPTED"
    await street.station.play(1)
    assert [street.station.evses[number].status for number in (1, 2)] == ["Available", "Reserved"]
    assert (await street.status("E1"), await street.status("E2")) == ("AVAILABLE", "RESERVED")
    [kept] = await street.lade.store.reservations.named(street.connection.resa_at_lade.id, first.id)
    assert (kept.until, kept.evse_uid) == (later.replace(microsecond=later.microsecond // 1000 * 1000), "E2")
    assert await street.lade.store.reservations.named(99, first.id) == ()


async def test_a_reservation_nobody_came_for_runs_out(newest_street):
    street = newest_street
    command = await street.result_of(await street.reserve())
    [kept] = await street.lade.store.reservations.named(street.connection.resa_at_lade.id, command.id)
    await street.lade.store.reservations.modify(
        kept.id, lambda one: msgspec.structs.replace(one, until=time.now() - timedelta(seconds=1))
    )
    await Jobs(street.lade).once()
    assert ((await street.session()).status, await street.status()) == ("COMPLETED", "AVAILABLE")


async def test_an_occupied_evse_cannot_be_reserved(newest_street):
    street = newest_street
    await street.charge()
    command = await street.result_of(await street.reserve())
    assert (command.response, command.result) == ("ACCEPTED", "EVSE_OCCUPIED")


async def test_what_is_not_made_for_it_is_not_supported(newest, bodies):
    async with street_of(newest, bodies, ["REMOTE_START_STOP_CAPABLE"]) as street:
        assert (await street.reserve()).response == "NOT_SUPPORTED"
        session = await street.charge()
        assert (await charging_profiles.clear_profile(street.resa, session)).response == "NOT_SUPPORTED"
        with pytest.raises(PeerRefused) as caught:
            await preferences.send(
                street.resa, street.driver, session.key.id, ChargingPreferences(profile_type=ProfileType.REGULAR)
            )
        assert (caught.value.http, caught.value.ocpi) == (404, 2001)


# ---- charging profiles ---------------------------------------------------------------------------------------------


def limit_of(unit, *limits):
    periods = tuple(ChargingProfilePeriod(start_period=start, limit=Decimal(limit)) for start, limit in limits)
    return ChargingProfile(charging_rate_unit=unit, charging_profile_period=periods)


async def test_a_profile_limits_the_charge_and_is_read_back_and_cleared(street):
    session = await street.charge()
    set_ = await charging_profiles.set_profile(street.resa, session, limit_of("W", (0, "11000"), (600, "3680.4")))
    assert (set_.response, (await street.result_of(set_)).result) == ("ACCEPTED", "ACCEPTED")
    before = street.station.evses[1].meter.true_wh
    await street.station.play(360)
    assert round(street.station.evses[1].meter.true_wh - before) == 1100

    await street.result_of(await charging_profiles.ask_profile(street.resa, session, 900))
    active = await charging_profiles.active_profile(street.resa, session)
    assert active.charging_profile.charging_rate_unit == "W"
    assert [period.limit for period in active.charging_profile.charging_profile_period] == [11000, Decimal("3680.4")]

    cleared = await charging_profiles.clear_profile(street.resa, session)
    assert (await street.result_of(cleared)).result == "ACCEPTED"
    again = await charging_profiles.clear_profile(street.resa, session)
    assert (await street.result_of(again)).result == "UNKNOWN"


async def test_without_a_limit_the_capacity_of_the_connector_is_the_profile(newest_street):
    session = await newest_street.charge()
    await newest_street.result_of(await charging_profiles.ask_profile(newest_street.resa, session, 300))
    active = await charging_profiles.active_profile(newest_street.resa, session)
    [period] = active.charging_profile.charging_profile_period
    assert (active.charging_profile.charging_rate_unit, period.limit) == ("A", 32)


async def test_who_set_a_profile_hears_when_it_changes_without_him(street):
    session = await street.charge()
    await street.result_of(await charging_profiles.set_profile(street.resa, session, limit_of("A", (0, "6.0"))))
    await profile_orders.cancel_profile(street.lade, session.key.id)
    active = await charging_profiles.active_profile(street.resa, session)
    assert active.charging_profile.charging_profile_period[0].limit == 32


async def test_results_and_updates_say_from_whom_to_whom(lade, bodies):
    """Of a platform with several parties nobody could tell otherwise whose they are."""
    evse = bodies.evse(capabilities=["CHARGING_PROFILE_CAPABLE"])
    async with stranger("EMSP", "2.3.0") as there, station_of(lade, bodies, evse) as station:
        invitation = await peers.invite(lade.platform, "Fremde")
        await there.register(invitation.versions_url, invitation.token)
        await station.plug_in(1, SimulatedCar(max_kw=22, soc=10, battery_kwh=80))
        start = {"response_url": f"{there.base}/roam/2.3.0/commands/START_SESSION/1", "location_id": "L1"}
        start |= {"evse_uid": "E1", "token": bodies.token("A1", country_code="DE", party_id="XYZ", type="APP_USER")}
        await there.ask("POST", "commands", "START_SESSION", role="RECEIVER", body=start)
        await lade.platform.background.drain()
        await station.play(1)
        [stored] = await lade.platform.store.objects.newest(ModuleID.SESSIONS, 1)
        profile = {"charging_rate_unit": "A", "charging_profile_period": [{"start_period": 0, "limit": 6}]}
        wanted = {"response_url": f"{there.base}/roam/2.3.0/results/7?id=8", "charging_profile": profile}
        said = await there.ask("PUT", "chargingprofiles", stored.key.id, role="RECEIVER", body=wanted)
        assert said.data["result"] == "ACCEPTED"
        await lade.platform.background.drain()
        await profile_orders.cancel_profile(lade.platform, stored.key.id)
        told = [*there.requests("POST", "results/7"), *there.requests("PUT", f"chargingprofiles/{stored.key.id}")]
        assert [one.method for one in told] == ["POST", "PUT"]
        assert told[0].query == {"id": "8"}
        for one in told:
            assert (one.headers["ocpi-to-party-id"], one.headers["ocpi-from-party-id"]) == ("XYZ", "LAD")


async def test_who_never_set_one_hears_nothing(newest_street):
    session = await newest_street.charge()
    await profile_orders.cancel_profile(newest_street.lade, session.key.id)
    assert await charging_profiles.active_profile(newest_street.resa, session) is None


async def test_unknown_sessions_and_profiles_no_station_can_follow_are_refused(street):
    session = await street.charge()
    for periods in ([], [(-1, "6")], [(0, "-1")], [(0, "6"), (60, "8"), (60, "10")]):
        refused = await charging_profiles.set_profile(street.resa, session, limit_of("W", *periods))
        assert (refused.response, refused.result) == ("REJECTED", "REJECTED")
    other = msgspec.structs.replace(session, key=msgspec.structs.replace(session.key, id="OTHER"))
    unknown = await charging_profiles.clear_profile(street.resa, other)
    assert (unknown.response, unknown.result) == ("UNKNOWN_SESSION", "FAILED")


async def test_too_many_orders_are_too_often(newest_street):
    street = newest_street
    session = await street.charge()
    allowed = street.lade.settings.roaming.profiles_per_minute
    answers = [await charging_profiles.ask_profile(street.resa, session, 60) for _ in range(allowed + 1)]
    await street.settled()
    assert [one.response for one in answers] == ["ACCEPTED"] * allowed + ["TOO_OFTEN"]


async def test_an_order_without_duration_or_response_url_is_2001(street):
    session = await street.charge()
    path = f"{street.connection.version}/receiver/chargingprofiles/{session.key.id}"
    for query in ("", "?duration=60", "?response_url=https://a.example", "?duration=x&response_url=https://a.example"):
        reply = await street.connection.lade.ask("GET", path + query, street.connection.resas_token)
        assert (reply.http, reply.status) == (200, 2001)


async def test_an_update_about_a_session_nobody_told_of_is_404(newest):
    profile = {
        "start_date_time": "2026-11-01T10:00:00Z",
        "charging_profile": {
            "charging_rate_unit": "A",
            "charging_profile_period": [{"start_period": 0, "limit": 32}],
        },
    }
    reply = await newest.resa.ask("PUT", "2.3.0/sender/chargingprofiles/S9", newest.lades_token, profile)
    assert reply.http == 404


# ---- preferences ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (ChargingPreferences(profile_type=ProfileType.REGULAR), "ACCEPTED"),
        (ChargingPreferences(profile_type=ProfileType.GREEN), "PROFILE_TYPE_NOT_SUPPORTED"),
        (ChargingPreferences(profile_type=ProfileType.CHEAP), "DEPARTURE_REQUIRED"),
        (
            ChargingPreferences(profile_type=ProfileType.CHEAP, departure_time=time.now() + timedelta(hours=5)),
            "ENERGY_NEED_REQUIRED",
        ),
        (
            ChargingPreferences(
                profile_type=ProfileType.CHEAP, departure_time=time.now() + timedelta(hours=1), energy_need=Decimal(90)
            ),
            "NOT_POSSIBLE",
        ),
    ],
)
async def test_preferences_are_answered_by_what_the_connector_can_do(newest_street, bodies, wanted, answer):
    street = newest_street
    await street.connection.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T2", type="PROFILE_CHEAP"))
    stored = await street.lade.store.locations.get(LOCATION)
    both = stored.body.replace('["T1"]', '["T1","T2"]')
    later = time.parse("2026-11-02T10:00:00Z")
    await street.lade.store.locations.put(msgspec.structs.replace(stored, body=both, last_updated=later))
    session = await street.charge()
    assert await preferences.send(street.resa, street.driver, session.key.id, wanted) == answer
    kept = await street.lade.store.transactions.by_session(session.key.id)
    assert (kept.preferences is not None) is (answer == "ACCEPTED")


async def with_tariffs(street, *bodies_):
    """Tariffs of the operator that hold at its connectors beside T1, which may be among them."""
    for body in bodies_:
        await street.connection.lade.keep(ModuleID.TARIFFS, body)
    stored = await street.lade.store.locations.get(LOCATION)
    named = ",".join(f'"{one}"' for one in dict.fromkeys(["T1", *(body["id"] for body in bodies_)]))
    later = time.parse("2026-11-02T10:00:00Z")
    changed = stored.body.replace('["T1"]', f"[{named}]")
    await street.lade.store.locations.put(msgspec.structs.replace(stored, body=changed, last_updated=later))


def energy(price, **more):
    return [{"price_components": [{"type": "ENERGY", "price": price, "vat": 25.0, "step_size": 1}], **more}]


async def cdr_of(street):
    """What the operator bills once the charge is over."""
    jobs, clock = Jobs(street.lade), street.connection.lade.clock
    await jobs.once()
    clock.ahead += timedelta(hours=1)
    await jobs.once()
    [stored] = await street.lade.store.objects.newest(ModuleID.CDRS, 5)
    return value_of(CDR, stored)


def kwh_by_tariff(value):
    used = Counter()
    for period in value.charging_periods:
        used[period.tariff_id] += sum(one.volume for one in period.dimensions if one.type == "ENERGY")
    return used


async def test_a_preference_that_is_accepted_changes_the_price_from_then_on(street, bodies):
    fast = bodies.tariff(Version.V2_3_0, "T2", type="PROFILE_FAST", elements=energy(10))
    await with_tariffs(street, fast)
    session = await street.charge()
    await street.play(600)
    before = kwh_by_tariff(await street.session())
    asked = ChargingPreferences(profile_type=ProfileType.FAST)
    assert await preferences.send(street.resa, street.driver, session.key.id, asked) == "ACCEPTED"
    await street.play(600)
    now = await street.session()
    used = kwh_by_tariff(now)
    assert used.keys() == {"T1", "T2"}
    assert [one.tariff_id for one in now.charging_periods] == sorted(one.tariff_id for one in now.charging_periods)
    assert abs(used["T1"] - before["T1"]) < 1
    assert now.total_cost.before_taxes == round(used["T1"] * Decimal("3.5") + used["T2"] * 10, 2)

    await street.station.unplug(1)
    cdr = await cdr_of(street)
    assert {one.id for one in cdr.tariffs} == {"T1", "T2"}
    assert check_cdr(cdr, None, None).differences == ()


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
async def test_stations_of_2_x_are_steered_and_priced_alike(newest, bodies, version):
    """A driver limits his charge by a profile, and then wants it fast at the price of that."""
    async with street_of(newest, bodies, ALL, version) as street:
        await with_tariffs(street, bodies.tariff(Version.V2_3_0, "T2", type="PROFILE_FAST", elements=energy(10)))
        meter = street.station.evses[1].meter
        at_first = meter.true_wh
        session = await street.charge()
        limit = limit_of("W", (0, "11000"))
        set_ = await street.result_of(await charging_profiles.set_profile(street.resa, session, limit))
        assert set_.result == "ACCEPTED"
        before = meter.true_wh
        await street.play(360)
        assert round(meter.true_wh - before) == 1100
        asked = ChargingPreferences(profile_type=ProfileType.FAST, departure_time=time.now() + timedelta(hours=9))
        assert await preferences.send(street.resa, street.driver, session.key.id, asked) == "ACCEPTED"
        cleared = await street.result_of(await charging_profiles.clear_profile(street.resa, session))
        assert cleared.result == "ACCEPTED"
        before = meter.true_wh
        await street.play(360)
        assert round(meter.true_wh - before) == 2200
        await street.station.unplug(1)
        cdr = await cdr_of(street)
    assert kwh_by_tariff(cdr).keys() == {"T1", "T2"}
    assert cdr.total_energy * 1000 == round(meter.true_wh - at_first)


# ---- reserved time -------------------------------------------------------------------------------------------------


def reservation(price, restriction="RESERVATION"):
    components = [{"type": "TIME", "price": price, "vat": 25.0, "step_size": 60}]
    return {"price_components": components, "restrictions": {"reservation": restriction}}


async def test_the_time_an_evse_was_reserved_is_the_first_period_and_costs_what_the_tariff_says(street, bodies):
    await with_tariffs(street, bodies.tariff(Version.V2_3_0, elements=[reservation(5), *energy(3.5)]))
    await street.result_of(await street.reserve())
    await street.play(900)
    await street.charge()
    await street.play(600)
    session = await street.session()
    first = session.charging_periods[0]
    [reserved] = first.dimensions
    # The station's clock and ours started a moment apart.
    assert (str(reserved.type), round(reserved.volume, 1)) == ("RESERVATION_TIME", Decimal("0.2"))
    assert timedelta(seconds=840) < session.start_date_time - first.start_date_time <= timedelta(seconds=900)
    assert session.total_cost.before_taxes == round(session.kwh * Decimal("3.5") + Decimal("1.25"), 2)

    await street.station.unplug(1)
    cdr = await cdr_of(street)
    assert cdr.start_date_time == first.start_date_time
    assert cdr.total_reservation_cost.before_taxes == Decimal("1.25")
    assert check_cdr(cdr, None, None).differences == ()


async def test_a_reservation_nobody_came_for_is_billed_when_the_tariff_prices_it(street, bodies):
    late = reservation(6, "RESERVATION_EXPIRES")
    await with_tariffs(street, bodies.tariff(Version.V2_3_0, elements=[reservation(5), late, *energy(3.5)]))
    await street.result_of(await street.reserve())
    street.connection.lade.clock.ahead = timedelta(hours=2)
    cdr = await cdr_of(street)
    session = await street.session()
    assert (str(session.status), session.kwh, session.total_cost.before_taxes) == ("COMPLETED", 0, 6)
    # An hour, to the second that the start and the end of it happened to be rounded to.
    assert (cdr.session_id, cdr.total_energy, round(cdr.total_time, 2)) == (session.id, 0, 1)
    assert cdr.total_reservation_cost.before_taxes == cdr.total_cost.before_taxes == 6
    assert check_cdr(cdr, None, None).differences == ()


async def test_an_expired_reservation_is_billed_though_the_process_died_meanwhile(newest_street, bodies):
    street = newest_street
    await with_tariffs(street, bodies.tariff(Version.V2_3_0, elements=[reservation(5), *energy(3.5)]))
    command = await street.result_of(await street.reserve())
    [kept] = await street.lade.store.reservations.named(street.connection.resa_at_lade.id, command.id)
    await street.lade.store.reservations.modify(
        kept.id, lambda one: msgspec.structs.replace(one, state=ReservationState.EXPIRED)
    )
    for _ in range(2):
        await Jobs(street.lade).recover()
    [cdr] = await street.lade.store.objects.newest(ModuleID.CDRS, 5)
    assert value_of(CDR, cdr).total_cost.before_taxes == 5
    assert str((await street.session()).status) == "COMPLETED"
    assert await street.status() == "AVAILABLE"


async def test_a_reservation_that_costs_nothing_makes_no_cdr(newest_street):
    street = newest_street
    await street.result_of(await street.reserve())
    street.connection.lade.clock.ahead = timedelta(hours=2)
    await Jobs(street.lade).once()
    session = await street.session()
    assert (str(session.status), session.total_cost.before_taxes) == ("COMPLETED", 0)
    assert await street.lade.store.objects.newest(ModuleID.CDRS, 5) == ()


async def test_a_cancelled_reservation_costs_nothing(newest_street, bodies):
    street = newest_street
    await with_tariffs(street, bodies.tariff(Version.V2_3_0, elements=[reservation(5), *energy(3.5)]))
    reserved = await street.result_of(await street.reserve())
    await street.result_of(await commands.cancel_reservation(street.resa, street.driver, reserved.id))
    assert (await street.session()).total_cost is None
    assert await street.lade.store.objects.newest(ModuleID.CDRS, 5) == ()


async def test_preferences_for_a_session_of_another_provider_are_404(street):
    session = await street.charge()
    path = f"{street.connection.version}/sender/sessions/%s/charging_preferences"
    wanted = {"profile_type": "REGULAR"}
    asked = street.connection.lade.ask
    reply = await asked("PUT", path % session.key.id, street.connection.resas_token, wanted)
    assert (reply.http, reply.status, reply.data) == (200, 1000, "ACCEPTED")
    assert (await asked("PUT", path % "OTHER", street.connection.resas_token, wanted)).http == 404
