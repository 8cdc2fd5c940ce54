"""`ocpilot peer` says what a person needs to know and never a hash or a stored token."""

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pytest

from ocpilot.app.crawling import Told
from ocpilot.app.peer_records import Leniency, Peer, PeerProfile, PeerState
from ocpilot.app.peers import Invitation
from ocpilot.app.pull import BadObject, ModulePull, PullSummary
from ocpilot.base.errors import UserError
from ocpilot.cli import peer as command
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole, Role

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ROLE = CredentialsRole(role=Role.CPO, country_code="SE", party_id="LAD", business_details=BusinessDetails(name="Lade"))
LADE = Peer(
    id=1,
    name="Lade",
    state=PeerState.REGISTERED,
    version=Version.V2_3_0,
    versions_url="https://lade.example/ocpi/versions",
    roles=(ROLE,),
    token_hash=b"hash-of-a-token",
    token_sealed=b"sealed-token",
    created_at=NOW,
    updated_at=NOW,
)


class FakePeers:
    """Remembers what was asked."""

    def __init__(self, summary: PullSummary | None = None) -> None:
        self.asked: list[tuple[object, ...]] = []
        self._summary = summary or PullSummary(modules=(), problems=())

    async def invite(self, name: str) -> Invitation:
        return Invitation(peer=LADE, token="token-a", versions_url="https://us.example/ocpi/versions")

    async def register(self, name: str, versions_url: str, token: str, version: str | None) -> Peer:
        self.asked.append((name, versions_url, token, version))
        return LADE

    async def update(self, name: str, version: str | None) -> Peer:
        self.asked.append((name, version))
        return LADE

    async def unregister(self, name: str) -> Peer:
        return LADE

    async def pull(self, name: str, wish: command.PullOptions, told: Told) -> PullSummary:
        self.asked.append((name, wish))
        return self._summary

    async def findings(self, name: str) -> tuple[Leniency, ...]:
        return (
            Leniency(
                peer_id=1,
                module=ModuleID.LOCATIONS,
                place="$.evses[].status",
                expected="a known word of Status (kept)",
                example='"BUSY"',
                count=12,
                first_at=NOW,
                last_at=NOW,
            ),
        )

    async def change_profile(self, name: str, changes: Mapping[str, object]) -> Peer:
        self.asked.append((name, changes))
        return msgspec.structs.replace(LADE, profile=PeerProfile(token_encoding="plain"))

    async def all(self) -> list[Peer]:
        return [LADE]

    async def named(self, name: str) -> Peer:
        return LADE


async def run(peers: FakePeers, *words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return await command.run(parser.parse_args(["peer", *words]), peers)


async def test_an_invitation_shows_token_and_url(capsys):
    assert await run(FakePeers(), "invite", "Lade") == 0
    said = capsys.readouterr().out
    assert "token-a" in said
    assert "https://us.example/ocpi/versions" in said


async def test_register_passes_on_what_it_was_given(capsys):
    peers = FakePeers()
    assert await run(peers, "register", "Lade", "https://x.example/versions", "token-a", "--ocpi", "2.2.1") == 0
    assert peers.asked == [("Lade", "https://x.example/versions", "token-a", "2.2.1")]
    assert "registered, OCPI 2.3.0" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("list",), ("show", "Lade"), ("list", "--json"), ("show", "Lade", "--json")])
async def test_no_secret_is_printed(capsys, words):
    assert await run(FakePeers(), *words) == 0
    said = capsys.readouterr().out
    assert "SE/LAD" in said
    assert "hash-of" not in said
    assert "sealed" not in said


async def test_json_can_be_read_by_a_program(capsys):
    await run(FakePeers(), "list", "--json")
    assert json.loads(capsys.readouterr().out)[0]["parties"] == ["SE/LAD CPO"]


async def test_a_pull_that_stopped_is_exit_code_1(capsys):
    summary = PullSummary(
        modules=(ModulePull(module=ModuleID.TARIFFS, received=2, kept=1, bad=1, error="HTTP 503"),),
        problems=(BadObject(module=ModuleID.TARIFFS, id="T1", reason="$.currency"),),
    )
    assert await run(FakePeers(summary), "pull", "Lade") == 1
    said = capsys.readouterr().out
    assert "HTTP 503" in said
    assert "T1: $.currency" in said


async def test_a_pull_of_nothing_says_so(capsys):
    assert await run(FakePeers(), "pull", "Lade") == 0
    assert "nothing" in capsys.readouterr().out


async def test_a_pull_may_be_of_one_module_or_since_a_moment(capsys):
    peers = FakePeers()
    await run(peers, "pull", "Lade", "--full", "--module", "locations")
    await run(peers, "pull", "Lade", "--since", "2026-11-01T00:00:00Z")
    assert peers.asked == [
        ("Lade", command.PullOptions(full=True, module=ModuleID.LOCATIONS)),
        ("Lade", command.PullOptions(since=NOW)),
    ]


async def test_a_list_that_is_not_as_it_says_is_told(capsys):
    one = ModulePull(module=ModuleID.TARIFFS, received=3, told=5, listed=2, repeated=1, vanished=1, gone=("T9",))
    assert await run(FakePeers(PullSummary(modules=(one,), problems=())), "pull", "Lade") == 0
    said = capsys.readouterr().out
    assert "says there are 5, it listed 2" in said
    assert "1 were listed twice" in said
    assert "no longer listed: T9" in said


async def test_quirks_are_set_as_values(capsys):
    peers = FakePeers()
    assert await run(peers, "set", "Lade", "token_encoding=plain", "trailing_slash=true", "page_size=50") == 0
    assert peers.asked == [("Lade", {"token_encoding": "plain", "trailing_slash": True, "page_size": 50})]
    assert "token_encoding plain" in " ".join(capsys.readouterr().out.split())


async def test_a_quirk_without_a_value_is_explained():
    with pytest.raises(UserError, match="KEY=VALUE"):
        await run(FakePeers(), "set", "Lade", "trailing_slash")
