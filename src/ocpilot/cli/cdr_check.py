"""`ocpilot cdr check`: do the totals of received CDRs hold, and if not, why probably. No database, no network."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import formats
from ocpilot.base.errors import InvalidObject, UserError
from ocpilot.base.money import HALF_UP
from ocpilot.base.problem import Problem
from ocpilot.base.texts import Translate, languages, mark, translator
from ocpilot.billing.causes import Cause
from ocpilot.billing.check import State, TariffSource, Verdict, check_cdr
from ocpilot.billing.numbers import Difference
from ocpilot.billing.structure import Oddity
from ocpilot.billing.tolerance import Tolerance
from ocpilot.billing.words import cause_text, difference_text, oddity_text, state_text
from ocpilot.cli.charges import charge_in, items_in, tariffs_in
from ocpilot.cli.options import PRECISION, add_pricing_options, time_zone
from ocpilot.cli.price_json import number
from ocpilot.cli.reading import Progress
from ocpilot.cli.tables import aligned
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.v230 import CDR, Tariff

_EPILOG = """\
A file holds one CDR, a list, a whole OCPI answer, or one of these per line (JSON Lines); of any OCPI version. Without
--tariff each CDR is priced by the Tariffs in it. Every number is recomputed; what differs by more than the tolerance is
named with the mistake that explains it: the charge priced with that mistake comes to their number.

examples:
  ocpilot cdr check cdr.json --time-zone Europe/Stockholm
  ocpilot cdr check november.jsonl --tariff tariffs.json --tolerance 0.02 --language sv
  ocpilot cdr check --json - < cdrs.json
  ocpilot cdr check --stored C-2041 C-2042

exit status: 0 all CDRs agree, 1 one differs, cannot be priced or cannot be read, 2 wrong usage.
"""


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot cdr check`."""
    parser = actions.add_parser(
        "check",
        help="recompute CDRs and say what differs and why",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="CDRs; - is standard input; with --stored their ids")
    add_pricing_options(parser)
    parser.add_argument("--tolerance", metavar="AMOUNT", help="in the CDR's currency (else its smallest unit)")
    parser.add_argument("--version", choices=[str(version) for version in SUPPORTED], help="the OCPI version")
    parser.add_argument("--language", choices=languages(), default="en", help="of the explanations (%(default)s)")
    parser.add_argument("--json", action="store_true", help="write all verdicts as one JSON object")
    parser.add_argument(
        "--stored",
        dest="action",
        action="store_const",
        const="check-stored",
        default=argparse.SUPPRESS,
        help="CDRs of the platform by their ids, by all that is known there; the other options are its own",
    )
    parser.add_argument("--party", metavar="CC/PID", help="with --stored: whose CDR, where several have the id")
    parser.add_argument("--config", help="with --stored: settings file (TOML)")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One CDR of a file and what of its verdict is told; without `id` it cannot be read, for the `reasons`.

    `theirs` and `ours` are total costs before taxes (after them where ours is not known before).
    """

    where: str
    id: str | None = None
    state: State = State.NOT_PRICED
    currency: str = ""
    theirs: Decimal | None = None
    ours: Decimal | None = None
    source: TariffSource | None = None
    differences: tuple[Difference, ...] = ()
    findings: tuple[Oddity, ...] = ()
    notes: tuple[Problem, ...] = ()
    reasons: tuple[str, ...] = ()


class _Difference(msgspec.Struct, frozen=True, kw_only=True):
    """As `--json` writes it."""

    name: str
    theirs: str | None
    ours: str | None
    size: str
    cause: Cause | None
    others: tuple[Cause, ...]
    text: str


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """One CDR as `--json` writes it."""

    where: str
    id: str | None
    state: State
    currency: str | None
    theirs: str | None
    ours: str | None
    tariffs: TariffSource | None
    differences: tuple[_Difference, ...]
    findings: tuple[Oddity, ...]
    notes: tuple[Problem, ...]
    reasons: tuple[str, ...]


class _Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What all CDRs are checked by."""

    tariffs: tuple[Tariff, ...]
    zone: ZoneInfo | None
    tolerance: Tolerance
    expired: bool | None
    version: Version | None


def run(args: argparse.Namespace) -> int:
    """Prints a row per CDR with what differs in it, and how many came to what."""
    with localcontext(prec=PRECISION):
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    try:
        terms = _terms(args)
        checked = list(_all(args.files, terms))
    except InvalidObject as error:
        for problem in error.problems:
            print(f"ocpilot cdr check: {error.what}: {problem}", file=sys.stderr)
        return 2
    except UserError as error:
        print(f"ocpilot cdr check: {error}", file=sys.stderr)
        return 2
    translate = translator(args.language)
    if args.json:
        print(_as_json(checked, translate, args.language).decode())
    else:
        for line in _report(checked, translate, args.language):
            print(line)
    return 0 if all(one.state is State.AGREES for one in checked) else 1


def _terms(args: argparse.Namespace) -> _Terms:
    version = Version(args.version) if args.version else None
    try:
        amount = None if args.tolerance is None else Decimal(args.tolerance)
    except InvalidOperation:
        raise UserError(f"--tolerance {args.tolerance}: not an amount such as 0.02") from None
    if amount is not None and not (amount.is_finite() and amount >= 0):
        raise UserError(f"--tolerance {args.tolerance}: not an amount such as 0.02")
    return _Terms(
        tariffs=tariffs_in(args.tariff, version),
        zone=time_zone(args.time_zone) if args.time_zone else None,
        tolerance=Tolerance(amount=amount),
        expired=True if args.reservation_expired else None,
        version=version,
    )


def _all(names: Sequence[str], terms: _Terms) -> Iterator[Checked]:
    progress = Progress()
    done = 0
    for name in names:
        for where, item in items_in(name):
            yield _check(where, item, terms)
            done += 1
            progress.step(f"{name}: {done} CDRs")
    progress.hide()


def _check(where: str, item: object, terms: _Terms) -> Checked:
    try:
        charge = charge_in(CDR, item, terms.version, where)
    except InvalidObject as error:
        return Checked(where=where, reasons=tuple(map(str, error.problems)))
    cdr = charge.whole
    if not isinstance(cdr, CDR):
        return Checked(where=where, reasons=tuple(map(str, charge.problems)))
    verdict = check_cdr(cdr, terms.tariffs or None, terms.zone or charge.zone, terms.tolerance, expired=terms.expired)
    return Checked(
        where=where,
        id=cdr.id,
        state=verdict.state,
        currency=cdr.currency,
        theirs=cdr.total_cost.before_taxes,
        ours=_our_total(verdict, cdr),
        source=verdict.source,
        differences=verdict.differences,
        findings=verdict.findings,
        notes=verdict.ours.findings,
        reasons=tuple(_why_not(verdict)),
    )


def _our_total(verdict: Verdict, cdr: CDR) -> Decimal | None:
    total = verdict.ours.total
    if total is None:
        return None
    ours = total.amount.excl if total.amount.excl is not None else total.amount.incl
    return -ours if cdr.credit and ours is not None else ours


def _why_not(verdict: Verdict) -> Iterator[str]:
    """Why there is no price."""
    if verdict.source is TariffSource.NONE:
        yield "no Tariff is given, and there is none in the CDR"
    elif verdict.ours.total is None:
        yield from map(str, verdict.ours.findings)


# ---- for people ----------------------------------------------------------------------------------------------------


def _report(checked: Sequence[Checked], translate: Translate, locale: str) -> Iterator[str]:
    header = [translate(text) for text in (mark("CDR"), mark("Theirs"), mark("Ours"), mark("Verdict"))]
    lines = list(aligned([header, *(_row(one, translate, locale) for one in checked)]))
    yield lines[0]
    for one, line in zip(checked, lines[1:], strict=True):
        yield line
        yield from (f"    {text}" for text in _notes(one, translate, locale))
    if len(checked) == 1:
        return
    counts = Counter(one.state for one in checked)
    yield ""
    yield f"{len(checked)} CDR: " + ", ".join(f"{counts[state]} {state_text(state, translate)}" for state in State)
    yield from _summary(checked, translate)


def _row(one: Checked, translate: Translate, locale: str) -> list[str]:
    name = one.where if one.id is None else f"{one.id} ({one.where})"
    amounts = [_money(value, one.currency, locale) for value in (one.theirs, one.ours)]
    return [name, *amounts, state_text(one.state, translate)]


def _money(value: Decimal | None, currency: str, locale: str) -> str:
    if value is None:
        return "–"
    return f"{formats.fixed(value, locale, HALF_UP.decimals_for(currency))} {currency}"


def _notes(one: Checked, translate: Translate, locale: str) -> Iterator[str]:
    yield from one.reasons
    yield from (difference_text(difference, one.currency, translate, locale) for difference in one.differences)
    yield from (f"! {oddity_text(oddity, translate)}" for oddity in one.findings)


def _summary(checked: Sequence[Checked], translate: Translate) -> Iterator[str]:
    """The first cause of each CDR, the most frequent first."""
    first = [next((difference.cause for difference in one.differences if difference.cause), None) for one in checked]
    for cause, count in Counter(cause for cause in first if cause is not None).most_common():
        yield f"  {count} × {cause_text(cause, translate)}"


# ---- for programs --------------------------------------------------------------------------------------------------


def _as_json(checked: Sequence[Checked], translate: Translate, locale: str) -> bytes:
    counts = Counter(one.state for one in checked)
    content = {
        "cdrs": [_document(one, translate, locale) for one in checked],
        "summary": {state: counts[state] for state in State},
    }
    return msgspec.json.encode(content)


def _document(one: Checked, translate: Translate, locale: str) -> _Document:
    return _Document(
        where=one.where,
        id=one.id,
        state=one.state,
        currency=one.currency or None,
        theirs=_number(one.theirs),
        ours=_number(one.ours),
        tariffs=one.source,
        differences=tuple(_told(difference, one.currency, translate, locale) for difference in one.differences),
        findings=one.findings,
        notes=one.notes,
        reasons=one.reasons,
    )


def _told(difference: Difference, currency: str, translate: Translate, locale: str) -> _Difference:
    return _Difference(
        name=difference.name,
        theirs=_number(difference.theirs),
        ours=_number(difference.ours),
        size=number(difference.size),
        cause=difference.cause,
        others=difference.others,
        text=difference_text(difference, currency, translate, locale),
    )


def _number(value: Decimal | None) -> str | None:
    return None if value is None else number(value)
