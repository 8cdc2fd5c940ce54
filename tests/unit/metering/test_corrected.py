"""Another energy than the meter told is shared among the periods as it was measured, exactly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ocpilot.metering.corrected import with_kwh
from ocpilot.metering.periods import Measured
from ocpilot.wire.v230 import CdrDimension, CdrDimensionType, ChargingPeriod

START = datetime(2026, 11, 23, tzinfo=UTC)


def measured(*energies):
    periods = tuple(
        ChargingPeriod(
            start_date_time=START + timedelta(hours=number),
            dimensions=(
                CdrDimension(type=CdrDimensionType.TIME, volume=Decimal(1)),
                *((CdrDimension(type=CdrDimensionType.ENERGY, volume=Decimal(kwh)),) if kwh else ()),
            ),
        )
        for number, kwh in enumerate(energies)
    )
    hours = timedelta(hours=len(energies))
    total = sum((Decimal(kwh) for kwh in energies if kwh), Decimal(0))
    return Measured(
        start=START,
        end=START + hours,
        periods=periods,
        kwh=total,
        charging=hours,
        parked=timedelta(),
        withheld=timedelta(),
    )


def energies(found):
    return [
        [str(one.volume) for one in period.dimensions if one.type is CdrDimensionType.ENERGY]
        for period in found.periods
    ]


@pytest.mark.parametrize(
    ("before", "kwh", "after"),
    [
        (["6", "2"], "4", [["3.0000"], ["1.0000"]]),
        (["1", "1", "1"], "10", [["3.3333"], ["3.3333"], ["3.3334"]]),
        (["3", None], "1.5", [["1.5000"], []]),
        ([None, None], "2", [["2.0000"], []]),
        (["5"], "0", [[]]),
    ],
)
def test_it_adds_up_and_what_else_was_measured_stays(before, kwh, after):
    found = with_kwh(measured(*before), Decimal(kwh))
    assert (energies(found), found.kwh) == (after, Decimal(kwh))
    assert all(one.dimensions[-1].type is CdrDimensionType.TIME for one in found.periods)
