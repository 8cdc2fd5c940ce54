"""Handshakes that meet, die half-way or lose an answer: afterwards both sides can talk, or nothing has changed."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.partners import credentials, peers
from ocpilot.base.errors import Conflict, OcpilotError, PeerRefused, PeerTimeout
from ocpilot.wire.protocol import InterfaceRole, ModuleID


async def talk(lade, resa):
    """Both ask each other for a list, long after all overlaps."""
    for node, name, module in ((lade, "Resa", ModuleID.TOKENS), (resa, "Lade", ModuleID.TARIFFS)):
        node.clock.ahead += credentials.OVERLAP * 2
        peer = await peers.named(node.platform, name)
        assert peer.state is PeerState.REGISTERED
        await node.platform.partners.call(peer, "GET", module, InterfaceRole.SENDER)


async def together(*handshakes):
    """What came of them; a refusal is one, a crash none."""
    async with asyncio.timeout(20):
        done = await asyncio.gather(*handshakes, return_exceptions=True)
    errors = [one for one in done if isinstance(one, BaseException)]
    assert all(isinstance(error, OcpilotError) for error in errors), errors
    return errors


async def update(node, name):
    return await peers.update(node.platform, await peers.named(node.platform, name))


class Deaf:
    """Partners of which the next `times` answers to a handshake get lost after they were made."""

    def __init__(self, node, times=1):
        self._partners, self.times = node.platform.partners, times

    def __getattr__(self, name):
        return getattr(self._partners, name)

    async def post_credentials(self, *words, **names):
        answer = await self._partners.post_credentials(*words, **names)
        if self.times:
            self.times -= 1
            raise PeerTimeout("the answer got lost")
        return answer


def deaf(node, times=1):
    return dataclasses.replace(node, platform=dataclasses.replace(node.platform, partners=Deaf(node, times)))


async def test_both_sides_exchange_tokens_at_once(newest):
    for _ in range(4):
        errors = await together(update(newest.lade, "Resa"), update(newest.resa, "Lade"))
        assert all("try again in a moment" in str(error) for error in errors)
        await talk(newest.lade, newest.resa)


async def test_one_side_exchanges_tokens_twice_at_once(newest):
    errors = await together(update(newest.lade, "Resa"), update(newest.lade, "Resa"))
    assert [type(error) for error in errors] == [Conflict]
    await talk(newest.lade, newest.resa)


async def test_the_same_registration_twice_at_once_is_one(lade, resa):
    invitation = await peers.invite(lade.platform, "Resa")
    words = (resa.platform, invitation.versions_url, invitation.token, "Lade")
    errors = await together(peers.register(*words), peers.register(*words))
    assert [type(error) for error in errors] == [Conflict]
    await talk(lade, resa)


async def test_who_leaves_while_tokens_are_exchanged_has_left_on_both_sides_or_on_none(newest):
    lade, resa = newest.lade, newest.resa
    await together(update(lade, "Resa"), peers.unregister(resa.platform, newest.lade_at_resa))
    assert (await peers.named(lade.platform, "Resa")).state is (await peers.named(resa.platform, "Lade")).state


async def test_an_exchange_in_another_process_is_seen(newest, second_database_url, start, tmp_path):
    async with start("Resa", newest.resa.platform.settings.parties, second_database_url, tmp_path) as other:
        async with other.platform.store.peers.exchanging(newest.lade_at_resa):
            with pytest.raises(Conflict, match="being exchanged with Lade"):
                await update(newest.resa, "Lade")
        await update(newest.resa, "Lade")


@pytest.mark.parametrize("who", ["resa", "lade"])
async def test_an_exchange_whose_answer_got_lost_is_finished_at_once(newest, who):
    node, other = (newest.lade, "Resa") if who == "lade" else (newest.resa, "Lade")
    await update(deaf(node), other)
    await talk(newest.lade, newest.resa)


async def test_a_registration_whose_answer_got_lost_is_finished_at_once(lade, resa):
    invitation = await peers.invite(lade.platform, "Resa")
    await peers.register(deaf(resa).platform, invitation.versions_url, invitation.token, "Lade")
    await talk(lade, resa)


@pytest.mark.parametrize("later", [timedelta(), credentials.OVERLAP * 2])
async def test_an_exchange_that_died_half_way_is_finished_by_the_same_command(newest, later):
    with pytest.raises(PeerTimeout):
        await update(deaf(newest.resa, 2), "Lade")
    for node in (newest.lade, newest.resa):
        node.clock.ahead += later
    await update(newest.resa, "Lade")
    await talk(newest.lade, newest.resa)


async def test_a_replaced_token_is_told_what_to_do(newest):
    before = newest.resas_token
    await update(newest.resa, "Lade")
    newest.lade.clock.ahead += credentials.OVERLAP * 2
    told = await newest.lade.ask("GET", "2.3.0/sender/tariffs", before)
    assert told.http == 401
    assert "PUT of credentials" in told.message


async def test_when_neither_token_is_known_any_more_both_begin_anew(newest):
    lade, resa = newest.lade, newest.resa
    with pytest.raises(PeerTimeout):
        await update(deaf(resa, 2), "Lade")
    for node in (lade, resa):
        node.clock.ahead += credentials.REPLACEMENT * 2
    with pytest.raises(PeerRefused, match="unknown credentials token"):
        await update(resa, "Lade")
    for node, name in ((lade, "Resa"), (resa, "Lade")):
        await peers.unregister(node.platform, await peers.named(node.platform, name))
    invitation = await peers.invite(lade.platform, "Resa")
    await peers.register(resa.platform, invitation.versions_url, invitation.token, "Lade")
    await talk(lade, resa)
