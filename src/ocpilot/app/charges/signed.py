"""Signed meter values as a station sent them, put into the CDR byte for byte (mod_cdrs, "SignedData")."""

import logging
from collections.abc import Iterable, Sequence

import msgspec

from ocpilot.app.kept.charge_records import SampleRow
from ocpilot.app.kept.records import Record
from ocpilot.app.kept.station_events import SampledValue
from ocpilot.metering import ocmf
from ocpilot.metering.ocmf import ReadingKind
from ocpilot.metering.signed import judge_text
from ocpilot.metering.signed_texts import SignedText, envelope
from ocpilot.wire.v230 import SignedData, SignedValue

log = logging.getLogger(__name__)

#: How the known encodings begin (mod_cdrs, "SignedData", table of encodings).
_ENCODINGS = {ocmf.LEAD: "OCMF", "AP;": "Alfen Eichrecht"}
_OTHER = "#NA"
#: OCPP's contexts (1.6 7.32, 2.0.1 3.66, "ReadingContext") -> the nature of a signed value.
_NATURES = {"Transaction.Begin": "Start", "Transaction.End": "End"}
#: What a CDR holds of a value, a key and the name of an encoding.
_LONGEST_VALUE, _LONGEST_KEY, _LONGEST_NAME = 5000, 512, 36


class Blob(Record, frozen=True):
    """One signed value as the station wrote it, and what it told beside it."""

    value: str
    context: str | None = None
    public_key: str | None = None
    encoding: str | None = None

    @property
    def text(self) -> SignedText:
        """What was signed: out of the JSON that OCPP 1.6 puts around it, or the value as it is."""
        inner = envelope(self.value)
        return SignedText(
            text=inner.text if inner else self.value,
            key=(inner.key if inner else None) or self.public_key,
            encoding=(inner.encoding if inner else None) or self.encoding,
            context=self.context,
        )


class _Kept(msgspec.Struct, frozen=True):
    signed: tuple[Blob, ...] = ()


def blobs_in(values: Iterable[SampledValue]) -> tuple[Blob, ...]:
    """The signed ones among sampled values: of OCPP 1.6 by their format, of 2.x those with a signed value beside."""
    return tuple(blob for one in values for blob in _blob(one))


def _blob(one: SampledValue) -> Iterable[Blob]:
    if one.signed is not None and one.signed.data:
        yield Blob(
            value=one.signed.data,
            context=one.context,
            public_key=one.signed.public_key,
            encoding=one.signed.encoding_method,
        )
    elif one.format == "SignedData":
        yield Blob(value=one.value, context=one.context)


def blobs_of(rows: Sequence[SampleRow]) -> tuple[Blob, ...]:
    """All signed values of a transaction in order of time; one that was sent twice, as with the stop, once."""
    found = {blob.value: blob for row in rows for blob in msgspec.json.decode(row.body, type=_Kept).signed}
    return tuple(found.values())


def signed_data_of(texts: Sequence[SignedText], key: str | None) -> SignedData | None:
    """What a CDR says of them, None when there are none; `key` in Base64. One that no CDR can hold is left out and
    logged."""
    held = [one for one in texts if len(one.text) <= _LONGEST_VALUE]
    for one in texts:
        if len(one.text) > _LONGEST_VALUE:
            log.error("a signed meter value of %d characters is too long for a CDR", len(one.text))
    if not held:
        return None
    return SignedData(
        encoding_method=_encoding(held[0]),
        public_key=key if key and len(key) <= _LONGEST_KEY else None,
        signed_values=tuple(
            SignedValue(nature=_nature(one), plain_data=ocmf.payload_of(one.text), signed_data=one.text) for one in held
        ),
    )


def _encoding(one: SignedText) -> str:
    known = next((name for lead, name in _ENCODINGS.items() if one.text.startswith(lead)), None)
    return known or (one.encoding or _OTHER)[:_LONGEST_NAME]


def _nature(one: SignedText) -> str:
    """By the station's context; one that says nothing is judged by the readings in it."""
    if one.context is not None:
        return _NATURES.get(one.context, "Intermediate")
    record = judge_text(one, None).record
    if record is None:
        return "Intermediate"
    ends = {ReadingKind.END: "End", ReadingKind.BEGIN: "Start"}
    return next((word for kind, word in ends.items() if record.of_kind(kind)), "Intermediate")
