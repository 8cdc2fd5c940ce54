"""What operators do with peers: invite, suspend, resume, end, exchange tokens, fetch, set, replay and drop."""

import re

import aiohttp
import pytest
from msgspec.structs import replace

from ocpilot.app.kept.peer_records import DeliveryPolicy, DeliveryState, Detected, PeerState
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi import hub_clients
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.roaming.handshake import RefusedEndpoint
from ocpilot.web import peer_form
from ocpilot.web.console_peers import ACTIONS
from ocpilot.wire.protocol import InterfaceRole, ModuleID, TokenEncoding, Version

PEER = "/console/peers/1"


async def peer_of(store, number=1):
    return await store.peers.get(number)


@pytest.mark.parametrize("word", ["invite", *(f"1/{word}" for word in ACTIONS)])
async def test_nobody_does_anything_without_signing_in_and_the_token_of_the_page(console, store, word):
    path = f"/console/peers/{word}"
    before = await peer_of(store)
    async with aiohttp.ClientSession() as session:
        stranger = await session.post(console.base + path, data={"name": "Somebody"}, allow_redirects=False)
    assert (stranger.status, stranger.headers["Location"]) == (303, "/sign-in?next=/")
    assert (await console.post(path, {"name": "Somebody"}, csrf="wrong")).status == 400
    assert await peer_of(store) == before
    assert await store.peers.by_name("Somebody") is None


async def test_an_invitation_shows_its_token_once(console, store):
    page = await console.post("/console/peers/invite", {"name": "Ny partner", "allow": "CPO:DE/ABC, EMSP:*"})
    assert page.status == 200
    token = re.search(r'class="mono">([\w-]{43})<', page.text).group(1)
    assert "CPO:DE/ABC, EMSP:*" in page.words
    peer = await store.peers.by_name("Ny partner")
    assert (peer.state, peer.allowed) == (PeerState.INVITED, ("CPO:DE/ABC", "EMSP:*"))
    assert token not in (await console.get(f"/console/peers/{peer.id}")).text
    shown = (await console.get(f"/console/peers/{peer.id}")).words
    assert "Take the invitation back" in shown
    assert "Nothing is exchanged before it has registered." in shown
    assert "This peer has everything it should have" not in shown
    assert (await console.post(f"/console/peers/{peer.id}/unregister", {})).status == 303


async def test_what_is_wrong_with_an_invitation_is_said_beside_the_form(console):
    page = await console.post("/console/peers/invite", {"name": "Ny", "allow": "CPO"})
    assert page.status == 400
    assert "expected a role and a party such as CPO:DE/ABC" in page.words
    assert 'value="Ny"' in page.text
    assert "A peer needs a name." in (await console.post("/console/peers/invite", {"name": " "})).words


async def test_a_peer_is_suspended_and_resumed_after_it_was_said_what_that_means(console, store):
    page = await console.get(PEER)
    assert "is refused and gets nothing until you resume" in page.words
    assert (await console.post(f"{PEER}/suspend", {})).status == 303
    assert (await peer_of(store)).state is PeerState.SUSPENDED
    page = await console.get(PEER)
    assert "may talk with us again" in page.words
    assert "Fetch now" not in page.words
    await console.post(f"{PEER}/resume", {})
    assert (await peer_of(store)).state is PeerState.REGISTERED


async def test_what_cannot_be_done_is_said_on_the_page(console):
    page = await console.post(f"{PEER}/resume", {})
    assert page.status == 400
    assert "is registered, not suspended" in page.words
    page = await console.post(f"{PEER}/unregister", {})
    assert page.status == 400
    assert "is not registered" in page.words


async def test_a_fetch_is_asked_for(console, store):
    await console.post(f"{PEER}/pull", {})
    assert (await peer_of(store)).returned_at is not None


async def test_settings_are_saved_and_an_empty_field_is_the_usual(console, store):
    form = {"policy": "fifo", "window": "1", "pull": "locations, tariffs", "page_size": "20", "trailing_slash": "true"}
    assert (await console.post(f"{PEER}/profile", form)).status == 303
    profile = (await peer_of(store)).profile
    assert (profile.policy, profile.page_size, profile.trailing_slash) == (DeliveryPolicy.FIFO, 20, True)
    assert profile.pull == (ModuleID.LOCATIONS, ModuleID.TARIFFS)
    page = await console.get(PEER)
    assert 'value="locations, tariffs"' in page.text
    assert '<option value="fifo" selected>' in page.text
    await console.post(f"{PEER}/profile", {"page_size": ""})
    assert (await peer_of(store)).profile.page_size == 100


async def test_a_form_saved_as_it_came_changes_nothing(console, store):
    await console.post(f"{PEER}/like", {"like": "push-only"})
    before = (await peer_of(store)).profile
    assert before.pull == ()
    await console.post(f"{PEER}/profile", dict(peer_form.filled(before)))
    assert (await peer_of(store)).profile == before


async def test_a_setting_that_makes_no_sense_is_said_on_the_page(console):
    page = await console.post(f"{PEER}/profile", {"window": "many"})
    assert page.status == 400
    assert "window" in page.words


async def test_a_ready_profile_is_taken_over(console, store):
    await console.post(f"{PEER}/like", {"like": "pull-only"})
    assert (await peer_of(store)).profile.policy is DeliveryPolicy.NONE


async def test_what_a_peer_may_be_is_said_anew(console, store):
    await console.post(f"{PEER}/allow", {"allow": "EMSP:SE/RES EMSP:NO/RES"})
    assert (await peer_of(store)).allowed == ("EMSP:SE/RES", "EMSP:NO/RES")
    assert "EMSP:SE/RES, EMSP:NO/RES" in (await console.get(PEER)).words


async def test_what_was_found_out_is_shown(console, store):
    found = Detected(token_encoding=TokenEncoding.PLAIN, trailing_slash=True, refuses_patch=True)
    await store.peers.noticed(1, found)
    words = (await console.get(PEER)).words
    assert "token: plain URLs end with a slash: Yes has no PATCH" in words


async def test_an_endpoint_that_is_never_called_is_shown_with_the_reason(console, store):
    refused = RefusedEndpoint(identifier="cdrs", role=InterfaceRole.SENDER, why="found http, expected https")
    await store.peers.noticed(1, Detected(refused_endpoints=(refused,)))
    assert "cdrs SENDER is never called: found http, expected https" in (await console.get(PEER)).words


async def test_who_is_behind_a_hub_and_not_allowed_is_shown(console, store):
    await store.peers.save(replace(await peer_of(store), hub_party="SENAV"))
    told = '{"country_code": "SE", "party_id": "BEE", "role": "CPO", "status": "CONNECTED"'
    info = StoredObject(
        key=hub_clients.key_of("SE", "BEE", "CPO", 1),
        version=Version.V2_3_0,
        body=told + ', "last_updated": "2026-11-01T10:00:00Z"}',
        last_updated=time.now(),
        peer_id=1,
    )
    await store.objects.put(info)
    assert "Behind it, not allowed CPO:SE/BEE" in (await console.get(PEER)).words


async def test_dead_letters_are_sent_again_or_given_up(console, store):
    [dead] = await store.deliveries.all(1, {DeliveryState.DEAD})
    form = {"module": "cdrs", "party": str(dead.key.party), "id": dead.key.id, "sub": ""}
    assert (await console.post(f"{PEER}/replay", form)).status == 303
    assert await store.deliveries.all(1, {DeliveryState.DEAD}) == ()
    second = ObjectKey(module=ModuleID.TARIFFS, party=PartyId("SE", "LAD"), id="T9")
    for key in (dead.key, second):
        await store.deliveries.save(replace(dead, key=key))
    assert "All 2 that were given up" in (await console.get(PEER)).words
    await console.post(f"{PEER}/drop", form)
    assert [one.key for one in await store.deliveries.all(1, {DeliveryState.DEAD})] == [second]
    await console.post(f"{PEER}/drop", {"all": "1"})
    assert await store.deliveries.all(1, {DeliveryState.DEAD}) == ()
    assert (await console.post(f"{PEER}/drop", form)).status == 404


async def test_the_page_speaks_swedish(console):
    await console.post("/language", {"language": "sv", "next": PEER})
    words = (await console.get(PEER)).words
    assert "Byt nycklar" in words
    assert "Utskick medan den inte svarar" in words
