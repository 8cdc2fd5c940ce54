"""Signed meter values in words: what a meter says, and whether its signature holds."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import msgspec

from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.metering.ocmf import Judged, SignedReading, SignedRecord
from ocpilot.metering.signed import SignedCharge, SignedFinding

#: How far a verdict goes that only stands on a key in the same file.
_KEY_IN_FILE = "the key came with the values: compare it with the one on the meter (ends with {short})"


class TextFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One signed value as JSON."""

    verdict: SignedVerdict
    reason: str
    context: str | None
    record: SignedRecord | None
    text: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All of a file as JSON; `key` in Base64."""

    verdict: SignedVerdict
    reason: str
    kwh: Decimal | None
    key: str | None
    findings: tuple[SignedFinding, ...]
    notes: tuple[str, ...]
    texts: tuple[TextFacts, ...]


def facts(found: SignedCharge) -> Facts:
    """The verdict for a program."""
    return Facts(
        verdict=found.verdict,
        reason=found.reason,
        kwh=found.kwh,
        key=found.key,
        findings=found.findings,
        notes=found.notes,
        texts=tuple(
            TextFacts(
                verdict=one.judged.verdict,
                reason=one.judged.reason,
                context=one.context,
                record=one.judged.record,
                text=one.text,
            )
            for one in found.texts
        ),
    )


def lines(found: SignedCharge, *, own_key: bool) -> Iterator[str]:
    """The verdict for a person: each value, then the whole."""
    for place, one in enumerate(found.texts, start=1):
        yield f"value {place}{f' ({one.context})' if one.context else ''}: {one.judged.verdict}, {one.judged.reason}"
        yield from _record(one.judged)
    if found.kwh is not None:
        yield f"energy by difference: {found.kwh:f} kWh"
    for note in found.notes:
        yield f"note: {note}"
    if found.short and not own_key:
        yield f"note: {_KEY_IN_FILE.format(short=found.short)}"
    yield f"{found.verdict}: {found.reason}"


def _record(judged: Judged) -> Iterator[str]:
    said = judged.record
    if said is None:
        return
    yield f"  meter {said.meter or 'not named'}{f', charger {said.gateway}' if said.gateway else ''}, page {said.page}"
    known = "identified" if said.identified else "not identified"
    yield f"  who     {said.id or 'nobody named'}{f' ({said.id_kind})' if said.id_kind else ''}, {known}"
    for one in said.readings:
        yield f"  {one.kind:<7} {_reading(one)}"


def _reading(one: SignedReading) -> str:
    register = f", register {one.register}" if one.register else ""
    error = "" if one.ok else ", the meter reported an error"
    return f"{one.value:f} {one.unit or ''} at {_moment(one.at)}, clock {one.clock}{register}{error}"


def _moment(at: datetime) -> str:
    """As the meter wrote it, with its own offset."""
    return at.isoformat(sep=" ", timespec="seconds")
