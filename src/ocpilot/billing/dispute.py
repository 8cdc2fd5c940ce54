"""What a partner is told of a CDR that is not as it should be: every difference with its cause, ours beside theirs.

It is sent by people, by mail; nothing here sends anything.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark
from ocpilot.base.time import write
from ocpilot.billing.check import Verdict
from ocpilot.billing.clearing_words import rule_text
from ocpilot.billing.numbers import COSTS, VOLUMES, numbers_in, numbers_of
from ocpilot.billing.words import causes_text
from ocpilot.pricing.sentences import rows
from ocpilot.wire.v230 import CDR


class Reason(Protocol):
    """What a rule found of the CDR."""

    @property
    def rule(self) -> str:
        """Its name."""

    @property
    def found(self) -> str:
        """What it found."""

    @property
    def expected(self) -> str:
        """What it expected."""


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the CDR beside ours; None is not said, or not known. `cause` explains a difference, in words."""

    name: str
    theirs: Decimal | None
    ours: Decimal | None
    unit: str
    difference: Decimal | None
    cause: str = ""


class OurLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the price as we reckon it, in words; `amount` is before taxes where that is known."""

    what: str
    quantity: str
    unit_price: str
    amount: Decimal
    notes: tuple[str, ...] = ()


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found, in words."""

    what: str
    found: str
    expected: str


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """All that the partner needs to look into it. `to` are the parties it is for: its operator, and at a hub the
    provider as well. Times in UTC."""

    to: tuple[str, ...]
    sender: str
    cdr_id: str
    party: str
    session_id: str | None
    token_uid: str
    contract_id: str
    evse_id: str
    location_id: str
    start: datetime
    end: datetime
    currency: str
    why: str
    priced_by: str
    totals: tuple[Total, ...]
    lines: tuple[OurLine, ...]
    findings: tuple[Said, ...]


def dispute_of(
    cdr: CDR,
    verdict: Verdict,
    findings: Sequence[Reason],
    *,
    to: Sequence[str],
    sender: str,
    why: str,
    translate: Translate,
    locale: str = "en",
) -> Dispute:
    """The message about this CDR."""
    return Dispute(
        to=tuple(to),
        sender=sender,
        cdr_id=cdr.id,
        party=f"{cdr.country_code}/{cdr.party_id}",
        session_id=cdr.session_id,
        token_uid=cdr.cdr_token.uid,
        contract_id=cdr.cdr_token.contract_id,
        evse_id=cdr.cdr_location.evse_id,
        location_id=cdr.cdr_location.id,
        start=cdr.start_date_time,
        end=cdr.end_date_time,
        currency=cdr.currency,
        why=why,
        priced_by=verdict.source,
        totals=tuple(_totals(cdr, verdict, translate)),
        lines=tuple(_lines(verdict, translate, locale)),
        findings=tuple(
            Said(what=rule_text(one.rule, translate), found=one.found, expected=one.expected) for one in findings
        ),
    )


def _totals(cdr: CDR, verdict: Verdict, translate: Translate) -> Iterator[Total]:
    theirs, ours = numbers_in(cdr), numbers_of(verdict.ours, is_credit=bool(cdr.credit))
    causes = {one.name: causes_text(one, translate) for one in verdict.differences}
    told = [name for name in (*VOLUMES, *COSTS) if name in theirs or ours.get(name)]
    for name in [*told, *(name for name in causes if name not in told)]:
        left, right = theirs.get(name), ours.get(name)
        yield Total(
            name=name,
            theirs=left,
            ours=right,
            unit=cdr.currency if "_cost" in name else "kWh" if name == "total_energy" else "h",
            difference=left - right if left is not None and right is not None else None,
            cause=causes.get(name, ""),
        )


def _lines(verdict: Verdict, translate: Translate, locale: str) -> Iterator[OurLine]:
    for row in rows(verdict.ours, translate, locale):
        amount = row.amount.shown if row.amount.excl is None else row.amount.excl
        yield OurLine(what=row.label, quantity=row.quantity, unit_price=row.unit_price, amount=amount, notes=row.notes)


# ---- as a text -----------------------------------------------------------------------------------------------------


def dispute_text(dispute: Dispute, translate: Translate, locale: str) -> str:
    """To be sent by mail, in a language."""
    return "\n".join(_plain(line) for line in _text(dispute, translate, locale)) + "\n"


def _text(one: Dispute, translate: Translate, locale: str) -> Iterator[str]:
    yield translate(mark("Subject: CDR {id} of {party} is disputed")).format(id=one.cdr_id, party=one.party)
    yield translate(mark("To: {parties}")).format(parties=", ".join(one.to))
    yield ""
    if one.why:
        yield translate(mark("We do not accept this CDR as it is: {why}")).format(why=one.why)
    else:
        yield translate(mark("We do not accept this CDR as it is."))
    yield ""
    yield from _facts(one, translate)
    if one.findings:
        yield from ("", translate(mark("What we found")))
        for said in one.findings:
            text = translate(mark("{what}: found {found}, expected {expected}"))
            yield "  - " + text.format(what=said.what, found=said.found, expected=said.expected)
    yield from ("", translate(mark("Your numbers beside ours (costs before taxes)")))
    yield from (f"  {line}" for line in _table(one.totals, translate, locale))
    if one.lines:
        yield from ("", translate(mark("How we reckon, by {tariff}")).format(tariff=_source(one, translate)))
        for line in one.lines:
            amount = formats.money(line.amount, one.currency, locale)
            priced = " × ".join(part for part in (line.quantity, line.unit_price) if part)
            yield f"  {line.what}: {f'{priced} = ' if priced else ''}{amount}"
            yield from (f"      {note}" for note in line.notes)
    yield ""
    yield translate(
        mark("A CDR is never changed: please send a Credit CDR for it and, where the charge is to be paid,")
    )
    yield translate(mark("a new CDR, or tell us what we have wrong (OCPI, mod_cdrs, Credit CDRs)."))
    yield from ("", one.sender)


def _facts(one: Dispute, translate: Translate) -> Iterator[str]:
    facts = (
        ("CDR", one.cdr_id),
        ("Session", one.session_id or "–"),
        ("EVSE", f"{one.evse_id} (Location {one.location_id})"),
        ("Token", f"{one.token_uid}, {one.contract_id}"),
        (translate(mark("Charged")), f"{write(one.start)} – {write(one.end)}"),
    )
    width = max(len(name) for name, _ in facts)
    yield from (f"  {name:<{width}}  {value}" for name, value in facts)


def _table(totals: Sequence[Total], translate: Translate, locale: str) -> Iterator[str]:
    head = ("", translate(mark("Yours")), translate(mark("Ours")), translate(mark("Difference")), "")
    table = [head, *(_row(one, locale) for one in totals)]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    for row in table:
        numbers = "  ".join(f"{text:>{width}}" for text, width in zip(row[1:4], widths[1:], strict=True))
        yield f"{row[0]:<{widths[0]}}  {numbers}  {row[4]}".rstrip()


def _row(one: Total, locale: str) -> tuple[str, str, str, str, str]:
    theirs, ours = _number(one.theirs, one, locale), _number(one.ours, one, locale)
    differs = one.difference is not None and (one.cause or one.difference)
    return one.name, theirs, ours, _number(one.difference if differs else None, one, locale), one.cause


def _number(value: Decimal | None, one: Total, locale: str) -> str:
    return "–" if value is None else f"{formats.number(value, locale, 4)} {one.unit}"


def _source(one: Dispute, translate: Translate) -> str:
    return translate(mark("our copy of the Tariff")) if one.priced_by == "ours" else translate(mark("the Tariff in it"))


def _plain(line: str) -> str:
    """Mail programs break at no other spaces."""
    return line.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
