"""What a run came to, for machines: JSON, and JUnit XML as build servers read it."""

import re
from xml.etree import ElementTree

from ocpilot.check.run import Run
from ocpilot.check.verdicts import Breach, Outcome, Verdict
from ocpilot.wire import codec
from ocpilot.wire.codec import Body


def as_json(run: Run) -> str:
    """One JSON object with every verdict."""
    verdicts = list(run.book.verdicts.values())
    counts = {str(outcome): sum(one.outcome is outcome for one in verdicts) for outcome in Outcome}
    body: Body = {
        "url": run.url,
        "versions": [str(version) for version in run.versions],
        "stopped": run.stopped,
        "requests": run.requests,
        "seconds": round(run.seconds, 3),
        "counts": counts | {str(Outcome.NOT_OFFERED): len(run.book.absent)},
        "verdicts": [_verdict(one) for one in verdicts],
        "not_offered": [{"version": str(one.version), "interface": one.subject} for one in run.book.absent],
    }
    return codec.dumps(body).decode()


def _verdict(verdict: Verdict) -> Body:
    return {
        "version": str(verdict.version) if verdict.version else None,
        "interface": verdict.subject,
        "rule": verdict.rule.id,
        "title": verdict.rule.title,
        "section": verdict.rule.section,
        "outcome": str(verdict.outcome),
        "judged": verdict.times,
        "broken": verdict.broken,
        "reason": verdict.reason or None,
        "breaches": [_breach(one) for one in verdict.breaches],
    }


def _breach(breach: Breach) -> Body:
    evidence = breach.evidence
    shown: Body = {} if evidence is None else {"request": evidence.request, "response": evidence.response}
    return {"found": breach.found} | shown


def as_junit(run: Run) -> bytes:
    """One test case per verdict: a warning is one that passed and says so in `system-out`."""
    verdicts = list(run.book.verdicts.values())
    failed = len(run.book.of(Outcome.FAIL))
    suite = ElementTree.Element(
        "testsuite",
        name=f"ocpilot check {run.url}",
        tests=str(len(verdicts) + len(run.book.absent) + (run.stopped is not None)),
        failures=str(failed),
        errors=str(int(run.stopped is not None)),
        skipped=str(len(run.book.of(Outcome.SKIPPED)) + len(run.book.absent)),
        time=f"{run.seconds:.3f}",
    )
    for verdict in verdicts:
        _case(suite, verdict)
    for one in run.book.absent:
        case = ElementTree.SubElement(suite, "testcase", classname=f"{one.version}.{one.subject}", name="offered")
        ElementTree.SubElement(case, "skipped", message=str(Outcome.NOT_OFFERED))
    if run.stopped is not None:
        case = ElementTree.SubElement(suite, "testcase", classname="run", name="takes place")
        ElementTree.SubElement(case, "error", message=_legal(run.stopped))
    written: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written


def _case(suite: ElementTree.Element, verdict: Verdict) -> None:
    name = f"{verdict.version or ''}.{verdict.subject}".strip(".")
    case = ElementTree.SubElement(suite, "testcase", classname=name, name=f"{verdict.rule.id}: {verdict.rule.title}")
    outcome = verdict.outcome
    if outcome is Outcome.SKIPPED:
        ElementTree.SubElement(case, "skipped", message=_legal(verdict.reason))
    elif outcome is Outcome.FAIL:
        failure = ElementTree.SubElement(case, "failure", message=_legal(verdict.breaches[0].found))
        failure.text = _told(verdict)
    elif outcome is Outcome.WARNING:
        ElementTree.SubElement(case, "system-out").text = _told(verdict)


def _told(verdict: Verdict) -> str:
    """Section, what was found, and the evidence."""
    lines = [verdict.rule.section]
    for breach in verdict.breaches:
        lines.append(breach.found)
        if breach.evidence is not None:
            lines += [breach.evidence.request, breach.evidence.response]
    return _legal("\n\n".join(lines))


#: What XML 1.0 cannot hold.
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text)
