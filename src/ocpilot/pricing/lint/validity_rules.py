"""When a Tariff is valid at all (mod_tariffs, "Tariff object", start_date_time and end_date_time)."""

from collections.abc import Iterator

from ocpilot.pricing.lint.findings import Finding, Rule, Severity, Subject

_SECTION = "mod_tariffs, Tariff object, start_date_time and end_date_time"

REVERSED = Rule(
    code="validity.reversed",
    severity=Severity.ERROR,
    section=_SECTION,
    meaning="It ends before it begins: it is never valid, and no driver pays by it.",
    mend="Correct start_date_time or end_date_time.",
)
PAST = Rule(
    code="validity.past",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="It is no longer valid: a Connector with this Tariff only has no price.",
    mend="Remove the Tariff and its id from Connectors, or correct end_date_time.",
)
RULES = (REVERSED, PAST)


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file."""
    start, end = subject.tariff.start_date_time, subject.tariff.end_date_time
    if end is None:
        return
    if start is not None and start >= end:
        yield REVERSED.at("$.end_date_time", f"{end:%Y-%m-%d %H:%M} UTC, start_date_time {start:%Y-%m-%d %H:%M} UTC")
    elif subject.now is not None and end <= subject.now:
        yield PAST.at("$.end_date_time", f"{end:%Y-%m-%d %H:%M} UTC")
