"""The signed meter values of one charge: each signature, whether begin and end belong together, and the energy."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.metering import ocmf
from ocpilot.metering.ocmf import Judged, ReadingKind, SignedReading, SignedRecord
from ocpilot.metering.public_keys import PublicKey
from ocpilot.metering.signed_texts import SignedText

_WORST_FIRST = tuple(SignedVerdict)
_PAGE = re.compile(r"([TF])([0-9]{1,18})")


class SignedFinding(msgspec.Struct, frozen=True):
    """One thing that is not as it should be, and why."""

    verdict: SignedVerdict
    reason: str


class JudgedText(msgspec.Struct, frozen=True, kw_only=True):
    """One signed value with the verdict on it."""

    text: str
    context: str | None
    judged: Judged


class SignedCharge(msgspec.Struct, frozen=True, kw_only=True):
    """What the signed values of a charge come to. `kwh` is the difference of the signed begin and end reading, None
    when there is no such pair; `key` the one checked with, in Base64, and `short` its end in hex.

    `notes` are odd and held against nobody: a reading during an error of the meter, pages that are not here.
    """

    texts: tuple[JudgedText, ...]
    findings: tuple[SignedFinding, ...]
    begin: SignedReading | None = None
    end: SignedReading | None = None
    kwh: Decimal | None = None
    key: str | None = None
    short: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> SignedVerdict:
        """The worst of the findings, VALID without any."""
        return min((one.verdict for one in self.findings), key=_WORST_FIRST.index, default=SignedVerdict.VALID)

    @property
    def reason(self) -> str:
        """Why the verdict is so."""
        return next(
            (one.reason for one in self.findings if one.verdict is self.verdict),
            "every signature is right, and the begin and end reading belong together",
        )

    @property
    def record(self) -> SignedRecord | None:
        """What the first text that can be read says of meter and driver."""
        return next((one.judged.record for one in self.texts if one.judged.record), None)


class _Pair(msgspec.Struct, frozen=True):
    """The first begin and the last end reading, with the texts that they stand in."""

    begin: tuple[SignedRecord, SignedReading] | None
    end: tuple[SignedRecord, SignedReading] | None


def judge_charge(
    texts: Sequence[SignedText],
    known: PublicKey | None,
    *,
    billed_kwh: Decimal | None = None,
    tolerance_kwh: Decimal = Decimal(0),
) -> SignedCharge:
    """The verdict on all signed values of a charge. `known` is the key that the EVSE's meter is known by; without one
    the first key that came with the values counts. `billed_kwh` may be `tolerance_kwh` away from what was signed."""
    sent, unreadable = _keys_in(texts)
    key = known or next(iter(sent), None)
    judged = tuple(JudgedText(text=one.text, context=one.context, judged=judge_text(one, key)) for one in texts)
    records = [one.judged.record for one in judged if one.judged.record]
    pair = _pair(records)
    kwh = _difference(pair)
    findings = [
        *_of_texts(judged),
        *(() if known else unreadable),
        *_of_keys(sent, key),
        *_of_pair(pair, judged),
        *_of_energy(kwh, billed_kwh, tolerance_kwh),
    ]
    return SignedCharge(
        texts=judged,
        findings=tuple(dict.fromkeys(findings)),
        begin=pair.begin[1] if pair.begin else None,
        end=pair.end[1] if pair.end else None,
        kwh=kwh,
        key=key.text if key else None,
        short=key.short if key else None,
        notes=tuple(_notes(pair, records)),
    )


def _keys_in(texts: Sequence[SignedText]) -> tuple[list[PublicKey], list[SignedFinding]]:
    """The different keys that came with the values, in order, and those that cannot be read."""
    keys: list[PublicKey] = []
    unreadable = []
    for text in (one.key for one in texts if one.key):
        try:
            key = PublicKey.of(text)
        except ValueError as error:
            unreadable.append(SignedFinding(SignedVerdict.UNREADABLE, f"the key that came with it: {error}"))
            continue
        if not any(key.is_same(other) for other in keys):
            keys.append(key)
    return keys, unreadable


def judge_text(one: SignedText, key: PublicKey | None) -> Judged:
    """The verdict on one signed value by itself."""
    if not one.text.startswith(ocmf.LEAD) and (one.encoding or "").upper() != "OCMF":
        known = f"the format {one.encoding}" if one.encoding else "this format"
        return Judged(verdict=SignedVerdict.UNSUPPORTED, reason=f"we cannot check {known}, only OCMF")
    from ocpilot.metering.ocmf_check import judge  # noqa: PLC0415 - pyocmf takes 0.4 s to import; few commands need it

    return judge(one.text, key)


def _of_texts(judged: Sequence[JudgedText]) -> Iterator[SignedFinding]:
    for one in judged:
        if one.judged.verdict is not SignedVerdict.VALID:
            yield SignedFinding(one.judged.verdict, one.judged.reason)


def _of_keys(sent: Sequence[PublicKey], key: PublicKey | None) -> Iterator[SignedFinding]:
    for other in sent:
        if key is not None and not other.is_same(key):
            said = f"the key ...{other.short} came with it, the meter is known by ...{key.short}"
            yield SignedFinding(SignedVerdict.OTHER_KEY, said)


# ---- begin and end -------------------------------------------------------------------------------------------------


def _pair(records: Sequence[SignedRecord]) -> _Pair:
    """One text may hold both; then it is that pair, for a begin sent before says the same once more."""
    for record in reversed(records):
        begin, end = _best(record.of_kind(ReadingKind.BEGIN)), _best(record.of_kind(ReadingKind.END))
        if begin is not None and end is not None:
            same = next((one for one in record.of_kind(ReadingKind.BEGIN) if one.register == end.register), begin)
            return _Pair((record, same), (record, end))
    begins = [(record, _best(record.of_kind(ReadingKind.BEGIN))) for record in records]
    ends = [(record, _best(record.of_kind(ReadingKind.END))) for record in records]
    return _Pair(
        next(((record, one) for record, one in begins if one), None),
        next(((record, one) for record, one in reversed(ends) if one), None),
    )


def _best(readings: Sequence[SignedReading]) -> SignedReading | None:
    """Of several registers the one that counts: what was lost in the cable taken off, else one that may be billed."""
    order = sorted(readings, key=lambda one: (not one.is_compensated, not one.is_lawful))
    return order[0] if order else None


def _difference(pair: _Pair) -> Decimal | None:
    if pair.begin is None or pair.end is None:
        return None
    begin, end = pair.begin[1].kwh, pair.end[1].kwh
    return None if begin is None or end is None else end - begin


def _of_pair(pair: _Pair, judged: Sequence[JudgedText]) -> Iterator[SignedFinding]:
    if pair.begin is not None and pair.end is not None:
        for reason in _differs(pair.begin, pair.end):
            yield SignedFinding(SignedVerdict.MISMATCHED, f"begin and end do not belong together: {reason}")
    elif any(one.judged.record for one in judged):
        missing = " and no ".join(name for name, one in (("begin", pair.begin), ("end", pair.end)) if one is None)
        yield SignedFinding(SignedVerdict.INCOMPLETE, f"no {missing} reading of energy was signed")


def _differs(before: tuple[SignedRecord, SignedReading], after: tuple[SignedRecord, SignedReading]) -> Iterator[str]:
    (first, begin), (last, end) = before, after
    for name, one, other in (
        ("meter", first.meter, last.meter),
        ("who charged", first.id, last.id),
        ("register", begin.register, end.register),
        ("unit", begin.unit, end.unit),
    ):
        if one != other:
            yield f"{name} {one or 'not named'}, then {other or 'not named'}"
    if end.value < begin.value and begin.unit == end.unit:
        yield f"the reading falls from {begin.value} to {end.value} {end.unit}"
    if end.at < begin.at:
        yield f"the end ({end.at}) is before the begin ({begin.at})"
    if first is not last:
        yield from _pages_fall(first.page, last.page)


def _pages_fall(first: str | None, last: str | None) -> Iterator[str]:
    one, other = _page(first), _page(last)
    if one and other and (one[0] != other[0] or one[1] >= other[1]):
        yield f"page {first}, then {last}"


def _page(text: str | None) -> tuple[str, int] | None:
    """The counter (of transactions or fiscal) and its number (OCMF, table "Pagination")."""
    match = _PAGE.fullmatch(text or "")
    return (match[1], int(match[2])) if match else None


def _of_energy(kwh: Decimal | None, billed: Decimal | None, tolerance: Decimal) -> Iterator[SignedFinding]:
    if kwh is not None and billed is not None and abs(kwh - billed) > tolerance:
        said = f"the meter signed {kwh.normalize():f} kWh, the charge has {billed.normalize():f} kWh"
        yield SignedFinding(SignedVerdict.OTHER_ENERGY, said)


def _notes(pair: _Pair, records: Sequence[SignedRecord]) -> Iterator[str]:
    for one in (pair.begin, pair.end):
        if one is not None and not one[1].ok:
            yield f"the meter reported an error with its {one[1].kind} reading"
        if one is not None and one[1].clock != "synchronised":
            yield f"the clock of the {one[1].kind} reading is {one[1].clock}"
    here = sorted({page for page in (_page(one.page) for one in records) if page})
    for (counter, number), (next_counter, following) in pairwise(here):
        if counter == next_counter and following > number + 1:
            yield f"between the pages {counter}{number} and {counter}{following} some are not here"
