"""What a station sent about a transaction, at the times at which it really was (`metering.clocks`)."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from ocpilot.app import samples
from ocpilot.app.charge_records import SampleRow, Transaction
from ocpilot.metering.clocks import Stamp, StationClock, clock_of
from ocpilot.metering.findings import Finding
from ocpilot.metering.samples import MeterSample


class Righted(msgspec.Struct, frozen=True):
    """All samples, start and end in right time, and what was wrong with the clock."""

    samples: tuple[MeterSample, ...]
    start: datetime
    end: datetime | None
    findings: tuple[Finding, ...]


def righted(transaction: Transaction, rows: Sequence[SampleRow]) -> Righted:
    """By when its messages arrived; where that is not known the station's clock is believed."""
    clock = clock_of(tuple(_stamps(transaction, rows)))
    sent = samples.all_of(transaction, rows)
    start = clock.right(transaction.started_at, transaction.start_arrived)
    end = transaction.stopped_at and max(clock.right(transaction.stopped_at, transaction.stop_arrived), start)
    if clock.findings:
        sent = _moved(clock, transaction, rows, sent)
    return Righted(sent, start, end, clock.findings)


def _stamps(transaction: Transaction, rows: Sequence[SampleRow]) -> Iterator[Stamp]:
    if transaction.start_arrived is not None:
        yield transaction.started_at, transaction.start_arrived
    for row in rows:
        if row.arrived is not None:
            yield row.at, row.arrived
    if transaction.stopped_at is not None and transaction.stop_arrived is not None:
        yield transaction.stopped_at, transaction.stop_arrived


def _moved(
    clock: StationClock, transaction: Transaction, rows: Sequence[SampleRow], sent: Sequence[MeterSample]
) -> tuple[MeterSample, ...]:
    arrived = {row.at: row.arrived for row in rows}
    arrived[transaction.started_at] = transaction.start_arrived
    if transaction.stopped_at is not None:
        arrived[transaction.stopped_at] = transaction.stop_arrived
    return tuple(msgspec.structs.replace(one, at=clock.right(one.at, arrived.get(one.at))) for one in sent)
