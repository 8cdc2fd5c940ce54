"""`ocpilot cdr accept|hold|dispute|drop|credit|reissue` and `check --stored`: what people decide about CDRs."""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Protocol, TypeVar

import msgspec

from ocpilot.app.cdrs.clearing_moves import Action
from ocpilot.app.invoicing.disputes import Message
from ocpilot.app.kept.clearing_records import Clearing, ClearingFinding
from ocpilot.app.kept.records import Record
from ocpilot.app.office.cdr_credits import Anew, Reissued, kwh_of
from ocpilot.base.errors import OcpilotError
from ocpilot.base.texts import languages
from ocpilot.billing.check import Verdict
from ocpilot.billing.dispute import Dispute
from ocpilot.wire.v230 import CDR

T = TypeVar("T")

_WORDS = {
    Action.ACCEPT: "take it as good: it is billed",
    Action.HOLD: "keep it from being billed until somebody decides",
    Action.DISPUTE: "hold it and print the message for the partner; nothing is sent",
    Action.DROP: "never pay it",
}
_EXAMPLES = {
    Action.ACCEPT: 'ocpilot cdr accept C-2041 C-2042 --why "price agreed with Lade on the phone"',
    Action.HOLD: 'ocpilot cdr hold C-2041 --why "the driver says he was not there"',
    Action.DISPUTE: 'ocpilot cdr dispute C-2041 --why "the start fee is not in the Tariff" > mail.txt',
    Action.DROP: 'ocpilot cdr drop C-2041 --why "test of the operator"',
}
#: Actions that `main` hands to `run`; `check-stored` is `check --stored`.
ACTIONS = (*_WORDS, "credit", "reissue", "check-stored")


class Rechecked(Record, frozen=True):
    """A stored CDR priced and judged again, as things are known now; where it stands stays. `clearing` None: nobody
    looked at it yet. Of a Credit CDR there are no findings."""

    cdr: CDR
    verdict: Verdict
    findings: tuple[ClearingFinding, ...]
    clearing: Clearing


class ClearingCommands(Protocol):
    """What the platform does for these. `party` is such as `SE/LAD`, None where one party only has the id.

    All raise NotFound, UserError when several parties have the id, and Conflict where it may not be.
    """

    async def act(self, cdr_id: str, party: str | None, action: Action, why: str) -> Clearing:
        """Move one on."""

    async def message(self, cdr_id: str, party: str | None, language: str) -> Message:
        """What to tell the partner."""

    async def recheck(self, cdr_id: str, party: str | None) -> Rechecked:
        """Price and judge one again."""

    async def credit(self, cdr_id: str, party: str | None, why: str) -> str:
        """Take one of ours back; the id of the Credit CDR."""

    async def reissue(self, cdr_id: str, party: str | None, anew: Anew) -> Reissued:
        """Take one of ours back and make it anew."""


class _Moved(msgspec.Struct, kw_only=True):
    """A CDR that was moved, as `--json` writes it."""

    party: str
    id: str
    state: str
    why: str
    credits: str | None
    credited_by: str | None
    findings: tuple[ClearingFinding, ...]
    message: Dispute | None = None


class _Rechecked(msgspec.Struct, kw_only=True):
    """A CDR that was judged again, as `--json` writes it."""

    party: str
    id: str
    state: str
    price: str
    findings: tuple[ClearingFinding, ...]


def add_parsers(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The actions."""
    for action, words in _WORDS.items():
        parser = _parser(actions, action, words, _EXAMPLES[action], many=True)
        needed = action is not Action.DISPUTE
        more = "" if needed else "; left out for one that is disputed already: its message again"
        parser.add_argument("--why", required=needed, help=f"kept with the CDR{more}")
        if action is Action.DISPUTE:
            parser.add_argument("--language", choices=languages(), default="en", help="of the message (%(default)s)")
    credit = _parser(
        actions,
        "credit",
        "send a Credit CDR for a CDR we sent",
        'ocpilot cdr credit 5f0c1a52-0f2f-5d0e-9c33-0c5b6f1b7a11 --why "wrong tariff"',
    )
    credit.add_argument("--why", required=True, help="for the provider, as the remark (255 characters); kept with both")
    reissue = _parser(
        actions,
        "reissue",
        "take back a CDR we sent and make it anew, in one go",
        'ocpilot cdr reissue C-2041 --why "wrong tariff" --tariff STAD; run again, it ends with the same two CDRs',
    )
    reissue.add_argument("--why", required=True, help="for the provider, as the remark; kept with both")
    reissue.add_argument("--tariff", metavar="ID", help="a Tariff of ours to price it by (else that of its start)")
    reissue.add_argument("--kwh", metavar="N", help="the energy in all (else as metered)")


def _parser(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    words: str,
    example: str,
    many: bool = False,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=words, epilog=f"example: {example}")
    parser.add_argument("ids", metavar="ID", nargs="+" if many else 1, help="the CDR")
    parser.add_argument("--party", metavar="CC/PID", help="whose CDR, where several have the id")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--config", help="settings file (TOML)")
    return parser


async def run(args: argparse.Namespace, clearing: ClearingCommands) -> int:
    """Prints what became of each; 1 when one could not be moved, or does not agree."""
    match args.action:
        case "check-stored":
            return await _recheck(args, clearing)
        case "credit":
            credited = await clearing.credit(args.ids[0], args.party, args.why)
            _print(args, {"credits": args.ids[0], "credit": credited}, [credited])
        case "reissue":
            await _reissue(args, clearing)
        case _:
            return await _move(args, clearing)
    return 0


async def _reissue(args: argparse.Namespace, clearing: ClearingCommands) -> None:
    anew = Anew(why=args.why, tariff=args.tariff, kwh=_kwh(args.kwh))
    done = await clearing.reissue(args.ids[0], args.party, anew)
    credit, new = done.credit.key.id, done.cdr.key.id
    _print(args, {"credits": args.ids[0], "credit": credit, "cdr": new}, [f"credit {credit}", f"new CDR {new}"])


def _kwh(text: str | None) -> Decimal | None:
    try:
        kwh = None if text is None else Decimal(text)
    except InvalidOperation:
        kwh = Decimal("NaN")
    return None if kwh is None else kwh_of(kwh, text or "")


async def _move(args: argparse.Namespace, clearing: ClearingCommands) -> int:
    action = Action(args.action)

    async def one(cdr_id: str) -> tuple[_Moved, str]:
        if args.why is None:
            message = await clearing.message(cdr_id, args.party, args.language)
            return _told_again(message), message.text
        moved = await clearing.act(cdr_id, args.party, action, args.why)
        found = _moved(moved)
        if action is not Action.DISPUTE:
            return found, f"CDR {moved.key.id} of {moved.key.party} is {moved.state}"
        message = await clearing.message(cdr_id, str(moved.key.party), args.language)
        found.message = message.dispute
        return found, message.text

    done, failed = await _each(args.ids, one)
    _print(args, [found for found, _ in done], [text for _, text in done])
    return 1 if failed else 0


async def _recheck(args: argparse.Namespace, clearing: ClearingCommands) -> int:
    done, failed = await _each(args.files, lambda cdr_id: clearing.recheck(cdr_id, args.party))
    found = [
        _Rechecked(
            party=str(one.clearing.key.party),
            id=one.cdr.id,
            state=one.clearing.state,
            price=one.verdict.state,
            findings=one.findings,
        )
        for one in done
    ]
    lines = [line for one in found for line in _lines(one)]
    _print(args, found, lines)
    return 1 if failed or any(finding.holds for one in found for finding in one.findings) else 0


def _lines(one: _Rechecked) -> list[str]:
    findings = [f"    {'' if each.holds else '(noted) '}{each.sentence}" for each in one.findings]
    return [f"{one.id} of {one.party}: price {one.price}, {one.state}", *findings]


async def _each(ids: Sequence[str], work: Callable[[str], Awaitable[T]]) -> tuple[list[T], int]:
    """The work on each, and how many failed; why is said at once."""
    done, failed = [], 0
    for cdr_id in ids:
        try:
            done.append(await work(cdr_id))
        except OcpilotError as error:
            if len(ids) == 1:
                raise
            failed += 1
            print(f"ocpilot: {error}", file=sys.stderr)
    return done, failed


def _moved(one: Clearing) -> _Moved:
    return _Moved(
        party=str(one.key.party),
        id=one.key.id,
        state=one.state,
        why=one.why,
        credits=one.credits,
        credited_by=one.credited_by,
        findings=one.findings,
    )


def _told_again(message: Message) -> _Moved:
    found = _moved(message.clearing)
    found.message = message.dispute
    return found


def _print(args: argparse.Namespace, value: object, lines: Sequence[str]) -> None:
    if args.json:
        print(msgspec.json.encode(value).decode())
        return
    for line in lines:
        print(line)
