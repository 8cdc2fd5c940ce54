"""How a peer talks is found out at its first answers, remembered in the database, and shown (app/partners/)."""

import json

import pytest
from strangers import Habits, stranger

from ocpilot.app.kept.peer_records import Detected
from ocpilot.app.partners import peers, pull
from ocpilot.app.secrets import Seal
from ocpilot.http.client import HttpPartners
from ocpilot.wire.protocol import InterfaceRole, ModuleID, TokenEncoding

PLAIN = TokenEncoding.PLAIN
TOKEN = {
    "country_code": "SE",
    "party_id": "RES",
    "uid": "04A1B2C3",
    "type": "RFID",
    "contract_id": "SE-RES-C00000001",
    "issuer": "Resa AB",
    "valid": True,
    "whitelist": "ALLOWED",
    "last_updated": "2026-11-01T10:00:00Z",
}


async def known(node, there):
    """The stranger as a peer of ours after it was crawled and told of a Token once."""
    await peers.register(node.platform, there.versions_url, there.invite(), "Fremde")
    await pull.pull(node.platform, await peers.named(node.platform, "Fremde"))
    await told(node.platform.partners, await peers.named(node.platform, "Fremde"))
    return await peers.named(node.platform, "Fremde")


async def told(partners, peer):
    token = TOKEN
    path = ("SE", "RES", token["uid"])
    body = json.dumps(token).encode()
    await partners.call(peer, "PUT", ModuleID.TOKENS, InterfaceRole.RECEIVER, path, body=body)


async def test_a_platform_by_the_book_needs_no_guess(resa):
    async with stranger("CPO", "2.2.1") as there:
        peer = await known(resa, there)
    assert peer.detected == Detected(
        token_encoding=TokenEncoding.BASE64, endpoints_without_role=False, refused_endpoints=()
    )


async def test_a_plain_token_is_found_out_at_registration(resa):
    async with stranger("CPO", "2.2.1", Habits(plain_token=True)) as there:
        peer = await known(resa, there)
    assert peer.detected.token_encoding is PLAIN


async def test_endpoints_without_roles_are_noticed(resa):
    async with stranger("CPO", "2.2.1", Habits(roleless_endpoints=True)) as there:
        peer = await known(resa, there)
    assert peer.detected.endpoints_without_role is True
    assert {(one.identifier, str(one.role)) for one in peer.endpoints} >= {("locations", "SENDER")}


async def test_a_slash_that_is_wanted_is_found_out(resa):
    async with stranger("CPO", "2.2.1", Habits(trailing_slash=True)) as there:
        peer = await known(resa, there)
    assert peer.detected.trailing_slash is True


@pytest.mark.parametrize("habits", [Habits(plain_token=True), Habits(trailing_slash=True)])
async def test_another_process_knows_it_at_once(resa, habits):
    async with stranger("CPO", "2.2.1", habits) as there:
        peer = await known(resa, there)
        before = len(there.seen)
        settings = resa.platform.settings
        async with HttpPartners(settings, Seal(settings)) as fresh:
            await told(fresh, peer)
        assert len(there.seen) == before + 1
