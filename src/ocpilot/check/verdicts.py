"""What the rules came to: one verdict per version, interface and rule, with the evidence of its first breaches."""

from dataclasses import dataclass, field
from enum import StrEnum

from ocpilot.check.rules import Rule
from ocpilot.wire.protocol import Version

#: Breaches kept per verdict; the others are only counted.
_KEPT = 3


class Outcome(StrEnum):
    """Of a rule: broken MUSTs fail, broken SHOULDs warn."""

    PASS = "pass"  # noqa: S105 - a word of the report, no secret
    WARNING = "warning"
    FAIL = "fail"
    SKIPPED = "skipped"
    NOT_OFFERED = "not offered"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A request and its response as text, the token hidden, cut to a length a person reads."""

    request: str
    response: str


@dataclass(frozen=True, kw_only=True)
class Breach:
    """What was wrong, in one line."""

    found: str
    evidence: Evidence | None = None


@dataclass(kw_only=True)
class Verdict:
    """One rule at one interface. `subject` is such as `locations sender`; `times` counts what was judged."""

    rule: Rule
    subject: str
    version: Version | None
    times: int = 0
    broken: int = 0
    breaches: list[Breach] = field(default_factory=list)
    reason: str = ""

    @property
    def outcome(self) -> Outcome:
        """Broken once is broken."""
        if self.broken:
            return Outcome.FAIL if self.rule.binds(self.version) else Outcome.WARNING
        return Outcome.PASS if self.times else Outcome.SKIPPED


@dataclass(frozen=True, kw_only=True)
class Absent:
    """An interface of the standard that the platform does not offer."""

    subject: str
    version: Version


@dataclass
class Book:
    """All verdicts of a run, in the order in which their rules were first met."""

    verdicts: dict[tuple[Version | None, str, str], Verdict] = field(default_factory=dict)
    absent: list[Absent] = field(default_factory=list)

    def judge(
        self, rule: Rule, subject: str, version: Version | None, wrong: str | None, evidence: Evidence | None = None
    ) -> None:
        """One more thing judged; `wrong` says what is, None when nothing is."""
        verdict = self._verdict(rule, subject, version)
        verdict.times += 1
        if wrong is None:
            return
        verdict.broken += 1
        if len(verdict.breaches) < _KEPT:
            verdict.breaches.append(Breach(found=wrong, evidence=evidence))

    def skip(self, rule: Rule, subject: str, version: Version | None, reason: str) -> None:
        """A rule that could not be judged here."""
        verdict = self._verdict(rule, subject, version)
        verdict.reason = verdict.reason or reason

    def of(self, outcome: Outcome) -> list[Verdict]:
        """The verdicts with this outcome."""
        return [verdict for verdict in self.verdicts.values() if verdict.outcome is outcome]

    def _verdict(self, rule: Rule, subject: str, version: Version | None) -> Verdict:
        key = (version, subject, rule.id)
        return self.verdicts.setdefault(key, Verdict(rule=rule, subject=subject, version=version))
