"""CDRs as `ocpilot cdr` prints them: a line each, one with all that is known about it, or JSON."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from ocpilot.app.invoicing.bill_views import CdrDetail, CdrRow
from ocpilot.app.kept.cdr_match_records import Match, MissingCdr, Part
from ocpilot.app.kept.clearing_records import ClearingFinding
from ocpilot.app.kept.peer_records import Delivery
from ocpilot.base import time
from ocpilot.billing.numbers import after_taxes
from ocpilot.cli.tables import aligned
from ocpilot.metering.signed import SignedCharge


class CdrFacts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A CDR as JSON, amounts as decimal texts. `peer` is who sent it, null for ours.

    In a list `state` is what became of ours at its peer, or whether we agree with a peer's price; where one is shown
    `priced_again`, `sent`, `matches`, `signed` and `steps` say more. `clearing` is where it stands, `why` and
    with which `findings`; `credits` the CDR that it takes back, `credited_by` what took it back.
    """

    party: str
    id: str
    peer: str | None
    start: str
    end: str
    kwh: Decimal
    currency: str
    total_before_taxes: Decimal
    total_after_taxes: Decimal
    state: str | None = None
    clearing: str | None = None
    why: str | None = None
    findings: tuple[ClearingFinding, ...] = ()
    credits: str | None = None
    credited_by: str | None = None
    steps: "list[Step] | None" = None
    priced_again: str | None = None
    sent: "list[Sent] | None" = None
    matches: tuple[Match, ...] | None = None
    signed: SignedCharge | None = None


class Step(msgspec.Struct, kw_only=True):
    """Who moved a CDR, when, from where to where, and why."""

    at: str
    who: str
    before: str | None
    after: str
    why: str


class Sent(msgspec.Struct, kw_only=True):
    """What became of a CDR of ours at one peer."""

    peer: str
    state: str
    updated_at: str
    last_error: str | None


def print_list(rows: Sequence[CdrRow], as_json: bool) -> None:
    """A line each, the newest first."""
    facts = [_facts(row, _state(row)) for row in rows]
    if as_json:
        _print_json(facts)
        return
    if not rows:
        print("no such CDRs: one is made when a charge has ended")
        return
    head = ("ended", "CDR", "of", "from", "energy", "after taxes", "clearing", "state")
    lines = list(aligned((head, *map(_cells, facts)), left=True))
    print(lines[0])
    for one, line in zip(facts, lines[1:], strict=True):
        print(line)
        for found in one.findings:
            if found.holds:
                print(f"    {found.sentence}")


def _cells(one: CdrFacts) -> tuple[str, ...]:
    cost = _money(one.total_after_taxes, one)
    return one.end, one.id, one.party, one.peer or "us", _kwh(one), cost, one.clearing or "-", one.state or ""


def print_details(found: Sequence[CdrDetail], as_json: bool) -> None:
    """Each with its cost, where it was sent and what it belongs to."""
    if as_json:
        _print_json([_whole(one) for one in found])
        return
    for one in found:
        for line in _lines(one):
            print(line)


def print_missing(found: Sequence[MissingCdr], as_json: bool) -> None:
    """Charges without a CDR."""
    if as_json:
        _print_json(found)
        return
    if not found:
        print("every charge has its CDR")
    for one in found:
        whose = "ours" if one.peer_id is None else f"peer {one.peer_id}"
        print(f"{one.key.party} {one.key.id} ({whose}): {one.status}, updated last {time.write(one.last_updated)}")


def _facts(row: CdrRow, state: str | None = None) -> CdrFacts:
    cdr, standing = row.cdr, row.clearing
    return CdrFacts(
        party=str(row.stored.key.party),
        id=cdr.id,
        peer=row.peer.name if row.peer else None,
        start=time.write(cdr.start_date_time),
        end=time.write(cdr.end_date_time),
        kwh=cdr.total_energy,
        currency=cdr.currency,
        total_before_taxes=cdr.total_cost.before_taxes,
        total_after_taxes=after_taxes(cdr.total_cost),
        state=state,
        clearing=standing.state if standing else None,
        why=standing.why if standing else None,
        findings=standing.findings if standing else (),
        credits=standing.credits if standing else None,
        credited_by=standing.credited_by if standing else None,
    )


def _state(row: CdrRow) -> str:
    if row.peer is None:
        return row.delivery.state if row.delivery else "not sent"
    if row.check is None:
        return "not checked"
    return "agrees" if row.check.agrees else "differs"


def _whole(one: CdrDetail) -> CdrFacts:
    facts = _facts(one.row)
    facts.priced_again = one.verdict.state
    facts.sent = [_sent(peer.name, delivery) for peer, delivery in one.deliveries]
    facts.matches = one.match.matches
    facts.signed = one.signed
    facts.steps = [
        Step(at=time.write(step.at), who=step.who, before=step.before, after=step.after, why=step.why)
        for step in one.steps
    ]
    return facts


def _sent(peer: str, delivery: Delivery) -> Sent:
    return Sent(
        peer=peer, state=delivery.state, updated_at=time.write(delivery.updated_at), last_error=delivery.last_error
    )


def _lines(one: CdrDetail) -> Iterator[str]:
    facts = _whole(one)
    yield f"CDR {facts.id} of {facts.party}, {facts.start} to {facts.end}"
    yield _line("from", facts.peer or "us")
    yield _line("energy", _kwh(facts))
    before = _money(facts.total_before_taxes, facts)
    yield _line("cost", f"{before} before taxes, {_money(facts.total_after_taxes, facts)} after")
    if one.row.cdr.remark:
        yield _line("remark", one.row.cdr.remark)
    yield _line("priced again", one.verdict.state)
    if one.signed is not None:
        yield _line("signed", f"{one.signed.verdict}: {one.signed.reason}")
    if facts.clearing is not None:
        yield _line("clearing", f"{facts.clearing}: {facts.why}")
    for found in facts.findings:
        yield _line("", f"{'' if found.holds else '(noted) '}{found.sentence}")
    for step in facts.steps or ():
        yield _line("step", f"{step.at} {step.before or '-'} -> {step.after} by {step.who}: {step.why}")
    for sent in facts.sent or ():
        failed = f", {sent.last_error}" if sent.last_error else ""
        yield _line("sent to", f"{sent.peer}: {sent.state} {sent.updated_at}{failed}")
    for part in Part:
        matched = one.match.of(part)
        yield _line(part, f"{matched.id} (by {matched.clue})" if matched else "none found")


def _line(name: str, value: str) -> str:
    return f"  {name:<14} {value}"


def _kwh(facts: CdrFacts) -> str:
    return f"{facts.kwh:f} kWh"


def _money(amount: Decimal, facts: CdrFacts) -> str:
    return f"{amount:f} {facts.currency}"


def _print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())
