"""Meter values and states of a transaction as they are kept: normalised, one row per moment."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from ocpilot.app.charges.signed import Blob, blobs_in
from ocpilot.app.kept.charge_records import SampleRow, Transaction
from ocpilot.app.kept.station_events import StationSample
from ocpilot.metering.findings import Finding, Oddity, once_each
from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.metering.units import DEFAULT_MEASURAND, Reading, samples_of

#: How many values of one moment that could not be used are kept.
_REFUSED = 3
#: How many events of one transaction are counted, and how many that are missing are named.
_EVENTS, _NAMED = 100_000, 10

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


def rows_of(
    transaction_id: int, samples: Iterable[StationSample], arrived: datetime, seq_no: int | None = None
) -> tuple[SampleRow, ...]:
    """What a station sent, normalised; a sample without a time gets the time it arrived. The first one has the number
    of its event."""
    rows: list[SampleRow] = []
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
        refused = tuple(one.found for one in findings[:_REFUSED])
        beside = _Beside(
            signed=blobs_in(sample.values), refused=refused, seq=None if rows else seq_no, ours=sample.at is None
        )
        rows.append(_row(transaction_id, first, arrived, beside))
        rows += [_row(transaction_id, one, arrived, _Beside(ours=sample.at is None)) for one in others]
    return tuple(rows)


def state_row(
    transaction_id: int, status: str, at: datetime | None, arrived: datetime, seq_no: int | None = None
) -> SampleRow | None:
    """A change of state within a transaction, or None when the station's word is no state of charging."""
    state = _STATES.get(status)
    if state is None:
        return None
    return _row(
        transaction_id, MeterSample(at=at or arrived, state=state), arrived, _Beside(seq=seq_no, ours=at is None)
    )


def bare_row(transaction_id: int, at: datetime | None, arrived: datetime, seq_no: int) -> SampleRow:
    """That an event came that says nothing of this."""
    return _row(transaction_id, MeterSample(at=at or arrived), arrived, _Beside(seq=seq_no, ours=at is None))


def register_row(begun: Transaction) -> SampleRow:
    """What the meter showed when a transaction of 1.6 began."""
    arrived = begun.start_arrived or begun.started_at
    return _row(begun.id, MeterSample(at=begun.started_at, register_wh=begun.meter_start_wh), arrived)


def shown_rows(transaction_id: int, register_wh: Decimal | None, now: datetime) -> tuple[SampleRow, ...]:
    """What the meter shows now, by another word about what is over."""
    if register_wh is None:
        return ()
    return (_row(transaction_id, MeterSample(at=now, register_wh=register_wh), now, _Beside(ours=True)),)


def findings_of(rows: Sequence[SampleRow]) -> Iterator[Finding]:
    """What is odd about all that came of a transaction, whatever it measured."""
    beside = [(row.at, msgspec.json.decode(row.body, type=_Beside)) for row in rows]
    yield from once_each(
        Finding(kind=Oddity.VALUES_REFUSED, found=found, at=at) for at, one in beside for found in one.refused
    )
    came = {one.seq for _, one in beside if one.seq is not None}
    missing = sorted(set(range(min(came), max(came))) - came) if came and max(came) - min(came) < _EVENTS else []
    if missing:
        named = ", ".join(map(str, missing[:_NAMED]))
        yield Finding(kind=Oddity.EVENTS_MISSING, found=f"{named} of {min(came)} to {max(came)}", more=len(missing) - 1)


def moved(transaction_id: int, row: SampleRow) -> SampleRow:
    """A sample as that of another transaction."""
    return msgspec.structs.replace(row, transaction_id=transaction_id)


def all_of(transaction: Transaction, rows: Sequence[SampleRow]) -> tuple[tuple[MeterSample, datetime | None], ...]:
    """Every sample of a transaction, its first and last register among them as far as the station said them; and when
    it arrived, None where that is not known or where its time is ours."""
    sent = [(msgspec.json.decode(row.body, type=MeterSample), _told_at(row)) for row in rows]
    first, last = transaction.meter_start_wh, transaction.meter_stop_wh
    if first is not None:
        sent.insert(0, (MeterSample(at=transaction.started_at, register_wh=first), transaction.start_arrived))
    if transaction.stopped_at is not None and last is not None:
        sent.append((MeterSample(at=transaction.stopped_at, register_wh=last), transaction.stop_arrived))
    return tuple(sent)


def _told_at(row: SampleRow) -> datetime | None:
    return None if msgspec.json.decode(row.body, type=_Beside).ours else row.arrived


class _Beside(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands beside a sample's own fields, which readers of samples pass over: signed values, what of it could not
    be used, the number of the event it came with, and whether its time is ours for want of the station's."""

    signed: tuple[Blob, ...] = ()
    refused: tuple[str, ...] = ()
    seq: int | None = None
    ours: bool = False


_NOTHING = _Beside()


def _row(transaction_id: int, sample: MeterSample, arrived: datetime, beside: _Beside = _NOTHING) -> SampleRow:
    body = msgspec.to_builtins(sample) | msgspec.to_builtins(beside)
    text = msgspec.json.encode(body).decode()
    return SampleRow(transaction_id=transaction_id, at=sample.at, body=text, arrived=arrived)
