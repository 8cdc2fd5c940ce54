"""What back offices see of clearing: where a CDR stands, every step, and the message of a dispute."""

from collections.abc import Sequence

from ocpilot.app.invoicing.disputes import Message
from ocpilot.app.kept.clearing_records import Clearing, ClearingStep
from ocpilot.app.shown import Moment, Shown
from ocpilot.base import time
from ocpilot.billing.dispute import Dispute


class FoundShown(Shown, frozen=True, kw_only=True):
    """What a rule found of a CDR; one that does not hold is only noted."""

    rule: str
    found: str
    expected: str
    holds: bool


class StepShown(Shown, frozen=True, kw_only=True):
    """Who moved a CDR from where to where, and why."""

    at: Moment
    who: str
    before: str | None
    after: str
    why: str


class ClearingShown(Shown, frozen=True, kw_only=True):
    """Where a CDR stands: `issued` (ours), `new`, `accepted`, `held`, `disputed`, `credited`, `dropped`. `audience` is
    the party it is for, `credits` the CDR that it takes back. Amounts are texts, before taxes. Lists have no steps."""

    party: str
    id: str
    audience: str | None
    state: str
    why: str
    findings: tuple[FoundShown, ...]
    credits: str | None
    credited_by: str | None
    currency: str
    total: str
    kwh: str
    ended_at: Moment
    at: Moment
    steps: tuple[StepShown, ...] = ()


class DisputeShown(Shown, frozen=True, kw_only=True):
    """What to tell the partner: as a text to send by mail, and as data."""

    text: str
    dispute: Dispute


class ReissuedShown(Shown, frozen=True, kw_only=True):
    """The ids of the Credit CDR and of the new CDR."""

    credit: str
    cdr: str


def clearing(one: Clearing, steps: Sequence[ClearingStep] = ()) -> ClearingShown:
    """Where it stands."""
    return ClearingShown(
        party=str(one.key.party),
        id=one.key.id,
        audience=one.audience,
        state=one.state,
        why=one.why,
        findings=tuple(
            FoundShown(rule=each.rule, found=each.found, expected=each.expected, holds=each.holds)
            for each in one.findings
        ),
        credits=one.credits,
        credited_by=one.credited_by,
        currency=one.currency,
        total=f"{one.total:f}",
        kwh=f"{one.kwh:f}",
        ended_at=time.write(one.ended_at),
        at=time.write(one.at),
        steps=tuple(
            StepShown(at=time.write(step.at), who=step.who, before=step.before, after=step.after, why=step.why)
            for step in steps
        ),
    )


def dispute(message: Message) -> DisputeShown:
    """The message."""
    return DisputeShown(text=message.text, dispute=message.dispute)
