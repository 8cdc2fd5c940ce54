"""Every rule about meters, played by a station of 1.6 over a socket: the CDR is right, or a person is asked."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from odd_stations import Became, Step, odd_station, play, start, status, stop, values

from ocpilot.metering.findings import Oddity

REGISTER = "Energy.Active.Import.Register"
INTERVAL = "Energy.Active.Import.Interval"


def power(watts: int) -> dict[str, str]:
    return {"value": str(watts), "measurand": "Power.Active.Import", "unit": "W"}


def of(value: object, **more: str) -> dict[str, str]:
    return {"value": str(value), **more}


def billed(kwh: str, *kinds: Oddity) -> tuple[str, Decimal | None, frozenset[Oddity]]:
    return "billed", Decimal(kwh), frozenset(kinds)


def held(*kinds: Oddity) -> tuple[str, Decimal | None, frozenset[Oddity]]:
    return "held", None, frozenset(kinds)


CASES = {
    "registers in Wh": ([start(0), values(30, 6000), stop(60, 11_000)], billed("10")),
    "registers in kWh": ([start(0), values(30, "6.0", unit="kWh"), stop(60, 11_000)], billed("10")),
    "no unit at the end": (
        [
            start(0, 1_234_000),
            values(20, "1237.5", unit="kWh"),
            values(40, "1240.5", unit="kWh"),
            values(59, "1243.5"),
            stop(60, 1_244_000),
        ],
        billed("10", Oddity.UNIT_CORRECTED),
    ),
    "Wh called kWh": (
        [start(0), values(20, 4000, unit="kWh"), values(40, 8000, unit="kWh"), stop(60, 11_000)],
        billed("10", Oddity.UNIT_CORRECTED),
    ),
    "kWh called Wh, and nothing else is known": (
        [start(0, 1_234_000), values(20, 1237), values(40, 1240), values(57, 1243), stop(60, 1_244_000)],
        held(Oddity.UNIT_UNCLEAR),
    ),
    "kWh called Wh, and the power is known": (
        [
            start(0, 1_234_000),
            *(values(at, of(wh), power(10_000)) for at, wh in ((5, 1235), (20, 1237), (40, 1240), (59, 1243))),
            stop(60, 1_244_000),
        ],
        billed("10", Oddity.UNIT_CORRECTED),
    ),
    "float noise": ([start(0, 0), values(30, "0.30004000000000003", unit="kWh"), stop(60, 300)], billed("0.3")),
    "phases instead of their sum": (
        [
            start(0, 3000),
            values(30, *(of(3000, unit="Wh", measurand=REGISTER, phase=phase) for phase in ("L1", "L2", "L3"))),
            stop(60, 13_000),
        ],
        billed("10"),
    ),
    "the state of charge first": (
        [start(0), values(30, of(55, measurand="SoC", unit="Percent"), of(6000)), stop(60, 11_000)],
        billed("10"),
    ),
    "the meter of the grid side beside it": (
        [start(0), values(30, of(6000, location="Outlet"), of(9000, location="Inlet")), stop(60, 11_000)],
        billed("10"),
    ),
    "values of the wall clock": (
        [start(0), values(30, of(900_000, context="Sample.Clock")), stop(60, 11_000)],
        billed("10"),
    ),
    "begin and end in one moment at the end": (
        [
            start(0),
            stop(
                60, 11_000, data=[(60, [of(1000, context="Transaction.Begin"), of(11_000, context="Transaction.End")])]
            ),
        ],
        billed("10"),
    ),
    "intervals, and a register that stands still": (
        [
            start(0),
            *(values(at, of(2500, measurand="Energy.Active.Import.Interval", unit="Wh")) for at in (15, 30, 45, 60)),
            stop(60, 1000),
        ],
        billed("10", Oddity.INTERVALS_COUNT),
    ),
    "intervals of the wall clock beside those of the charge": (
        [
            start(0),
            *(values(at, of(500, measurand=INTERVAL, context="Sample.Periodic")) for at in range(3, 61, 3)),
            *(values(at, of(2500, measurand=INTERVAL, context="Sample.Clock")) for at in (15, 30, 45)),
            stop(60, 1000),
        ],
        billed("10", Oddity.INTERVALS_COUNT),
    ),
    "small intervals, all told again with the stop": (
        [
            start(0),
            *(values(at, of(90, measurand=INTERVAL, context="Sample.Periodic")) for at in range(1, 61)),
            stop(60, 1000, data=[(at, [of("0.09", measurand=INTERVAL, unit="kWh")]) for at in range(1, 61)]),
        ],
        billed("5.4", Oddity.INTERVALS_COUNT),
    ),
    "energy given back": (
        [
            start(0),
            values(1, of(1000), of(0, measurand="Energy.Active.Export.Register")),
            values(30, of(11_000), of(0, measurand="Energy.Active.Export.Register")),
            values(60, of(11_000), of(4000, measurand="Energy.Active.Export.Register")),
            stop(60, 11_000),
        ],
        billed("6"),
    ),
    "one register of nothing": (
        [start(0), values(20, 4000), values(30, 0), values(40, 8000), stop(60, 11_000)],
        billed("10", Oddity.DIP),
    ),
    "one register far too high": (
        [start(0), values(20, 4000), values(30, 77_777_777), values(40, 8000), stop(60, 11_000)],
        billed("10", Oddity.SPIKE),
    ),
    "the counter passed its last number": (
        [start(0, 99_995_000), values(30, 99_999_900), stop(60, 5000)],
        billed("10", Oddity.ROLLOVER),
    ),
    "32 bits": ([start(0, 2**32 - 5000), values(20, 2**32 - 100), stop(60, 5000)], billed("10", Oddity.ROLLOVER)),
    "the counter began again": (
        [start(0, 5_001_000), values(20, 5_005_000), values(30, 0), stop(60, 6000)],
        billed("10", Oddity.METER_RESTARTED),
    ),
    "another meter": (
        [start(0, 5_001_000), values(20, 5_005_000), values(30, 800_000), stop(60, 806_000)],
        held(Oddity.METER_REPLACED),
    ),
    "nothing while offline, then the odometer": (
        [start(0, 0), values(30, 910_000), values(59, 910_083), stop(60, 910_083)],
        billed("0.083", Oddity.BASELINE_ZERO),
    ),
    "the start of a life, samples of the charge": (
        [start(0, 5_000_000), values(20, 3000), values(40, 7000), stop(60, 10_000)],
        billed("10", Oddity.SESSION_REGISTER),
    ),
    "more than the EVSE can give": (
        [start(0), values(20, 4000), values(40, 900_000), stop(60, 903_000)],
        held(Oddity.JUMP),
    ),
    "no energy at all": ([start(0), values(30, 1000), stop(60, 1000)], billed("0")),
    "power, of which the register does not know": (
        [start(0), *(values(at, of(1000), power(7000)) for at in (5, 20, 40, 59)), stop(60, 1000)],
        held(Oddity.POWER_DISAGREES),
    ),
    "energy after the end": (
        [start(0), stop(60, 11_000), values(61, 12_000)],
        billed("10", Oddity.ENERGY_AFTER_END),
    ),
    "samples in the wrong order, twice, and one missing": (
        [start(0), values(40, 8000, said=40), values(41, 4000, said=20), values(42, 8000, said=40), stop(60, 11_000)],
        billed("10", Oddity.REPLAYED),
    ),
    "units, keys and numbers nobody knows": (
        [start(0), values(30, of("x"), of(50, unit="Hz"), of("NaN"), of(6000, vendor="?")), stop(60, 11_000)],
        billed("10", Oddity.VALUES_REFUSED),
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_odd_meters(lade, bodies, name: str) -> None:
    steps, expected = CASES[name]
    async with odd_station(lade, bodies) as station:
        await play(station, steps)
        [found] = await station.became(65)
    assert (found.state, found.kwh, found.kinds) == expected, found.why


# ---- who holds back the energy -------------------------------------------------------------------------------------

STATES: dict[str, tuple[Sequence[Step], int | None]] = {
    "parked after charging": ([status(0, "Charging"), status(40, "SuspendedEV"), status(50, "Finishing")], 20),
    "the station gives nothing": ([status(0, "Charging"), status(40, "SuspendedEVSE")], None),
    "broken": ([status(0, "Charging"), status(40, "Faulted", error="GroundFailure")], None),
    "no word about it": ([], None),
    "the car pauses": ([status(0, "Charging"), status(20, "SuspendedEV"), status(30, "Charging")], 10),
}


@pytest.mark.parametrize("name", STATES)
async def test_only_what_the_car_does_not_ask_for_is_parking(lade, bodies, name: str) -> None:
    states, parked = STATES[name]
    async with odd_station(lade, bodies) as station:
        await play(station, [start(0), *states, values(55, 9000), stop(60, 9000)])
        [found] = await station.became(65)
    assert found == Became("billed", Decimal(8), minutes=60, parked=parked)
