"""What a run came to, for a person: grouped by interface, with the evidence of what failed."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ocpilot.check.run import Run
from ocpilot.check.verdicts import Breach, Outcome, Verdict

_COLOURS: Mapping[Outcome, str] = {
    Outcome.PASS: "32",
    Outcome.WARNING: "33",
    Outcome.FAIL: "31",
    Outcome.SKIPPED: "2",
    Outcome.NOT_OFFERED: "2",
}
_RULE = 26
_OUTCOME = 8
#: Characters of a line of evidence; JSON and JUnit XML have more.
_LINE = 400


def table(run: Run, *, colour: bool, whole: bool = False) -> str:
    """The whole report: one line per interface, and one per rule that did not pass; `whole`: one for every rule."""
    lines = [f"{run.url}", ""]
    for name, verdicts in _grouped(run):
        lines += [*_group(name, verdicts, colour=colour, whole=whole), ""]
    for version, names in groupby(run.book.absent, key=lambda one: one.version):
        lines += [
            _painted(
                f"not offered in {version}: " + ", ".join(one.subject for one in names), Outcome.NOT_OFFERED, colour
            )
        ]
    return "\n".join([*lines, *_end(run, colour=colour)])


def _grouped(run: Run) -> list[tuple[str, list[Verdict]]]:
    """The verdicts of each interface of each version."""
    found: dict[str, list[Verdict]] = {}
    for verdict in run.book.verdicts.values():
        found.setdefault(f"{verdict.version or ''} {verdict.subject}".strip(), []).append(verdict)
    return list(found.items())


def _group(name: str, verdicts: Sequence[Verdict], *, colour: bool, whole: bool) -> Iterator[str]:
    counts = {outcome: sum(one.outcome is outcome for one in verdicts) for outcome in Outcome}
    said = ", ".join(f"{count} {_plural(outcome)}" for outcome, count in counts.items() if count)
    worst = next((one for one in (Outcome.FAIL, Outcome.WARNING) if counts[one]), Outcome.PASS)
    yield f"{_painted(name, worst, colour)}: {said}"
    for verdict in verdicts:
        if verdict.outcome in (Outcome.FAIL, Outcome.WARNING) or (whole and verdict.outcome is Outcome.PASS):
            yield from _verdict(verdict, colour=colour)
    yield from _skipped([one for one in verdicts if one.outcome is Outcome.SKIPPED], colour=colour)


def _skipped(verdicts: Sequence[Verdict], *, colour: bool) -> Iterator[str]:
    """One line for each reason."""
    word = _painted(f"{Outcome.SKIPPED:{_OUTCOME}}", Outcome.SKIPPED, colour)
    for reason in dict.fromkeys(one.reason for one in verdicts):
        named = ", ".join(one.rule.id for one in verdicts if one.reason == reason)
        yield f"  {word} {named}: {reason}"


def _plural(outcome: Outcome) -> str:
    words = {Outcome.PASS: "passed", Outcome.FAIL: "failed", Outcome.WARNING: "with a warning"}
    return words.get(outcome, str(outcome))


def _verdict(verdict: Verdict, *, colour: bool) -> Iterator[str]:
    outcome = verdict.outcome
    word = _painted(f"{outcome:{_OUTCOME}}", outcome, colour)
    yield f"  {word} {verdict.rule.id:{_RULE}} {verdict.rule.title}"
    if verdict.breaches:
        yield f"           {'':{_RULE}}{verdict.rule.section}; {verdict.broken} of {verdict.times} times"
    for number, breach in enumerate(verdict.breaches):
        yield from _breach(breach, whole=number == 0)


def _breach(breach: Breach, *, whole: bool) -> Iterator[str]:
    """The first one with request and response."""
    yield f"      found: {breach.found}"
    if breach.evidence is not None and whole:
        for mark, text in (">", breach.evidence.request), ("<", breach.evidence.response):
            yield from (f"      {mark} {_cut(line)}" for line in text.splitlines())


def _cut(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[:_LINE]}..."


def _end(run: Run, *, colour: bool) -> Iterator[str]:
    counts = {outcome: len(run.book.of(outcome)) for outcome in Outcome}
    worst = next((one for one in (Outcome.FAIL, Outcome.WARNING) if counts[one]), Outcome.PASS)
    told = {outcome: count for outcome, count in counts.items() if count or outcome is Outcome.FAIL}
    said = ", ".join(f"{count} {_plural(outcome)}" for outcome, count in told.items())
    versions = ", ".join(run.versions) or "no version"
    yield ""
    yield _painted(f"OCPI {versions}: {said}; {run.requests} requests in {run.seconds:.1f} s", worst, colour)
    if run.stopped is not None:
        yield _painted(f"the run ended early: {run.stopped}", Outcome.FAIL, colour)


def _painted(text: str, outcome: Outcome, colour: bool) -> str:
    return f"\x1b[{_COLOURS[outcome]}m{text}\x1b[0m" if colour else text
