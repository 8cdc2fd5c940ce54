"""`ocpilot peer`: connections with other platforms."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, Self

import msgspec

from ocpilot.app.comparison_records import Comparison
from ocpilot.app.crawl_records import Crawl
from ocpilot.app.crawling import Told
from ocpilot.app.peer_records import Leniency, Peer, PeerProfile
from ocpilot.app.peers import Invitation
from ocpilot.app.pull import PULLED, ModulePull, PullSummary
from ocpilot.app.quality_records import QualityReport
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.cli import peer_quality
from ocpilot.cli.reading import Progress
from ocpilot.wire.protocol import ModuleID


class PullOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to pull: everything (`full`), what changed from `since` on, or what changed since the last complete pull;
    of all modules or one."""

    full: bool = False
    since: datetime | None = None
    module: ModuleID | None = None


class PeerCommands(Protocol):
    """What the platform does for this command; `app.peers` and `app.pull` behind the platform's ports."""

    async def invite(self, name: str) -> Invitation:
        """A token for a platform that will register with us."""

    async def register(self, name: str, versions_url: str, token: str, version: str | None) -> Peer:
        """Register with a platform that gave us a token."""

    async def update(self, name: str, version: str | None) -> Peer:
        """New tokens on both sides, and the peer's endpoints again."""

    async def unregister(self, name: str) -> Peer:
        """End the connection."""

    async def pull(self, name: str, wish: PullOptions, told: Told) -> PullSummary:
        """Fetch what the peer offers; `told` hears how far each list is."""

    async def change_profile(self, name: str, changes: Mapping[str, object]) -> Peer:
        """Change quirks of a peer, named as in `PeerProfile`; UserError names what is wrong."""

    async def compare(self, name: str, mend: bool, told: Told) -> Sequence[Comparison]:
        """Compare what the peer lists with what we hold."""

    async def quality(self, name: str) -> QualityReport:
        """What is wrong with the peer's data."""

    async def findings(self, name: str) -> Sequence[Leniency]:
        """What the peer sends that is not as the standard says, and how often."""

    async def all(self) -> Sequence[Peer]:
        """Every peer, by name."""

    async def named(self, name: str) -> Peer:
        """One peer; NotFound."""


class PeerRow(msgspec.Struct, kw_only=True):
    """A peer as printed: no hashes, no tokens."""

    name: str
    state: str
    version: str | None
    parties: list[str]
    versions_url: str | None
    updated_at: str
    endpoints: list[str]
    profile: PeerProfile


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot peer` with all it can do."""
    parser = subparsers.add_parser("peer", help="connect with other platforms")
    actions = parser.add_subparsers(dest="action", required=True)
    _action(actions, "invite", "make a token for a platform that will register with us", named=True)
    register = _action(actions, "register", "register with a platform that gave us a token", named=True)
    register.add_argument("versions_url", metavar="VERSIONS_URL")
    register.add_argument("token", metavar="TOKEN", help="the token it gave us (CREDENTIALS_TOKEN_A)")
    update = _action(actions, "update", "exchange tokens and endpoints again", named=True)
    for parsed in (register, update):
        parsed.add_argument("--ocpi", metavar="VERSION", help="the OCPI version; the newest both speak when absent")
    _action(actions, "unregister", "end the connection on both sides", named=True)
    pull = _action(actions, "pull", "fetch what it offers; a pull that was stopped goes on where it was", named=True)
    pull.add_argument("--full", action="store_true", help="everything, not only what changed since the last pull")
    pull.add_argument("--since", metavar="TIME", type=_moment, help="what changed from then on: 2026-11-01T00:00:00Z")
    pull.add_argument(
        "--module", type=ModuleID, choices=PULLED, metavar="MODULE", help="one module: locations, tariffs ..."
    )
    pull.epilog = "example: ocpilot peer pull lade --full --module locations"
    compare = _action(actions, "compare", "compare what it lists with what we hold, without writing", named=True)
    compare.add_argument("--mend", action="store_true", help="take over what is missing or older here")
    compare.epilog = "example: ocpilot peer compare lade --mend"
    peer_quality.add_parser(actions)
    quirks = _action(actions, "set", "change how we talk with a peer", named=True)
    quirks.add_argument(
        "changes",
        nargs="+",
        metavar="KEY=VALUE",
        help="token_encoding=plain|base64, trailing_slash, routing_headers, page_size, timeout_seconds, "
        'smart_charging, tokens_on_demand, policy=latest|fifo|none, window, push=["tariffs"], role=CPO|EMSP; '
        "null goes back to the usual",
    )
    _action(actions, "findings", "what it sends that is not as the standard says, and how often", named=True)
    _action(actions, "list", "list all peers", named=False)
    _action(actions, "show", "show one peer", named=True)
    return parser


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, about: str, *, named: bool
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=about, description=about)
    if named:
        parser.add_argument("name", metavar="NAME", help="what we call the peer")
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


async def run(args: argparse.Namespace, peers: PeerCommands) -> int:
    """Do `args.action`; the exit code, 1 when a pull did not reach its end."""
    match args.action:
        case "invite":
            _print_invitation(await peers.invite(args.name), args.json)
        case "register":
            _print_peer(await peers.register(args.name, args.versions_url, args.token, args.ocpi), args.json)
        case "update":
            _print_peer(await peers.update(args.name, args.ocpi), args.json)
        case "unregister":
            _print_peer(await peers.unregister(args.name), args.json)
        case "pull":
            wish = PullOptions(full=args.full, since=args.since, module=args.module)
            with _Line() as line:
                summary = await peers.pull(args.name, wish, line.show)
            _print_pull(summary, args.json)
            return 0 if summary.complete else 1
        case "compare":
            with _Line() as line:
                compared = await peers.compare(args.name, args.mend, line.show)
            peer_quality.print_comparisons(compared, args.json)
            return 1 if any(one.error or one.differing > one.mended for one in compared) else 0
        case "quality":
            peer_quality.print_quality(await peers.quality(args.name), args.json, args.csv)
        case "set":
            _print_peer(await peers.change_profile(args.name, _changes(args.changes)), args.json)
        case "findings":
            _print_findings(await peers.findings(args.name), args.json)
        case "list":
            _print_list(await peers.all(), args.json)
        case _:
            _print_peer(await peers.named(args.name), args.json)
    return 0


def _changes(words: Sequence[str]) -> dict[str, object]:
    """`a=1 b=plain` as values: JSON where it is JSON, else text."""
    changes: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UserError(f"found {word!r}, expected KEY=VALUE such as token_encoding=plain")
        try:
            changes[name] = msgspec.json.decode(value)
        except msgspec.DecodeError:
            changes[name] = value
    return changes


def _print_invitation(invitation: Invitation, as_json: bool) -> None:
    if as_json:
        said = {"name": invitation.peer.name, "versions_url": invitation.versions_url, "token": invitation.token}
        print(msgspec.json.encode(said).decode())
        return
    print(f"Give these to {invitation.peer.name}, by a safe way; the token is not shown again:")
    print(f"  versions URL  {invitation.versions_url}")
    print(f"  token         {invitation.token}")


def _print_peer(peer: Peer, as_json: bool) -> None:
    row = row_of(peer)
    if as_json:
        print(msgspec.json.encode(row).decode())
        return
    print(f"{row.name}: {row.state}, OCPI {row.version or '-'}")
    print(f"  parties       {', '.join(row.parties) or '-'}")
    print(f"  versions URL  {row.versions_url or '-'}")
    print(f"  changed       {row.updated_at}")
    for endpoint in row.endpoints:
        print(f"  {endpoint}")
    for name, value in msgspec.structs.asdict(row.profile).items():
        if value != getattr(PeerProfile(), name):
            print(f"  {name:<13} {value}")


def _print_list(peers: Sequence[Peer], as_json: bool) -> None:
    rows = [row_of(peer) for peer in peers]
    if as_json:
        print(msgspec.json.encode(rows).decode())
        return
    if not rows:
        print("no peers yet: `ocpilot peer invite NAME` or `ocpilot peer register NAME URL TOKEN` makes one")
    for row in rows:
        print(f"{row.name:<24} {row.state:<12} {row.version or '-':<6} {', '.join(row.parties)}")


class _Line:
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


def _moment(text: str) -> datetime:
    try:
        return time.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _print_pull(summary: PullSummary, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(summary).decode())
        return
    for one in summary.modules:
        print(f"{one.kind or one.module:<10} received {one.received}, new or changed {one.kept}, bad {one.bad}")
        for oddity in _oddities(one):
            print(f"  {oddity}")
        if one.error:
            print(f"  stopped: {one.error}")
    for bad in summary.problems:
        print(f"  {bad.module} {bad.id}: {bad.reason}")
    if not summary.modules:
        print("it offers nothing that our parties receive")


def _oddities(one: ModulePull) -> Iterator[str]:
    if one.error is None and one.told is not None and one.told != one.listed:
        yield f"the peer says there are {one.told}, it listed {one.listed}"
    if one.repeated:
        yield f"{one.repeated} were listed twice"
    if one.vanished:
        yield f"{one.vanished} that we hold are no longer listed: {', '.join(one.gone)}"


def _print_findings(findings: Sequence[Leniency], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(findings).decode())
        return
    if not findings:
        print("all it sent was as the standard says")
    for one in findings:
        last = time.write(one.last_at)
        print(f"{one.count:>8}  {one.module} {one.place}: found {one.example}, expected {one.expected}; last {last}")


def row_of(peer: Peer) -> PeerRow:
    """What people may see of a peer."""
    return PeerRow(
        name=peer.name,
        state=peer.state,
        version=peer.version,
        parties=[f"{role.country_code}/{role.party_id} {role.role}" for role in peer.roles],
        versions_url=peer.versions_url,
        updated_at=time.write(peer.updated_at),
        endpoints=[f"{one.identifier:<12} {one.role.lower():<8} {one.url}" for one in peer.endpoints],
        profile=peer.profile,
    )
