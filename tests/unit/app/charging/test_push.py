"""What reaches a peer, how often and in which order, while the network and the peer behave as they do."""

import asyncio

import msgspec
import pytest

from ocpilot.app import accounts, stations, tariffs
from ocpilot.app.bodies import own
from ocpilot.app.peer_records import ChangeCursor, DeliveryPolicy, DeliveryState, PeerProfile
from ocpilot.app.push import Pusher
from ocpilot.app.push_outcomes import REFUSALS
from ocpilot.app.push_worker import PushWorker
from ocpilot.app.records import ObjectKey, StoredObject
from ocpilot.base.errors import PeerRefused, PeerUnreachable
from ocpilot.base.ids import PartyId
from ocpilot.roaming.retry import TRIPS_AT
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
