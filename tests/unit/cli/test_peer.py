"""`ocpilot peer` says what a person needs to know and never a hash or a stored token."""

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from ocpilot.app.kept.peer_records import Delivery, DeliveryState, Detected, Leniency, Peer, PeerProfile, PeerState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.partners.crawling import Told
from ocpilot.app.partners.peers import Invitation
from ocpilot.app.partners.pull import BadObject, ModulePull, PullSummary
from ocpilot.app.partners.ready_profiles import READY
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.cli import peer as command
from ocpilot.cli import peer_lines
from ocpilot.roaming.handshake import RefusedEndpoint
from ocpilot.wire.protocol import InterfaceRole, ModuleID, TokenEncoding, Version
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


LETTER = Delivery(
    peer_id=1,
    key=ObjectKey(module=ModuleID.CDRS, party=PartyId.of("SE", "LAD"), id="C1"),
    state=DeliveryState.DEAD,
    attempts=6,
    refusals=6,
    last_error="HTTP 200, status 2001",
    updated_at=NOW,
)


class FakePeers:
    """Remembers what was asked."""

    def __init__(self, summary: PullSummary | None = None) -> None:
        self.asked: list[tuple[object, ...]] = []
        self._summary = summary or PullSummary(modules=(), problems=())

    async def invite(self, name: str, allowed: Sequence[str]) -> Invitation:
        self.asked.append((name, tuple(allowed)))
        return Invitation(peer=LADE, token="token-a", versions_url="https://us.example/ocpi/versions")

    async def register(
        self, name: str, versions_url: str, token: str, version: str | None, allowed: Sequence[str]
    ) -> Peer:
        self.asked.append((name, versions_url, token, version, *allowed))
        return LADE

    async def update(self, name: str, version: str | None) -> Peer:
        self.asked.append((name, version))
        return LADE

    async def unregister(self, name: str, *, untold: bool) -> Peer:
        return LADE

    async def suspend(self, name: str) -> Peer:
        self.asked.append(("suspend", name))
        return msgspec.structs.replace(LADE, state=PeerState.SUSPENDED)

    async def resume(self, name: str) -> Peer:
        self.asked.append(("resume", name))
        return LADE

    async def allow(self, name: str, allowed: Sequence[str]) -> Peer:
        return msgspec.structs.replace(LADE, allowed=tuple(allowed))

    async def deliveries(self, name: str, states: Sequence[DeliveryState], limit: int) -> list[Delivery]:
        self.asked.append((name, tuple(states), limit))
        return [LETTER]

    async def replay(self, name: str, key: ObjectKey | None) -> int:
        self.asked.append(("replay", key))
        return 1

    async def drop(self, name: str, key: ObjectKey | None) -> int:
        self.asked.append(("drop", key))
        return 2

    async def pull(self, name: str, wish: command.PullOptions, told: Told) -> PullSummary:
        self.asked.append((name, wish))
        return self._summary

    async def not_allowed(self, name: str) -> tuple[str, ...]:
        return ()

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

    async def change_profile(self, name: str, like: str | None, changes: Mapping[str, object]) -> Peer:
        self.asked.append((name, like, changes))
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


async def test_an_object_with_everything_wrong_takes_one_line(capsys):
    bad = BadObject(module=ModuleID.LOCATIONS, id="L1", reason="$.name: found 1, expected text; " * 100)
    await run(FakePeers(PullSummary(modules=(), problems=(bad,))), "pull", "Lade")
    line = next(one for one in capsys.readouterr().out.splitlines() if "L1" in one)
    assert line.endswith(" ... (all of it: --json)")
    assert len(line) < 350


async def test_quirks_are_set_as_values(capsys):
    peers = FakePeers()
    assert await run(peers, "set", "Lade", "token_encoding=plain", "trailing_slash=true", "page_size=50") == 0
    assert peers.asked == [("Lade", None, {"token_encoding": "plain", "trailing_slash": True, "page_size": 50})]
    assert "token_encoding plain" in " ".join(capsys.readouterr().out.split())


async def test_a_quirk_without_a_value_is_explained():
    with pytest.raises(UserError, match="KEY=VALUE"):
        await run(FakePeers(), "set", "Lade", "trailing_slash")


async def test_what_a_peer_may_claim_is_said_when_inviting_registering_and_later(capsys):
    peers = FakePeers()
    await run(peers, "invite", "Lade", "--allow", "CPO:SE/LAD", "--allow", "EMSP:SE/LAD")
    await run(peers, "register", "Lade", "https://x.example/versions", "token-a", "--allow", "CPO:*")
    assert peers.asked == [
        ("Lade", ("CPO:SE/LAD", "EMSP:SE/LAD")),
        ("Lade", "https://x.example/versions", "token-a", None, "CPO:*"),
    ]
    capsys.readouterr()
    await run(peers, "allow", "Lade", "CPO:SE/LAD", "EMSP:*")
    assert "may claim     CPO:SE/LAD, EMSP:*" in capsys.readouterr().out


async def test_a_peer_is_suspended_and_resumed(capsys):
    await run(FakePeers(), "suspend", "Lade")
    await run(FakePeers(), "resume", "Lade")
    assert capsys.readouterr().out == "Lade: suspended, OCPI 2.3.0\nLade: registered, OCPI 2.3.0\n"


async def test_what_was_found_out_is_shown_as_that_and_a_setting_wins(capsys, monkeypatch):
    seen = Detected(token_encoding=TokenEncoding.PLAIN, trailing_slash=True)
    peer = msgspec.structs.replace(LADE, detected=seen, profile=PeerProfile(trailing_slash=False))
    monkeypatch.setattr(FakePeers, "named", lambda _, __: asyncio.sleep(0, peer))
    await run(FakePeers(), "show", "Lade")
    said = capsys.readouterr().out
    assert "token_encoding plain (detected)" in said
    assert "trailing_slash True (detected, the profile says otherwise)" in said


async def test_ready_profiles_are_listed_with_what_they_set_and_why(capsys):
    await run(FakePeers(), "profiles")
    said = capsys.readouterr().out
    assert "fifo-hub: " in said
    assert "sets    policy=fifo window=1" in said
    assert "source  https://github.com/ocpi/ocpi/issues/212" in said


@pytest.mark.parametrize("ready", READY, ids=lambda one: one.name)
def test_every_ready_profile_sets_what_a_profile_has(ready):
    assert msgspec.structs.replace(PeerProfile(), **ready.changes) != PeerProfile()
    assert len(ready.source) > 10


async def test_settings_follow_a_ready_profile():
    peers = FakePeers()
    await run(peers, "set", "--like", "fifo-hub", "Lade", "page_size=50")
    assert peers.asked == [("Lade", "fifo-hub", {"page_size": 50})]
    with pytest.raises(UserError, match="--like READY"):
        await run(peers, "set", "Lade")


async def test_deliveries_are_listed_with_what_became_of_them(capsys):
    peers = FakePeers()
    await run(peers, "deliveries", "Lade")
    await run(peers, "deliveries", "Lade", "--state", "acknowledged", "--limit", "5", "--json")
    assert peers.asked == [
        ("Lade", (DeliveryState.WAITING, DeliveryState.DEAD), 100),
        ("Lade", (DeliveryState.ACKNOWLEDGED,), 5),
    ]
    line, as_json = capsys.readouterr().out.splitlines()
    assert line == "dead         cdrs SE/LAD C1: 6 failed attempts, 2026-11-01T00:00:00Z HTTP 200, status 2001"
    assert json.loads(as_json)[0]["party"] == "SE/LAD"


async def test_without_deliveries_it_is_said_of_what_there_are_none(capsys, monkeypatch):
    monkeypatch.setattr(FakePeers, "deliveries", lambda *_: asyncio.sleep(0, []))
    await run(FakePeers(), "deliveries", "Lade")
    await run(FakePeers(), "deliveries", "Lade", "--state", "dead")
    assert capsys.readouterr().out == "nothing is waiting or dead\nnothing is dead\n"


async def test_dead_letters_are_named_or_all_of_them_meant(capsys):
    peers = FakePeers()
    await run(peers, "replay", "Lade", "cdrs", "SE/LAD", "C1")
    await run(peers, "drop", "Lade", "--all")
    assert peers.asked == [("replay", LETTER.key), ("drop", None)]
    assert capsys.readouterr().out == "1 dead letter sent again soon\n2 dead letters given up\n"


@pytest.mark.parametrize(
    "words", [(), ("cdrs",), ("nothing", "SE/LAD", "C1"), ("cdrs", "SELADX", "C1"), ("cdrs", "SE/LAD", "C1", "--all")]
)
async def test_a_dead_letter_that_is_not_named_rightly_is_explained(words):
    with pytest.raises(UserError, match=r"found|no party"):
        await run(FakePeers(), "replay", "Lade", *words)


def test_a_hub_is_named_and_it_is_said_that_its_members_must_be_allowed(capsys):
    exchange = msgspec.structs.replace(ROLE, role="OTHER", party_id="HUB")
    hub = msgspec.structs.replace(LADE, name="Exchange", roles=(exchange, ROLE), hub_party="SEHUB")
    peer_lines.print_peer(hub, as_json=False)
    said = capsys.readouterr().out
    assert "SE/HUB HUB, SE/LAD CPO" in said
    assert "ocpilot peer allow 'Exchange' '*'" in said
    peer_lines.print_peer(msgspec.structs.replace(hub, allowed=("*",)), as_json=False)
    assert "peer allow" not in capsys.readouterr().out


async def test_who_is_behind_a_hub_and_not_allowed_is_shown(capsys, monkeypatch):
    monkeypatch.setattr(FakePeers, "not_allowed", lambda _, __: asyncio.sleep(0, ("CPO:SE/BEE", "EMSP:SE/FLY")))
    await run(FakePeers(), "show", "Lade")
    assert "  not allowed   CPO:SE/BEE, EMSP:SE/FLY (behind it, it says)" in capsys.readouterr().out
    await run(FakePeers(), "show", "Lade", "--json")
    assert msgspec.json.decode(capsys.readouterr().out)["not_allowed"] == ["CPO:SE/BEE", "EMSP:SE/FLY"]


def test_an_endpoint_that_is_never_called_is_shown_with_the_reason(capsys):
    refused = RefusedEndpoint(identifier="cdrs", role=InterfaceRole.SENDER, why="found http, expected https")
    peer_lines.print_peer(msgspec.structs.replace(LADE, detected=Detected(refused_endpoints=(refused,))), as_json=False)
    said = capsys.readouterr().out
    assert "  cdrs sender is never called: found http, expected https\n" in said
    assert "detected" not in said
