"""`ocpilot peer`: connections with other platforms."""

import argparse
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from ocpilot.app.kept.comparison_records import Comparison
from ocpilot.app.kept.peer_records import Delivery, DeliveryState, Leniency, Peer
from ocpilot.app.kept.quality_records import QualityReport
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.partners.crawling import Told
from ocpilot.app.partners.peers import Invitation
from ocpilot.app.partners.pull import PULLED, PullSummary
from ocpilot.app.partners.ready_profiles import READY
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.cli import peer_lines, peer_quality
from ocpilot.wire.protocol import ModuleID


class PullOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to pull: everything (`full`), what changed from `since` on, or what changed since the last complete pull;
    of all modules or one."""

    full: bool = False
    since: datetime | None = None
    module: ModuleID | None = None


class PeerCommands(Protocol):
    """What the platform does for this command; `app.partners` behind the platform's ports."""

    async def invite(self, name: str, allowed: Sequence[str]) -> Invitation:
        """A token for a platform that will register with us."""

    async def register(
        self, name: str, versions_url: str, token: str, version: str | None, allowed: Sequence[str]
    ) -> Peer:
        """Register with a platform that gave us a token."""

    async def update(self, name: str, version: str | None) -> Peer:
        """New tokens on both sides, and the peer's endpoints again."""

    async def unregister(self, name: str, *, untold: bool) -> Peer:
        """End the connection; `untold`: also when the peer cannot be told."""

    async def suspend(self, name: str) -> Peer:
        """Stop talking with it for now."""

    async def resume(self, name: str) -> Peer:
        """Talk with it again."""

    async def allow(self, name: str, allowed: Sequence[str]) -> Peer:
        """From now on it may claim exactly this."""

    async def pull(self, name: str, wish: PullOptions, told: Told) -> PullSummary:
        """Fetch what the peer offers; `told` hears how far each list is."""

    async def compare(self, name: str, mend: bool, told: Told) -> Sequence[Comparison]:
        """Compare what the peer lists with what we hold."""

    async def quality(self, name: str) -> QualityReport:
        """What is wrong with the peer's data."""

    async def change_profile(self, name: str, like: str | None, changes: Mapping[str, object]) -> Peer:
        """Change quirks of a peer, named as in `PeerProfile`, first those of a ready profile; UserError names what is
        wrong."""

    async def findings(self, name: str) -> Sequence[Leniency]:
        """What the peer sends that is not as the standard says, and how often."""

    async def deliveries(self, name: str, states: Sequence[DeliveryState], limit: int) -> Sequence[Delivery]:
        """What became of objects for the peer, newest first."""

    async def replay(self, name: str, key: ObjectKey | None) -> int:
        """Send a dead letter again, or all of them; how many."""

    async def drop(self, name: str, key: ObjectKey | None) -> int:
        """Give a dead letter up, or all of them; how many."""

    async def all(self) -> Sequence[Peer]:
        """Every peer, by name."""

    async def named(self, name: str) -> Peer:
        """One peer; NotFound."""

    async def not_allowed(self, name: str) -> Sequence[str]:
        """What a hub says is behind it and may not speak for, as it would be allowed: `EMSP:SE/BEE`."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot peer ACTION`."""
    parser = subparsers.add_parser("peer", help="connect with other platforms")
    actions = parser.add_subparsers(dest="action", required=True)
    _add_connecting(actions)
    quirks = _action(actions, "set", "change how we talk with a peer", example="--like no-patch partner page_size=50")
    quirks.add_argument("--like", metavar="READY", help="first as this ready profile says: ocpilot peer profiles")
    quirks.add_argument("changes", nargs="*", metavar="KEY=VALUE", help=_QUIRKS)
    _action(actions, "profiles", "list ready profiles for kinds of platforms", named=False)
    _add_fetching(actions)
    _action(actions, "findings", "what it sends that is not as the standard says, and how often")
    _add_letters(actions)
    _action(actions, "list", "list all peers", named=False)
    _action(actions, "show", "show one peer, with what was found out about how it talks")
    return parser


_QUIRKS = (
    "token_encoding=plain|base64, trailing_slash, routing_headers, page_size, timeout_seconds, "
    "policy=latest|fifo|none, "
    'window, push=["tariffs"], pull=["locations"], pull_interval, patch, status_after_failed_push, '
    "rounding=half_up|half_even, amount_decimals, tolerance, relative_tolerance, smart_charging, tokens_on_demand, "
    'vanished=keep|mark|remove, versions=["2.2.1"], '
    "role=CPO|EMSP; null goes back to the usual"
)


def _add_connecting(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    invite = _action(
        actions,
        "invite",
        "make a token for a platform that will register with us",
        example="partner --allow EMSP:DE/ABC",
    )
    register = _action(
        actions,
        "register",
        "register with a platform that gave us a token",
        example="partner https://partner.example/ocpi/versions TOKEN --allow CPO:DE/ABC",
    )
    register.add_argument("versions_url", metavar="VERSIONS_URL", help="of the invitation")
    register.add_argument("token", metavar="TOKEN", help="the token it gave us (CREDENTIALS_TOKEN_A)")
    for parsed in (invite, register):
        parsed.add_argument(
            "--allow",
            action="append",
            default=[],
            metavar="ROLE:CC/PID",
            help="what it may claim to be, once per role and party; EMSP:* any party, * anything (a hub); "
            "without it what it claims when it registers",
        )
    update = _action(actions, "update", "exchange tokens and endpoints again")
    for parsed in (register, update):
        parsed.add_argument("--ocpi", metavar="VERSION", help="the OCPI version; the newest both speak when absent")
    _action(actions, "suspend", "stop talking with it for now; its token is refused")
    _action(actions, "resume", "talk with it again")
    unregister = _action(actions, "unregister", "end the connection on both sides")
    unregister.add_argument("--untold", action="store_true", help="also when it cannot be told: it is gone for good")
    allow = _action(
        actions, "allow", "say anew what it may claim to be", example="partner CPO:DE/ABC EMSP:DE/ABC EMSP:DE/XYZ"
    )
    allow.add_argument("allow", nargs="+", metavar="ROLE:CC/PID", help="all of it; EMSP:* any party, * anything")


def _add_fetching(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    about = "fetch what it offers; a pull that was stopped goes on where it was"
    pull = _action(actions, "pull", about, example="lade --full --module locations")
    pull.add_argument("--full", action="store_true", help="everything, not only what changed since the last pull")
    pull.add_argument("--since", metavar="TIME", type=_moment, help="what changed from then on: 2026-11-01T00:00:00Z")
    pull.add_argument(
        "--module", type=ModuleID, choices=PULLED, metavar="MODULE", help="one module: locations, tariffs ..."
    )
    about = "compare what it lists with what we hold, without writing"
    compare = _action(actions, "compare", about, example="lade --mend")
    compare.add_argument("--mend", action="store_true", help="take over what is missing or older here")
    about = "everything that is wrong with what it sends, counted, with examples"
    quality = _action(actions, "quality", about, example="lade --csv lade.csv")
    quality.add_argument("--csv", metavar="FILE", help="write a table to send to the partner; - is standard output")


def _moment(text: str) -> datetime:
    try:
        return time.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_letters(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    told = _action(actions, "deliveries", "what became of objects pushed to it", example="partner --state dead")
    told.add_argument("--state", choices=[str(one) for one in DeliveryState], help="waiting and dead when absent")
    told.add_argument("--limit", type=int, default=100, help="how many at most, the newest first (100)")
    for name, about in (
        ("replay", "send dead letters again: what the peer refused so often that a person must look"),
        ("drop", "give dead letters up: the peer does not get these objects unless they change"),
    ):
        letters = _action(actions, name, about, example="partner cdrs SE/LAD 4711")
        letters.add_argument("object", nargs="*", metavar="MODULE PARTY ID [SUB]", help="one dead letter as listed")
        letters.add_argument("--all", action="store_true", help="every dead letter of the peer")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    about: str,
    *,
    named: bool = True,
    example: str = "partner",
) -> argparse.ArgumentParser:
    words = f"ocpilot peer {name} {example if named else ''}".rstrip()
    parser = actions.add_parser(name, help=about, description=about, epilog=f"example: {words}")
    if named:
        parser.add_argument("name", metavar="NAME", help="what we call the peer")
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


async def run(args: argparse.Namespace, peers: PeerCommands) -> int:
    """Do `args.action`; the exit code, 1 when a pull did not reach its end."""
    if args.action in _CHANGES:
        changed = await _CHANGES[args.action](args, peers)
        (peer_lines.print_state if args.action in _STATES else peer_lines.print_peer)(changed, args.json)
        return 0
    match args.action:
        case "show":
            peer_lines.print_peer(await peers.named(args.name), args.json, await peers.not_allowed(args.name))
        case "invite":
            peer_lines.print_invitation(await peers.invite(args.name, args.allow), args.json)
        case "pull":
            wish = PullOptions(full=args.full, since=args.since, module=args.module)
            with peer_lines.Line() as line:
                summary = await peers.pull(args.name, wish, line.show)
            peer_lines.print_pull(summary, args.json)
            return 0 if summary.complete else 1
        case "compare":
            with peer_lines.Line() as line:
                compared = await peers.compare(args.name, args.mend, line.show)
            peer_quality.print_comparisons(compared, args.json)
            return 1 if any(one.error or one.differing > one.mended for one in compared) else 0
        case "quality":
            peer_quality.print_quality(await peers.quality(args.name), args.json, args.csv)
        case "profiles":
            peer_lines.print_profiles(READY, args.json)
        case "findings":
            peer_lines.print_findings(await peers.findings(args.name), args.json)
        case "deliveries":
            states = [DeliveryState(args.state)] if args.state else [DeliveryState.WAITING, DeliveryState.DEAD]
            found = await peers.deliveries(args.name, states, args.limit)
            peer_lines.print_deliveries(found, states, args.json)
        case "replay":
            peer_lines.print_count(await peers.replay(args.name, _letter(args)), "sent again soon", args.json)
        case "drop":
            peer_lines.print_count(await peers.drop(args.name, _letter(args)), "given up", args.json)
        case _:
            peer_lines.print_list(await peers.all(), args.json)
    return 0


#: Actions that end with a peer, and how each is done.
_CHANGES: Mapping[str, Callable[[argparse.Namespace, PeerCommands], Awaitable[Peer]]] = {
    "register": lambda args, peers: peers.register(args.name, args.versions_url, args.token, args.ocpi, args.allow),
    "update": lambda args, peers: peers.update(args.name, args.ocpi),
    "suspend": lambda args, peers: peers.suspend(args.name),
    "resume": lambda args, peers: peers.resume(args.name),
    "unregister": lambda args, peers: peers.unregister(args.name, untold=args.untold),
    "allow": lambda args, peers: peers.allow(args.name, args.allow),
    "set": lambda args, peers: peers.change_profile(args.name, args.like, _changes(args)),
}


#: Actions that change nothing but whether we talk with it.
_STATES = frozenset({"suspend", "resume", "unregister"})


def _letter(args: argparse.Namespace) -> ObjectKey | None:
    """The dead letter that was named; None for all of them."""
    if args.all and not args.object:
        return None
    if args.all or len(args.object) not in (3, 4):
        raise UserError(f"found {' '.join(args.object) or 'nothing'!r}, expected MODULE PARTY ID, or --all")
    module, party, ident, *sub = args.object
    if module not in set(ModuleID):
        raise UserError(f"found module {module!r}, expected one of {', '.join(sorted(ModuleID))}")
    try:
        return ObjectKey(module=ModuleID(module), party=PartyId.parse(party), id=ident, sub=sub[0] if sub else "")
    except ValueError as error:
        raise UserError(str(error)) from error


def _changes(args: argparse.Namespace) -> dict[str, object]:
    """`a=1 b=plain` as values: JSON where it is JSON, else text."""
    if not args.changes and not args.like:
        raise UserError("found nothing to change, expected KEY=VALUE or --like READY")
    changes: dict[str, object] = {}
    for word in args.changes:
        name, equals, value = word.partition("=")
        if not equals:
            raise UserError(f"found {word!r}, expected KEY=VALUE such as token_encoding=plain")
        try:
            changes[name] = msgspec.json.decode(value)
        except msgspec.DecodeError:
            changes[name] = value
    return changes
