"""What reaches a peer, how often and in which order, while the network and the peer behave as they do."""

import asyncio
import dataclasses
from datetime import timedelta

import msgspec
import pytest

from ocpilot.app.invoicing import dead_letters
from ocpilot.app.kept.peer_records import ChangeCursor, DeliveryPolicy, DeliveryState, Detected, PeerProfile
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi import accounts, tariffs
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.partners.push import Pusher
from ocpilot.app.partners.push_outcomes import REFUSALS
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.app.stations import stations
from ocpilot.base.errors import ForbiddenAddress, PeerNonsense, PeerRefused, PeerUnreachable
from ocpilot.base.ids import PartyId
from ocpilot.roaming.retry import TRIPS_AT, UNJUDGED_TRIP_AT
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import Status

OPERATOR = PartyId.of("SE", "LAD")
EVSE = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1", sub="E1")
TARIFF = tariffs.key_of(OPERATOR, "T1")


async def with_profile(world, **changes):
    world.peer = msgspec.structs.replace(world.peer, profile=PeerProfile(**changes))
    await world.store.peers.save(world.peer)


def worker_of(world):
    return PushWorker(world.platform, world.peer.id, chance=lambda: 0.5)


async def rounds(world, worker):
    """Until nothing is left to do now; the clock stands."""
    while await worker.round(world.peer):
        pass


@pytest.fixture
async def settled(operator):
    """A worker whose peer has everything."""
    worker = worker_of(operator)
    await rounds(operator, worker)
    operator.partners.calls.clear()
    return worker


async def test_a_new_peer_gets_every_location_and_tariff(operator):
    await rounds(operator, worker_of(operator))
    assert {(one.method, one.module, one.segments) for one in operator.partners.calls} == {
        ("PUT", "locations", ("SE", "LAD", "L1")),
        ("PUT", "tariffs", ("SE", "LAD", "T1")),
    }


async def test_a_change_of_status_travels_as_a_patch(operator, settled):
    operator.passes(1)
    await stations.set_evse_status(operator.platform, EVSE, Status.CHARGING)
    await rounds(operator, settled)
    [sent] = operator.partners.calls
    assert (sent.method, sent.segments) == ("PATCH", ("SE", "LAD", "L1", "E1"))
    assert sent.body == {"status": "CHARGING", "last_updated": "2026-11-23T08:00:01Z"}


async def test_a_hundred_status_changes_become_one_push_of_the_newest(operator, settled):
    for number in range(100):
        operator.passes(1)
        await stations.set_evse_status(
            operator.platform, EVSE, Status.CHARGING if number % 2 == 0 else Status.AVAILABLE
        )
    await rounds(operator, settled)
    assert [one.body["status"] for one in operator.partners.calls] == ["AVAILABLE"]


async def test_after_a_restart_the_whole_evse_is_put_first(operator, settled):
    await stations.set_evse_status(operator.platform, EVSE, Status.CHARGING)
    await rounds(operator, worker_of(operator))
    [sent] = operator.partners.calls
    assert (sent.method, sent.body["uid"], sent.body["status"]) == ("PUT", "E1", "CHARGING")


async def test_a_refused_patch_falls_back_to_the_evse_and_then_to_the_location(operator, settled):
    unknown = PeerRefused("unknown", 404, 2003)
    operator.partners.answers["PATCH", "locations"] = unknown
    operator.partners.answers["PUT", "locations"] = lambda sent: unknown if len(sent.segments) == 4 else None
    await stations.set_evse_status(operator.platform, EVSE, Status.CHARGING)
    await rounds(operator, settled)
    assert [(one.method, len(one.segments)) for one in operator.partners.calls] == [
        ("PATCH", 4),
        ("PUT", 4),
        ("PUT", 3),
    ]
    assert await operator.store.deliveries.all(operator.peer.id) == ()


async def test_a_failed_push_is_retried_after_its_pause_with_the_newest_state(operator, settled, unreachable):
    operator.partners.answers["PATCH", "locations"] = unreachable
    await stations.set_evse_status(operator.platform, EVSE, Status.CHARGING)
    await rounds(operator, settled)
    [waiting] = await operator.store.deliveries.all(operator.peer.id)
    assert (waiting.state, waiting.attempts, waiting.last_error) == (DeliveryState.WAITING, 1, "gone")

    operator.partners.answers.clear()
    operator.partners.calls.clear()
    await stations.set_evse_status(operator.platform, EVSE, Status.OUTOFORDER)
    operator.passes(1)
    await rounds(operator, settled)
    assert [one.body["status"] for one in operator.partners.calls] == ["OUTOFORDER"]
    assert await operator.store.deliveries.all(operator.peer.id) == ()


async def test_a_deleted_tariff_is_deleted_there_even_if_they_never_had_it(operator, settled):
    operator.partners.answers["DELETE", "tariffs"] = PeerRefused("unknown", 404, 2000)
    await tariffs.delete(operator.platform, OPERATOR, "T1")
    await rounds(operator, settled)
    assert [(one.method, one.segments) for one in operator.partners.calls] == [("DELETE", ("SE", "LAD", "T1"))]
    assert await operator.store.deliveries.all(operator.peer.id) == ()


async def test_nothing_goes_to_modules_the_peer_does_not_offer_or_its_profile_leaves_out(operator):
    endpoints = tuple(one for one in operator.peer.endpoints if one.identifier != "tariffs")
    operator.peer = msgspec.structs.replace(operator.peer, endpoints=endpoints)
    await with_profile(operator, push=(ModuleID.TARIFFS,))
    await rounds(operator, worker_of(operator))
    assert operator.partners.calls == []


async def test_sessions_and_cdrs_go_to_the_provider_of_the_token_only(operator, settled):
    await operator.token()
    await operator.charge()
    await operator.jobs.once()
    stranger = msgspec.structs.replace(operator.peer.roles[0], party_id="OTH")
    operator.peer = msgspec.structs.replace(operator.peer, roles=(stranger,))
    await rounds(operator, settled)
    assert [one for one in operator.partners.calls if one.module in ("sessions", "cdrs")] == []


async def test_a_cdr_is_posted_until_it_is_acknowledged_and_never_again(operator, settled, unreachable):
    await operator.token()
    await operator.charge()
    await operator.jobs.once()
    operator.partners.answers["POST", "cdrs"] = unreachable
    for _ in range(20):
        await rounds(operator, settled)
        operator.passes(1)
    failures = len(operator.partners.sent("POST", "cdrs"))
    assert failures > REFUSALS
    operator.partners.answers.clear()
    await rounds(operator, settled)

    [cdr] = await operator.store.objects.newest(ModuleID.CDRS, 10)
    delivery = await operator.store.deliveries.get(operator.peer.id, cdr.key)
    assert (delivery.state, delivery.remote_url) == (DeliveryState.ACKNOWLEDGED, f"https://res.example/{cdr.key.id}")
    await operator.store.changes.advance(operator.peer.id, ChangeCursor(), ())
    await rounds(operator, worker_of(operator))
    assert len(operator.partners.sent("POST", "cdrs")) == failures + 1


async def test_a_cdr_that_is_refused_again_and_again_is_left_for_a_person(operator, settled, refused):
    await operator.token()
    await operator.charge()
    await operator.jobs.once()
    operator.partners.answers["POST", "cdrs"] = refused
    for _ in range(REFUSALS + 5):
        await rounds(operator, settled)
        operator.passes(1)
    assert len(operator.partners.sent("POST", "cdrs")) == REFUSALS
    [dead] = await operator.store.deliveries.all(operator.peer.id)
    assert (dead.state, dead.key.module, dead.last_error) == (DeliveryState.DEAD, ModuleID.CDRS, "refused")


async def test_a_cdr_that_is_no_longer_for_the_peer_is_forgotten_and_not_called_acknowledged(
    operator, settled, unreachable
):
    await operator.token()
    await operator.charge()
    await operator.jobs.once()
    operator.partners.answers["POST", "cdrs"] = unreachable
    await rounds(operator, settled)
    stranger = msgspec.structs.replace(operator.peer.roles[0], party_id="OTH")
    operator.peer = msgspec.structs.replace(operator.peer, roles=(stranger,))
    operator.passes(5)
    await rounds(operator, settled)
    [cdr] = await operator.store.objects.newest(ModuleID.CDRS, 1)
    assert await operator.store.deliveries.get(operator.peer.id, cdr.key) is None


async def test_a_session_names_the_provider_it_is_for_on_a_platform_of_many(operator, settled):
    other = msgspec.structs.replace(operator.peer.roles[0], party_id="OTH")
    operator.peer = msgspec.structs.replace(operator.peer, roles=(other, operator.peer.roles[0]))
    await operator.token()
    await operator.start()
    await rounds(operator, settled)
    assert [str(one.receiver) for one in operator.partners.sent("PUT", "sessions")] == ["SE/RES"]


async def test_a_broken_object_does_not_block_the_others(operator, settled):
    broken = StoredObject(
        key=tariffs.key_of(OPERATOR, "BROKEN"), version=Version.V2_2_1, body="{", last_updated=operator.now
    )
    await operator.store.objects.put(broken)
    await stations.set_evse_status(operator.platform, EVSE, Status.CHARGING)
    await rounds(operator, settled)
    assert [one.module for one in operator.partners.calls] == ["locations"]
    [waiting] = await operator.store.deliveries.all(operator.peer.id)
    assert waiting.key.id == "BROKEN"


async def test_failures_in_a_row_silence_the_worker_and_one_call_ends_the_silence(operator, settled, unreachable):
    for number in range(TRIPS_AT + 3):
        await operator.store.objects.put(tariff_object(operator, f"X{number}"))
    await with_profile(operator, window=1)
    operator.partners.answers["PUT", "tariffs"] = unreachable
    await rounds(operator, settled)
    assert len(operator.partners.calls) == TRIPS_AT
    operator.passes(1)
    await settled.round(operator.peer)
    assert len(operator.partners.calls) == TRIPS_AT + 1

    operator.partners.answers.clear()
    operator.partners.calls.clear()
    operator.passes(5)
    await rounds(operator, settled)
    assert sorted(one.segments[2] for one in operator.partners.calls) == [f"X{n}" for n in range(TRIPS_AT + 3)]


async def test_what_was_read_before_a_silence_is_not_what_is_sent_after_it(operator, settled, unreachable):
    await with_profile(operator, window=1)
    operator.partners.answers["PATCH", "locations"] = operator.partners.answers["PUT", "tariffs"] = unreachable
    second = msgspec.structs.replace(EVSE, sub="E2")
    await stations.set_evse_status(operator.platform, EVSE, Status.CHARGING)
    for number in range(TRIPS_AT - 1):
        await tariffs_put(operator, f"X{number}")
    await stations.set_evse_status(operator.platform, second, Status.CHARGING)
    await rounds(operator, settled)
    for waiting in await operator.store.deliveries.all(operator.peer.id):
        await operator.store.deliveries.remove(operator.peer.id, waiting.key)

    operator.partners.answers.clear()
    operator.partners.calls.clear()
    await stations.set_evse_status(operator.platform, second, Status.OUTOFORDER)
    operator.passes(5)
    await rounds(operator, settled)
    assert [(one.segments[3], one.body["status"]) for one in operator.partners.calls] == [("E2", "OUTOFORDER")]


async def test_retry_after_silences_the_worker_for_that_long(operator, settled):
    operator.partners.answers["PATCH", "locations"] = PeerRefused("too many", 429, None, retry_after=60)
    await stations.set_evse_status(operator.platform, EVSE, Status.CHARGING)
    await rounds(operator, settled)
    operator.passes(59)
    await tariffs_put(operator, "T2")
    assert await settled.round(operator.peer) is False
    operator.passes(2)
    assert await settled.round(operator.peer) is True


async def test_fifo_sends_in_order_and_stops_where_the_network_fails(operator, settled):
    await with_profile(operator, policy=DeliveryPolicy.FIFO)
    for name in ("A", "B", "C"):
        await tariffs_put(operator, name)
    operator.partners.answers["PUT", "tariffs"] = lambda sent: (
        PeerUnreachable("gone") if sent.segments[2] == "B" else None
    )
    await rounds(operator, settled)
    operator.partners.answers.clear()
    operator.passes(1)
    await rounds(operator, settled)
    assert [one.segments[2] for one in operator.partners.calls] == ["A", "B", "B", "C"]


async def test_tokens_of_ours_go_to_operators_with_their_type(provider):
    await accounts.create_driver(provider.platform, email="a@b.se", name="Ada", password="long enough")
    await rounds(provider, worker_of(provider))
    [sent] = provider.partners.calls
    assert (sent.method, sent.module, sent.params) == ("PUT", "tokens", {"type": "APP_USER"})


async def test_a_peer_of_another_version_gets_that_version(operator):
    operator.peer = msgspec.structs.replace(operator.peer, version=Version.V2_2_1)
    await operator.store.peers.save(operator.peer)
    await rounds(operator, worker_of(operator))
    [tariff] = operator.partners.sent("PUT", "tariffs")
    assert "tax_included" not in tariff.body


async def test_the_pusher_serves_new_peers_while_it_runs(operator):
    running = asyncio.create_task(Pusher(operator.platform).run())
    try:
        await operator.partners.called(2)
        await operator.store.peers.add(msgspec.structs.replace(operator.peer, id=0, name="second"))
        await operator.partners.called(4)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert len({one.segments for one in operator.partners.calls}) == 2


def tariff_object(world, name):
    return own(tariffs.key_of(OPERATOR, name), msgspec.structs.replace(world.tariff, id=name), world.now)


async def tariffs_put(world, name):
    await world.store.objects.put(tariff_object(world, name))


# ---- answers that got lost -----------------------------------------------------------------------------------------


class Keeping:
    """A provider that keeps CDRs by their id below its endpoint, and takes the same one twice as two."""

    def __init__(self, world, *, answers=1):
        self.kept, self.lost, self.world = [], answers, world
        world.partners.answers["POST", "cdrs"] = self.post
        world.partners.answers["GET", "cdrs"] = self.get

    def post(self, sent):
        self.kept.append(sent.body)
        self.lost -= 1
        return PeerUnreachable("the answer got lost") if self.lost >= 0 else None

    def get(self, sent):
        found = [one for one in self.kept if sent.segments == (one["id"],)]
        return found[0] if found else PeerRefused("unknown", 404, None)


async def charged(world):
    await world.token()
    await world.charge()
    await world.jobs.once()
    [cdr] = await world.store.objects.newest(ModuleID.CDRS, 10)
    return cdr


async def test_a_cdr_whose_answer_got_lost_is_found_and_not_posted_twice(operator, settled):
    cdr = await charged(operator)
    peer = Keeping(operator)
    for _ in range(5):
        await rounds(operator, settled)
        operator.passes(1)
    assert len(peer.kept) == 1
    delivery = await operator.store.deliveries.get(operator.peer.id, cdr.key)
    assert (delivery.state, delivery.remote_url) == (
        DeliveryState.ACKNOWLEDGED,
        f"https://res.example/cdrs/{cdr.key.id}",
    )


async def test_a_cdr_that_did_not_arrive_is_posted_again(operator, settled):
    await charged(operator)
    operator.partners.answers["POST", "cdrs"] = lambda _: PeerUnreachable("gone")
    operator.partners.answers["GET", "cdrs"] = lambda _: PeerRefused("unknown", 404, 2000)
    await rounds(operator, settled)
    operator.passes(1)
    operator.partners.answers.pop(("POST", "cdrs"))
    await rounds(operator, settled)
    assert len(operator.partners.sent("POST", "cdrs")) == 2


async def test_a_worker_that_takes_over_looks_for_a_cdr_first(operator, settled):
    """The one before it died after its POST arrived and before it knew."""
    cdr = await charged(operator)
    peer = Keeping(operator, answers=0)
    body = msgspec.json.decode(cdr.body)
    peer.kept.append(body)
    await rounds(operator, worker_of(operator))
    assert len(peer.kept) == 1
    delivery = await operator.store.deliveries.get(operator.peer.id, cdr.key)
    assert delivery.state is DeliveryState.ACKNOWLEDGED


async def test_a_second_post_that_is_refused_as_there_already_is_acknowledged(operator, settled):
    cdr = await charged(operator)
    operator.partners.answers["POST", "cdrs"] = PeerUnreachable("gone")
    await rounds(operator, settled)
    operator.passes(1)
    operator.partners.answers["POST", "cdrs"] = PeerRefused("there already", 409, None)
    await rounds(operator, settled)
    delivery = await operator.store.deliveries.get(operator.peer.id, cdr.key)
    assert delivery.state is DeliveryState.ACKNOWLEDGED


async def test_in_fifo_too_a_lost_answer_is_remembered(operator, settled):
    await with_profile(operator, policy=DeliveryPolicy.FIFO)
    await charged(operator)
    peer = Keeping(operator)
    for _ in range(5):
        await rounds(operator, settled)
        operator.passes(1)
    assert len(peer.kept) == 1
    assert await operator.store.deliveries.all(operator.peer.id) == ()


# ---- peers that have no PATCH, want no status again, come back ------------------------------------------------------


async def test_a_peer_that_has_no_patch_is_found_out_once(operator, settled):
    operator.partners.answers["PATCH", "locations"] = PeerRefused("no such method", 405, None)
    for status in (Status.CHARGING, Status.AVAILABLE):
        operator.passes(1)
        operator.peer = await operator.store.peers.get(operator.peer.id)
        await stations.set_evse_status(operator.platform, EVSE, status)
        await rounds(operator, settled)
    assert [one.method for one in operator.partners.calls] == ["PATCH", "PUT", "PUT"]
    assert (await operator.store.peers.get(operator.peer.id)).detected.refuses_patch is True


@pytest.mark.parametrize(("patch", "refuses", "sent"), [(True, True, "PATCH"), (False, None, "PUT")])
async def test_a_setting_about_patch_wins_over_what_was_found_out(operator, settled, patch, refuses, sent):
    await with_profile(operator, patch=patch)
    operator.peer = msgspec.structs.replace(operator.peer, detected=Detected(refuses_patch=refuses))
    await stations.set_evse_status(operator.platform, EVSE, Status.CHARGING)
    await rounds(operator, settled)
    assert [one.method for one in operator.partners.calls] == [sent]


async def test_a_peer_may_not_want_a_status_again(operator, settled, unreachable):
    await with_profile(operator, status_after_failed_push=False)
    operator.partners.answers["PATCH", "locations"] = unreachable
    await stations.set_evse_status(operator.platform, EVSE, Status.CHARGING)
    await rounds(operator, settled)
    assert await operator.store.deliveries.all(operator.peer.id) == ()
    operator.partners.answers.clear()
    operator.passes(1)
    await stations.set_evse_status(operator.platform, EVSE, Status.AVAILABLE)
    await rounds(operator, settled)
    assert [one.body["status"] for one in operator.partners.sent("PATCH", "locations")] == ["CHARGING", "AVAILABLE"]


@pytest.mark.parametrize("answer", [None, PeerRefused("not this one", 200, 2001)])
async def test_what_a_peer_changed_while_it_was_silent_is_fetched_when_it_is_back(
    operator, settled, unreachable, answer
):
    await operator.store.peers.pulled(operator.peer.id, operator.now)
    for number in range(TRIPS_AT + 3):
        await tariffs_put(operator, f"X{number}")
    operator.partners.answers["PUT", "tariffs"] = unreachable
    await rounds(operator, settled)
    assert (await operator.store.peers.get(operator.peer.id)).returned_at is None
    operator.partners.answers["PUT", "tariffs"] = answer
    operator.passes(5)
    await rounds(operator, settled)
    peer = await operator.store.peers.get(operator.peer.id)
    assert peer.returned_at > peer.pulled_at


async def test_a_tariff_that_is_for_another_now_is_taken_back(operator, settled):
    stored = await operator.store.objects.get(TARIFF)
    await operator.store.objects.delete(TARIFF)
    await operator.store.objects.put(msgspec.structs.replace(stored, audience="SEOTH"))
    await rounds(operator, settled)
    assert [(one.method, one.segments) for one in operator.partners.calls] == [("DELETE", ("SE", "LAD", "T1"))]


# ---- a peer that is down for long ----------------------------------------------------------------------------------


async def test_changes_while_a_peer_is_down_wait_in_the_log_and_become_one_push_each(operator, settled):
    operator.partners.answers["PUT", "tariffs"] = PeerRefused("down", 503, None, retry_after=60)
    await tariffs_put(operator, "X0")
    await rounds(operator, settled)
    for number in range(300):
        operator.passes(0.001)
        await tariffs_put(operator, f"X{number % 3}")
        assert await settled.round(operator.peer) is False
    operator.partners.answers.clear()
    operator.partners.calls.clear()
    operator.passes(60)
    await rounds(operator, settled)
    assert sorted(one.segments[2] for one in operator.partners.calls) == ["X0", "X1", "X2"]
    assert await operator.store.deliveries.all(operator.peer.id) == ()


async def test_a_refusal_is_counted_on_by_the_next_worker(operator, settled, refused):
    operator.partners.answers["PUT", "tariffs"] = refused
    await tariffs_put(operator, "BAD")
    for _ in range(REFUSALS):
        await rounds(operator, worker_of(operator))
        operator.passes(1)
    [dead] = await operator.store.deliveries.all(operator.peer.id)
    assert (dead.state, dead.refusals) == (DeliveryState.DEAD, REFUSALS)


async def test_dead_letters_are_replayed_or_dropped_all_at_once(operator, settled, refused):
    operator.partners.answers["PUT", "tariffs"] = refused
    for name in ("A", "B"):
        await tariffs_put(operator, name)
    for _ in range(REFUSALS):
        await rounds(operator, settled)
        operator.passes(1)
    assert await dead_letters.replay_all(operator.platform, operator.peer.id) == 2
    await rounds(operator, settled)
    assert {one.attempts for one in await operator.store.deliveries.all(operator.peer.id)} == {1}
    for _ in range(REFUSALS):
        operator.passes(1)
        await rounds(operator, settled)
    await dead_letters.drop(operator.platform, operator.peer.id, tariffs.key_of(OPERATOR, "a"))
    assert await dead_letters.drop_all(operator.platform, operator.peer.id) == 1
    assert await operator.store.deliveries.all(operator.peer.id) == ()


# ---- a peer that answers with what is no OCPI ----------------------------------------------------------------------


@pytest.fixture
async def patient(operator, settled):
    """A worker with the pauses of a platform; its peer has everything."""
    roaming = msgspec.structs.replace(operator.platform.settings.roaming, retry_first=1, retry_longest=300)
    settings = msgspec.structs.replace(operator.platform.settings, roaming=roaming)
    operator.platform = dataclasses.replace(operator.platform, settings=settings)
    return worker_of(operator)


async def minutes(world, worker, count):
    for _ in range(count):
        await rounds(world, worker)
        world.passes(60)


async def among_others(world, worker, hours):
    """So long passes, in which another object is taken twice an hour."""
    for number in range(2 * hours):
        await tariffs_put(world, f"GOOD{number}")
        for _ in range(3):
            await rounds(world, worker)
            world.passes(600)


@pytest.mark.parametrize("odd", [PeerNonsense("<html>"), PeerRefused("<html>", 404, None)])
async def test_what_gets_no_verdict_is_tried_for_a_day_and_then_left_for_a_person(operator, patient, odd):
    operator.partners.answers["PUT", "tariffs"] = lambda sent: odd if sent.segments[2] == "ODD" else None
    await tariffs_put(operator, "ODD")
    await among_others(operator, patient, 23)
    [waiting] = await operator.store.deliveries.all(operator.peer.id)
    assert (waiting.state, waiting.refusals) == (DeliveryState.WAITING, 0)
    assert waiting.unsure is isinstance(odd, PeerNonsense)
    await among_others(operator, patient, 2)
    [dead] = await operator.store.deliveries.all(operator.peer.id)
    assert (dead.state, dead.last_error, dead.next_at) == (DeliveryState.DEAD, "<html>", None)
    calls = len(operator.partners.calls)
    await minutes(operator, patient, 10)
    assert len(operator.partners.calls) == calls

    await dead_letters.replay_all(operator.platform, operator.peer.id)
    await minutes(operator, patient, 10)
    [again] = await operator.store.deliveries.all(operator.peer.id)
    assert again.state is DeliveryState.WAITING
    operator.partners.answers.clear()
    await minutes(operator, patient, 6)
    assert await operator.store.deliveries.all(operator.peer.id) == ()


PAGES = (
    PeerNonsense("a page, with 200"),
    PeerRefused("a page of a proxy", 404, None),
    PeerRefused("a redirect to a page", 302, None),
    PeerRefused("who are you", 401, 2001),
    PeerRefused("maintenance", 503, None),
    ForbiddenAddress("10.0.0.1 is no public address"),
)


@pytest.mark.parametrize("page", PAGES, ids=str)
async def test_a_partner_that_is_away_for_a_weekend_gets_everything_on_monday(operator, patient, page):
    named = {f"MANY{number}" for number in range(UNJUDGED_TRIP_AT + 5)}
    operator.partners.answers["PUT", "tariffs"] = page
    for ident in sorted(named):
        await tariffs_put(operator, ident)
    for hour in range(50):
        before = len(operator.partners.calls)
        for _ in range(3):
            await rounds(operator, patient)
            operator.passes(1200)
        assert hour == 0 or len(operator.partners.calls) - before <= 12, "asked now and then, not by each object"
    assert await operator.store.deliveries.all(operator.peer.id, {DeliveryState.DEAD}) == ()
    [told] = await operator.store.troubles.lately(operator.platform.clock() - timedelta(hours=1), 10)
    assert (told.step, told.about, told.error) == ("push", operator.peer.name, str(page))
    operator.partners.answers.clear()
    operator.partners.calls.clear()
    await minutes(operator, patient, 12)
    assert await operator.store.troubles.lately(operator.platform.clock() - timedelta(hours=1), 10) == ()
    assert await operator.store.deliveries.all(operator.peer.id) == ()
    assert {one.segments[2] for one in operator.partners.calls} == named


@pytest.mark.parametrize("page", [PeerUnreachable("gone"), PeerNonsense("<html>"), PeerRefused("slow", 429, None, 600)])
async def test_what_failed_while_our_clock_was_ahead_is_tried_when_it_is_right_again(operator, patient, page):
    operator.passes(365 * 86400)
    operator.partners.answers["PUT", "tariffs"] = page
    for number in range(TRIPS_AT):
        await tariffs_put(operator, f"MANY{number}")
    await minutes(operator, patient, 20)
    operator.passes(-365 * 86400)
    operator.partners.answers.clear()
    await minutes(operator, patient, 12)
    assert await operator.store.deliveries.all(operator.peer.id) == ()


async def test_a_new_process_in_the_middle_of_a_maintenance_gives_nothing_up(operator, patient):
    operator.partners.answers["PUT", "tariffs"] = PeerNonsense("<html>")
    await tariffs_put(operator, "T2")
    for _ in range(9):
        await minutes(operator, worker_of(operator), 3)
        operator.passes(6 * 3600)
    [waiting] = await operator.store.deliveries.all(operator.peer.id)
    assert waiting.state is DeliveryState.WAITING
    operator.partners.answers.clear()
    await minutes(operator, patient, 6)
    assert await operator.store.deliveries.all(operator.peer.id) == ()


async def test_an_object_that_is_not_understood_does_not_stop_the_others(operator, patient):
    odd = PeerNonsense("<html>")
    operator.partners.answers["PUT", "tariffs"] = lambda sent: odd if sent.segments[2].startswith("ODD") else None
    for number in range(TRIPS_AT + 1):
        await tariffs_put(operator, f"ODD{number}")
    await tariffs_put(operator, "GOOD1")
    await rounds(operator, patient)
    operator.passes(1)
    await tariffs_put(operator, "GOOD2")
    await rounds(operator, patient)
    sent = [one.segments[2] for one in operator.partners.calls]
    assert (sent.count("GOOD1"), sent.count("GOOD2")) == (1, 1)


async def test_while_nothing_is_understood_a_change_does_not_shorten_the_pause(operator, patient):
    operator.partners.answers["PUT", "tariffs"] = PeerNonsense("<html>")
    for _ in range(600):
        await tariffs_put(operator, "BUSY")
        await rounds(operator, patient)
        operator.passes(1)
    assert len(operator.partners.calls) < 15
    operator.partners.answers.clear()
    await tariffs_put(operator, "OTHER")
    await tariffs_put(operator, "BUSY")
    await rounds(operator, patient)
    operator.passes(300)
    await rounds(operator, patient)
    assert await operator.store.deliveries.all(operator.peer.id) == ()
