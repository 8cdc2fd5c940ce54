"""Signed meter values, forwarded as the station sent them (mod_cdrs, "SignedData")."""

import logging
from collections.abc import Iterable, Sequence

import msgspec

from ocpilot.app.charge_records import SampleRow
from ocpilot.app.records import Record
from ocpilot.app.station_events import SampledValue
from ocpilot.wire.v230 import SignedData, SignedValue

log = logging.getLogger(__name__)

#: How the known encodings begin (mod_cdrs, "SignedData", table of encodings).
_ENCODINGS = {"OCMF|": "OCMF", "AP;": "Alfen Eichrecht"}
_OTHER = "#NA"
#: OCPP 1.6 (7.32, "ReadingContext") -> the nature of a signed value.
_NATURES = {"Transaction.Begin": "Start", "Transaction.End": "End"}
_LONGEST = 5000


class Blob(Record, frozen=True):
    """One signed value, byte for byte, and the context the station named."""

    value: str
    context: str | None = None


class _Kept(msgspec.Struct, frozen=True):
    signed: tuple[Blob, ...] = ()


def blobs_in(values: Iterable[SampledValue]) -> tuple[Blob, ...]:
    """The signed ones among sampled values; one that no CDR can hold is left out and logged."""
    signed = [one for one in values if one.format == "SignedData"]
    for one in signed:
        if len(one.value) > _LONGEST:
            log.error("a signed meter value of %d characters is too long for a CDR", len(one.value))
    return tuple(Blob(value=one.value, context=one.context) for one in signed if len(one.value) <= _LONGEST)


def signed_data_of(rows: Sequence[SampleRow]) -> SignedData | None:
    """All signed values of a transaction in order of time, None when there are none."""
    blobs = [blob for row in rows for blob in msgspec.json.decode(row.body, type=_Kept).signed]
    if not blobs:
        return None
    return SignedData(
        encoding_method=next((name for lead, name in _ENCODINGS.items() if blobs[0].value.startswith(lead)), _OTHER),
        signed_values=tuple(
            SignedValue(
                nature=_NATURES.get(blob.context or "", "Intermediate"),
                plain_data=_plain(blob.value),
                signed_data=blob.value,
            )
            for blob in blobs
        ),
    )


def _plain(value: str) -> str:
    """What was signed: OCMF carries it in clear between the first two bars; of others only the whole is known."""
    parts = value.split("|")
    return parts[1] if parts[0] == "OCMF" and len(parts) >= 3 else value
