"""Uptime: each status counts as the guide says, within the time that is asked about, from when service began."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpilot.metering.uptime import Spell, Uptime, total, uptime
from ocpilot.wire.v230 import Status

MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def spells(*said):
    """(hour, status) or (hour, status, planned)."""
    return [
        Spell(since=MIDNIGHT + HOUR * hour, status=status, planned=bool(planned)) for hour, status, *planned in said
    ]


def found(*said, since=0, until=24):
    return uptime(spells(*said), MIDNIGHT + HOUR * since, MIDNIGHT + HOUR * until)


@pytest.mark.parametrize("status", [Status.AVAILABLE, Status.CHARGING, Status.RESERVED, Status.BLOCKED])
def test_what_works_is_up_also_when_somebody_stands_on_it(status):
    assert found((0, status)) == Uptime(observed=24 * HOUR)
    assert found((0, status)).share == 1


@pytest.mark.parametrize("status", [Status.INOPERATIVE, Status.OUTOFORDER, Status.UNKNOWN])
def test_a_fault_and_silence_are_down(status):
    result = found((0, Status.AVAILABLE), (18, status))
    unknown = 6 * HOUR if status is Status.UNKNOWN else timedelta(0)
    assert result == Uptime(observed=24 * HOUR, down=6 * HOUR, unknown=unknown, outages=1)
    assert result.share == 0.75


def test_planned_maintenance_is_shown_apart():
    result = found(
        (0, Status.AVAILABLE), (6, Status.INOPERATIVE, True), (12, Status.OUTOFORDER), (18, Status.AVAILABLE)
    )
    assert result == Uptime(observed=24 * HOUR, down=6 * HOUR, maintenance=6 * HOUR, outages=1)
    assert (result.share, result.share_without_maintenance) == (0.5, pytest.approx(2 / 3))


def test_what_is_not_in_service_is_not_looked_at():
    result = found((0, Status.PLANNED), (6, Status.AVAILABLE), (18, Status.REMOVED))
    assert result == Uptime(observed=12 * HOUR)
    assert found((0, Status.REMOVED)).share is None
    assert uptime([], MIDNIGHT, MIDNIGHT + HOUR) == Uptime()


def test_only_the_time_that_is_asked_about_counts():
    said = ((0, Status.OUTOFORDER), (8, Status.AVAILABLE), (20, Status.OUTOFORDER))
    assert found(*said, since=4, until=12) == Uptime(observed=8 * HOUR, down=4 * HOUR)
    assert found(*said, since=4, until=12).share == 0.5


def test_from_one_fault_to_another_is_one_outage():
    said = ((0, Status.AVAILABLE), (1, Status.OUTOFORDER), (2, Status.UNKNOWN), (3, Status.AVAILABLE))
    assert found(*said, (4, Status.INOPERATIVE)).outages == 2


def test_a_station_is_its_evses_each_for_as_long_as_it_was_in_service():
    parts = [found((0, Status.AVAILABLE)), found((0, Status.PLANNED), (12, Status.OUTOFORDER))]
    assert total(parts) == Uptime(observed=36 * HOUR, down=12 * HOUR, outages=1)
    assert total([]) == Uptime()
