"""For whom a hub may speak: what its ClientInfos say counts as far as it was allowed (docs/decisions, what a peer may
claim)."""

import pytest
from market import headers
from test_hub import guest, hub

from ocpilot.app.invoicing import bill_views
from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.partners import peers, pull
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Role

assert hub, "a fixture"


class Member:
    """A provider behind a hub, as a test sees it: `tells` is the hub speaking."""

    def __init__(self, nav, resa, version, token):
        self.nav, self.resa, self.version, self._token = nav, resa, version, token

    async def tells(self, party, role="CPO", status="CONNECTED"):
        country, ident = party.split("/")
        info = {"country_code": country, "party_id": ident, "role": role, "status": status}
        told = info | {"last_updated": time.write(time.now())}
        reply = await self.put(f"hubclientinfo/{country}/{ident}", told)
        assert reply.http in {200, 201}, reply.body

    async def put(self, path, body, **given):
        return await self.resa.ask("PUT", f"{self.version}/receiver/{path}", self._token, body, **given)

    async def known(self):
        return await peers.named(self.resa.platform, "Nav")

    async def allow(self, *words):
        await peers.allow(self.resa.platform, await self.known(), words)

    async def parties(self):
        return set((await self.known()).parties)

    async def asked_to_allow(self):
        return (await bill_views.peer(self.resa.platform, (await self.known()).id)).not_allowed


@pytest.fixture
async def member(hub):
    nav, resa, version = hub
    token = nav.platform.sealing.open((await peers.named(nav.platform, "Resa")).token_sealed)
    return Member(nav, resa, version, token)


async def test_by_its_word_alone_a_hub_speaks_for_nobody(member, bodies):
    await member.tells("SE/BEE")
    tariff = bodies.tariff(member.version, party_id="BEE")
    assert (await member.put("tariffs/SE/BEE/T1", tariff)).http == 404
    assert (await member.put("tariffs/SE/BEE/T1", tariff, headers=headers("SEBEE", "SERES"))).http == 404
    assert await member.parties() == {"SENAV"}
    assert await member.asked_to_allow() == ("CPO:SE/BEE",)
    await member.allow(*(await member.known()).allowed, "CPO:SE/BEE")
    assert (await member.put("tariffs/SE/BEE/T1", tariff)).http == 201
    assert await member.asked_to_allow() == ()


async def test_a_hub_does_not_read_what_is_for_a_party_that_it_says_is_behind_it(member, bodies):
    """An operator of ours would show its Sessions to whoever the hub names."""
    await member.tells("SE/BEE", "EMSP")
    await member.resa.keep(ModuleID.SESSIONS, bodies.session(), audience="SEBEE")
    at_resa = await member.known()
    assert "SEBEE" not in at_resa.parties
    assert await member.resa.platform.store.peers.of_party(PartyId("SE", "BEE")) is None


@pytest.mark.parametrize(
    ("allowed", "believed"),
    [
        (("*",), {"SEBEE", "SEFLY", "SENAV"}),
        (("CPO:*",), {"SEBEE", "SENAV"}),
        (("EMSP:SE/FLY",), {"SEFLY", "SENAV"}),
        (("emsp:se-fly", "cpo:sebee"), {"SEBEE", "SEFLY", "SENAV"}),
        (("EMSP:SE/BEE",), {"SENAV"}),
    ],
)
async def test_who_is_behind_a_hub_is_believed_as_far_as_it_was_allowed(member, allowed, believed):
    await member.allow(*allowed)
    await member.tells("SE/BEE", "CPO")
    await member.tells("se/fly", "EMSP")
    assert await member.parties() == believed


async def test_what_was_told_before_counts_when_it_is_allowed_and_no_more_when_it_is_not(member):
    await member.tells("SE/BEE")
    await member.tells("SE/FLY", "EMSP")
    await member.allow("*")
    assert await member.parties() == {"SENAV", "SEBEE", "SEFLY"}
    await member.allow("EMSP:*")
    assert await member.parties() == {"SENAV", "SEFLY"}
    assert await member.asked_to_allow() == ("CPO:SE/BEE",)


async def test_a_party_told_in_another_case_is_the_same(member):
    await member.allow("*")
    for party in ("SE/BEE", "se/bee", "Se/Bee"):
        await member.tells(party)
    assert [role.role for role in (await member.known()).roles if role.party_id.upper() == "BEE"] == ["CPO"]


@pytest.mark.parametrize("allowed", [(), ("*",)])
@pytest.mark.parametrize("state", [PeerState.REGISTERED, PeerState.SUSPENDED])
async def test_a_party_that_another_peer_has_is_not_the_hub_s_whatever_it_may_claim(member, allowed, state):
    await guest(member.resa, "Bee", "BEE", Role.CPO, state)
    if allowed:
        await member.allow(*allowed)
    await member.tells("SE/BEE")
    assert await member.parties() == {"SENAV"}
    assert await member.asked_to_allow() == ()


async def test_nor_is_one_of_ours(member):
    await member.allow("*")
    await member.tells("SE/RES", "EMSP")
    assert await member.parties() == {"SENAV"}


async def test_a_party_that_was_connected_itself_and_left_is_behind_a_hub_when_that_is_allowed(member):
    await guest(member.resa, "Bee", "BEE", Role.CPO, PeerState.UNREGISTERED)
    await member.tells("SE/BEE")
    assert await member.parties() == {"SENAV"}
    await member.allow("*")
    assert await member.parties() == {"SENAV", "SEBEE"}


async def test_what_a_hub_lists_counts_as_what_it_pushes(member):
    """The list of all its clients, fetched."""
    await guest(member.nav, "Bee", "BEE", Role.CPO)
    await peers.suspend(member.nav.platform, await peers.named(member.nav.platform, "Bee"))
    await pull.pull(member.resa.platform, await member.known())
    assert await member.parties() == {"SENAV"}
    assert await member.asked_to_allow() == ("CPO:SE/BEE",)
    await member.allow("*")
    assert await member.parties() == {"SENAV", "SEBEE"}
