"""Meter values of OCPP 2.x, signed ones among them, as the platform knows them."""

import base64
import binascii
from decimal import Decimal
from typing import cast

from ocpilot.app.kept.station_events import Payload, SampledValue, SignedMeterValue, StationSample
from ocpilot.base.time import Clock
from ocpilot.ocpp.values import inner, moment, optional_whole, required_text, text


def samples_of(payload: Payload, clock: Clock) -> tuple[StationSample, ...]:
    """Of a TransactionEvent or MeterValues ("MeterValueType")."""
    moments = cast(list[Payload], payload.get("meterValue", []))
    return tuple(
        StationSample(
            at=moment(one, clock), values=tuple(_value(value) for value in cast(list[Payload], one["sampledValue"]))
        )
        for one in moments
    )


def _value(payload: Payload) -> SampledValue:
    unit, signed = inner(payload, "unitOfMeasure") or {}, inner(payload, "signedMeterValue")
    return SampledValue(
        value=f"{cast(Decimal | int, payload['value'])}",
        measurand=text(payload, "measurand"),
        unit=text(unit, "unit"),
        multiplier=optional_whole(unit, "multiplier") or 0,
        phase=text(payload, "phase"),
        context=text(payload, "context"),
        location=text(payload, "location"),
        signed=_signed(signed) if signed else None,
    )


def _signed(payload: Payload) -> SignedMeterValue:
    return SignedMeterValue(
        data=_decoded(required_text(payload, "signedMeterData")),
        signing_method=text(payload, "signingMethod"),
        encoding_method=text(payload, "encodingMethod"),
        public_key=_decoded(required_text(payload, "publicKey")) or None,
    )


def _decoded(value: str) -> str:
    """The text in Base64, as the standard wants it; what is none stays as it came ("SignedMeterValueType")."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return value
