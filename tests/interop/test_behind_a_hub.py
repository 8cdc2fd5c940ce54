"""A hub of 2.3.0 lists the parties behind it; some of them we know ourselves (credentials, "Credentials object")."""

from contextlib import asynccontextmanager

import pytest
from strangers import stranger

from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.wire.protocol import ModuleID, Version


def role(word, country, party):
    return {"role": word, "country_code": country, "party_id": party, "business_details": {"name": party}}


BEHIND = [role("OTHER", "DE", "XYZ"), role("CPO", "SE", "LAD"), role("EMSP", "DE", "ABC")]


@asynccontextmanager
async def hub(node):
    """The hub DE/XYZ, which has registered with this node: (hub, peer)."""
    async with stranger("EMSP", "2.3.0") as there:
        invitation = await peers.invite(node.platform, "Nabe")
        said = await there.register(invitation.versions_url, invitation.token, hub_party_id="DEXYZ", roles=BEHIND)
        assert said.status == 1000, said.text
        yield there, await peers.named(node.platform, "Nabe")


async def direct(node, there):
    invitation = await peers.invite(node.platform, "Direkt")
    return await there.register(invitation.versions_url, invitation.token, roles=[role("EMSP", "DE", "ABC")])


async def test_a_hub_that_lists_our_own_party_is_accepted_for_the_others(lade):
    async with hub(lade) as (_, peer):
        assert (peer.hub_party, peer.parties) == ("DEXYZ", ("DEABC", "DEXYZ"))


async def test_a_party_we_know_ourselves_is_not_reached_through_the_hub(lade):
    async with stranger("EMSP", "2.3.0") as there:
        assert (await direct(lade, there)).status == 1000
        async with hub(lade) as (_, peer):
            assert peer.parties == ("DEXYZ",)


async def test_a_party_behind_a_hub_may_come_itself_and_then_hears_nothing_twice(lade):
    async with hub(lade), stranger("EMSP", "2.3.0") as there:
        assert (await direct(lade, there)).status == 1000
        assert (await peers.named(lade.platform, "Nabe")).parties == ("DEXYZ",)
        assert (await peers.named(lade.platform, "Direkt")).parties == ("DEABC",)


async def test_the_hub_s_own_party_is_nobody_else_s(lade):
    async with hub(lade), stranger("EMSP", "2.3.0") as there:
        invitation = await peers.invite(lade.platform, "Fremde")
        said = await there.register(invitation.versions_url, invitation.token)
    assert (said.http, said.status) == (200, 2001)


async def test_what_is_for_everybody_is_sent_to_the_hub_itself(lade, bodies):
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    async with hub(lade) as (there, peer):
        await PushWorker(lade.platform, peer.id, lambda: 0.0).round(peer)
        [pushed] = there.requests("PUT", "tariffs")
    assert (pushed.headers["ocpi-to-country-code"], pushed.headers["ocpi-to-party-id"]) == ("DE", "XYZ")
    assert (pushed.headers["ocpi-from-country-code"], pushed.headers["ocpi-from-party-id"]) == ("SE", "LAD")


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
async def test_a_crawl_says_who_asks_whom(lade, version):
    async with stranger("EMSP", version) as there:
        invitation = await peers.invite(lade.platform, "Fremde")
        await there.register(invitation.versions_url, invitation.token)
        await pull.pull(lade.platform, await peers.named(lade.platform, "Fremde"))
        [asked] = there.requests("GET", "tokens")
    assert (asked.headers["ocpi-to-party-id"], asked.headers["ocpi-from-party-id"]) == ("XYZ", "LAD")
