"""Meter values and states of a transaction as they are kept: normalised, one row per moment."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from ocpilot.app.charge_records import SampleRow, Transaction
from ocpilot.app.signed import Blob, blobs_in
from ocpilot.app.station_events import StationSample
from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.metering.units import DEFAULT_MEASURAND, Reading, samples_of

log = logging.getLogger(__name__)

#: OCPP 1.6 (7.7, "ChargePointStatus") and 2.x ("ChargingStateEnumType") in a transaction -> who holds back the energy.
_STATES = {
    "Preparing": ChargingState.CONNECTED,
    "EVConnected": ChargingState.CONNECTED,
    "Idle": ChargingState.IDLE,
    "Charging": ChargingState.CHARGING,
    "SuspendedEV": ChargingState.SUSPENDED_EV,
    "SuspendedEVSE": ChargingState.SUSPENDED_EVSE,
    "Finishing": ChargingState.IDLE,
    # Whatever broke, the driver could not charge.
    "Faulted": ChargingState.SUSPENDED_EVSE,
}


def rows_of(transaction_id: int, samples: Iterable[StationSample], arrived: datetime) -> tuple[SampleRow, ...]:
    """What a station sent, normalised; a sample without a time gets the time it arrived."""
    rows = []
    for sample in samples:
        readings = [
            Reading(
                value=one.value,
                measurand=one.measurand or DEFAULT_MEASURAND,
                unit=one.unit,
                multiplier=one.multiplier,
                phase=one.phase,
                location=one.location,
                context=one.context,
            )
            for one in sample.values
            if one.format != "SignedData"
        ]
        (first, *others), findings = samples_of(sample.at or arrived, readings)
        for finding in findings:
            log.info("transaction %d: %s", transaction_id, finding)
        rows.append(_row(transaction_id, first, arrived, blobs_in(sample.values)))
        rows += [_row(transaction_id, one, arrived) for one in others]
    return tuple(rows)


def state_row(transaction_id: int, status: str, at: datetime | None, arrived: datetime) -> SampleRow | None:
    """A change of state within a transaction, or None when the station's word is no state of charging."""
    state = _STATES.get(status)
    return None if state is None else _row(transaction_id, MeterSample(at=at or arrived, state=state), arrived)


def moved(transaction_id: int, row: SampleRow) -> SampleRow:
    """A sample as that of another transaction."""
    return msgspec.structs.replace(row, transaction_id=transaction_id)


def all_of(transaction: Transaction, rows: Sequence[SampleRow]) -> tuple[MeterSample, ...]:
    """Every sample of a transaction, its first and last register among them, as far as the station said them."""
    sent = [msgspec.json.decode(row.body, type=MeterSample) for row in rows]
    if transaction.stopped_at is not None and transaction.meter_stop_wh is not None:
        sent.append(MeterSample(at=transaction.stopped_at, register_wh=transaction.meter_stop_wh))
    if transaction.meter_start_wh is None:
        return tuple(sent)
    return (MeterSample(at=transaction.started_at, register_wh=transaction.meter_start_wh), *sent)


def _row(transaction_id: int, sample: MeterSample, arrived: datetime, signed: tuple[Blob, ...] = ()) -> SampleRow:
    """Signed values stand beside the sample's own fields, which readers of samples pass over."""
    body = msgspec.to_builtins(sample) | ({"signed": msgspec.to_builtins(signed)} if signed else {})
    text = msgspec.json.encode(body).decode()
    return SampleRow(transaction_id=transaction_id, at=sample.at, body=text, arrived=arrived)
