"""What `ocpilot peer` prints, as lines or as JSON: never a hash, never a stored token."""

from collections.abc import Iterator, Sequence
from typing import Self

import msgspec

from ocpilot.app import shown
from ocpilot.app.kept.crawl_records import Crawl
from ocpilot.app.kept.peer_records import Delivery, DeliveryState, Detected, Leniency, Peer, PeerProfile
from ocpilot.app.partners.peers import Invitation
from ocpilot.app.partners.pull import ModulePull, PullSummary
from ocpilot.app.partners.ready_profiles import ReadyProfile
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.cli.reading import Progress
from ocpilot.cli.tables import aligned
from ocpilot.wire.v230 import CredentialsRole

#: Characters of what is wrong with an object that a line has room for.
_REASON = 300


class PeerRow(msgspec.Struct, kw_only=True):
    """A peer as printed: no hashes, no tokens."""

    name: str
    state: str
    version: str | None
    parties: list[str]
    allowed: list[str] | None
    versions_url: str | None
    updated_at: str
    endpoints: list[str]
    profile: PeerProfile
    detected: Detected
    not_allowed: list[str] = []


def row_of(peer: Peer, not_allowed: Sequence[str] = ()) -> PeerRow:
    """What people may see of a peer; `not_allowed` is what a hub says is behind it and may not speak for."""
    return PeerRow(
        name=peer.name,
        state=peer.state,
        version=peer.version,
        parties=[_party_of(peer, role) for role in peer.roles],
        allowed=None if peer.allowed is None else list(peer.allowed),
        versions_url=peer.versions_url,
        updated_at=time.write(peer.updated_at),
        endpoints=list(aligned([(one.identifier, one.role.lower(), one.url) for one in peer.endpoints], left=True)),
        profile=peer.profile,
        detected=peer.detected,
        not_allowed=list(not_allowed),
    )


def _party_of(peer: Peer, role: CredentialsRole) -> str:
    """`SE/LAD CPO`. What is a hub is none of the roles of 2.3.0 (mod_credentials, "hub_party_id")."""
    party = PartyId.of(role.country_code, role.party_id)
    return f"{party} {'HUB' if party.key == peer.hub_party else role.role}"


def print_state(peer: Peer, as_json: bool, not_allowed: Sequence[str] = ()) -> None:
    """How it is connected now; as JSON the whole peer."""
    if as_json:
        _print_json(row_of(peer, not_allowed))
        return
    print(f"{peer.name}: {peer.state}, OCPI {peer.version or '-'}")
    if peer.hub_party is not None and not any("*" in claim for claim in peer.allowed or ()):
        print(f"  a hub: what its members send is refused until they are allowed: ocpilot peer allow '{peer.name}' '*'")


def print_peer(peer: Peer, as_json: bool, not_allowed: Sequence[str] = ()) -> None:
    """One peer."""
    row = row_of(peer)
    print_state(peer, as_json, not_allowed)
    if as_json:
        return
    print(f"  parties       {', '.join(row.parties) or '-'}")
    print(f"  may claim     {'what it claims when it registers' if row.allowed is None else ', '.join(row.allowed)}")
    if not_allowed:
        print(f"  not allowed   {', '.join(not_allowed)} (behind it, it says)")
    print(f"  versions URL  {row.versions_url or '-'}")
    print(f"  changed       {row.updated_at}")
    for endpoint in row.endpoints:
        print(f"  {endpoint}")
    for name, value in row.profile.quirks.items():
        if value != PeerProfile().quirks[name]:
            print(f"  {name:<13} {value}")
    for refused in row.detected.refused_endpoints or ():
        print(f"  {refused.identifier} {refused.role.lower()} is never called: {refused.why}")
    for name, value in msgspec.structs.asdict(row.detected).items():
        if value is not None and name != "refused_endpoints":
            overruled = ", the profile says otherwise" if getattr(row.profile, name, None) is not None else ""
            print(f"  {name:<13} {value} (detected{overruled})")


def print_list(peers: Sequence[Peer], as_json: bool) -> None:
    """Every peer on a line."""
    rows = [row_of(peer) for peer in peers]
    if as_json:
        _print_json(rows)
        return
    if not rows:
        print("no peers yet: `ocpilot peer invite NAME` or `ocpilot peer register NAME URL TOKEN` makes one")
    for line in aligned([(row.name, row.state, row.version or "-", ", ".join(row.parties)) for row in rows], left=True):
        print(line)


def print_invitation(invitation: Invitation, as_json: bool) -> None:
    """What the other platform's people need."""
    if as_json:
        _print_json({"name": invitation.peer.name, "versions_url": invitation.versions_url, "token": invitation.token})
        return
    print(f"Give these to {invitation.peer.name}, by a safe way; the token is not shown again:")
    print(f"  versions URL  {invitation.versions_url}")
    print(f"  token         {invitation.token}")


class Line:
    """How far a pull is: one moving line on a terminal."""

    def __init__(self) -> None:
        self._progress = Progress(every=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.hide()

    def show(self, crawl: Crawl) -> None:
        """The list that is being read."""
        again = f", reading {crawl.round}" if crawl.round > 1 else ""
        of = "" if crawl.told is None else f" of {crawl.told:,}"
        name = crawl.kind or crawl.module
        self._progress.step(f"{name}: page {crawl.pages:,}, {crawl.listed:,}{of} objects, {crawl.bad} bad{again}")


def print_pull(summary: PullSummary, as_json: bool) -> None:
    """What a pull brought, and what was wrong with it."""
    if as_json:
        _print_json(summary)
        return
    for one in summary.modules:
        print(f"{one.kind or one.module:<10} received {one.received}, new or changed {one.kept}, bad {one.bad}")
        for oddity in _oddities(one):
            print(f"  {oddity}")
        if one.error:
            print(f"  stopped: {one.error}")
    for bad in summary.problems:
        cut = f"{bad.reason[:_REASON]} ... (all of it: --json)" if len(bad.reason) > _REASON else bad.reason
        print(f"  {bad.module} {bad.id}: {cut}")
    if not summary.modules:
        print("it offers nothing that our parties receive")


def _oddities(one: ModulePull) -> Iterator[str]:
    if one.error is None and one.told is not None and one.told != one.listed:
        yield f"the peer says there are {one.told}, it listed {one.listed}"
    if one.repeated:
        yield f"{one.repeated} were listed twice"
    if one.vanished:
        yield f"{one.vanished} that we hold are no longer listed: {', '.join(one.gone)}"


def print_findings(findings: Sequence[Leniency], as_json: bool) -> None:
    """What it sends in its own way."""
    if as_json:
        _print_json(findings)
        return
    if not findings:
        print("all it sent was as the standard says")
    for one in findings:
        last = time.write(one.last_at)
        print(f"{one.count:>8}  {one.module} {one.place}: found {one.example}, expected {one.expected}; last {last}")


def print_profiles(ready: Sequence[ReadyProfile], as_json: bool) -> None:
    """Ready profiles with what they set, and why."""
    if as_json:
        _print_json(ready)
        return
    for one in ready:
        settings = " ".join(f"{name}={_written(value)}" for name, value in one.changes.items())
        print(f"{one.name}: {one.about}\n  sets    {settings}\n  source  {one.source}")


def print_deliveries(deliveries: Sequence[Delivery], states: Sequence[DeliveryState], as_json: bool) -> None:
    """What became of objects; `states` were asked for."""
    rows = [shown.delivery(one) for one in deliveries]
    if as_json:
        _print_json(rows)
        return
    if not rows:
        print(f"nothing is {' or '.join(states)}")
    for row in rows:
        where = f"{row.module} {row.party} {row.id}{f' {row.sub}' if row.sub else ''}"
        said = row.last_error or row.remote_url or ""
        failed = f" {row.attempts} failed attempts," if row.attempts else ""
        again = f" again at {row.next_at}," if row.next_at else ""
        print(f"{row.state:<12} {where}:{failed}{again} {row.updated_at} {said}".rstrip())


def print_count(count: int, what: str, as_json: bool) -> None:
    """How many dead letters it was."""
    if as_json:
        _print_json({"count": count})
        return
    print(f"{count} {'dead letter' if count == 1 else 'dead letters'} {what}")


def _written(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())
