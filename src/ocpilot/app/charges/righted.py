"""What a station sent about a transaction, at the times at which it really was (`metering.clocks`)."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ocpilot.app.charges import samples
from ocpilot.app.kept.charge_records import SampleRow, Transaction
from ocpilot.metering.clocks import clock_of
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
    started, stopped = transaction.started_at, transaction.stopped_at
    sent = samples.all_of(transaction, rows)
    stamps = [(started, transaction.start_arrived), *((one.at, arrived) for one, arrived in sent)]
    if stopped is not None:
        stamps.append((stopped, transaction.stop_arrived))
    clock = clock_of([(at, arrived) for at, arrived in stamps if arrived is not None])
    start = clock.right(started, transaction.start_arrived)
    end = stopped and max(clock.right(stopped, transaction.stop_arrived), start)
    if not clock.findings:
        return Righted(tuple(one for one, _ in sent), start, end, ())
    moved = tuple(msgspec.structs.replace(one, at=clock.right(one.at, arrived)) for one, arrived in sent)
    return Righted(moved, start, end, clock.findings)
