"""Each fault is seen in what a station says, is the same for the same seed, and never changes the truth."""

from datetime import UTC, datetime

import pytest

from ocpilot.base.errors import UserError
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SteppedClock
from ocpilot.simulator.faults import OF_STATION, SENTENCES, Fault, FaultPlan, read_faults
from ocpilot.simulator.make import Backoff, OcppVersion, StationMake
from ocpilot.simulator.station import SimulatedStation

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
MAKE = StationMake(backoff=Backoff(0.02, 0.1))
TRANSACTIONAL = ("StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent")


async def charge(stood, version, *faults: Fault, charges: int = 1) -> SimulatedStation:
    """Half an hour at 11 kW, as often as said, with these faults each time."""
    plan = FaultPlan(dict.fromkeys(faults, 1.0), 0, "CS1")
    station = SimulatedStation(stood.url, "CS1", None, clock=SteppedClock(START), version=version, make=MAKE, plan=plan)
    async with station.running():
        await station.ready()
        for number in range(charges):
            station.evses[1].faults = plan.of_charge(number)
            await station.plug_in(1, SimulatedCar(battery_kwh=60, soc=20, max_kw=11))
            await station.present_token("TAG-1")
            await station.play(1800)
            await station.unplug(1)
    assert station.ledger.energy_wh == 5500 * charges
    return station


def sampled(payload) -> list[dict[str, object]]:
    return payload["meter_value"][0]["sampled_value"] if "meter_value" in payload else []


def registers(stood) -> list[int]:
    told = [sampled(each) for each in stood.central.of("MeterValues", "TransactionEvent")]
    return [int(values[0]["value"]) for values in told if values]


@pytest.mark.parametrize("version", OcppVersion)
async def test_a_register_that_rolls_over(stood, version):
    await charge(stood, version, Fault.ROLLOVER)
    told = registers(stood)
    assert max(told) > 9_999_000
    assert told[-1] < 5000


@pytest.mark.parametrize("version", OcppVersion)
async def test_a_meter_that_is_replaced(stood, version):
    await charge(stood, version, Fault.METER_REPLACED)
    told = registers(stood)
    falls = [at for at in range(1, len(told)) if told[at] < told[at - 1]]
    assert len(falls) == 1
    assert told[falls[0]] == 0


@pytest.mark.parametrize("version", OcppVersion)
async def test_wh_labelled_kwh(stood, version):
    await charge(stood, version, Fault.WH_AS_KWH)
    units = {
        values[0].get("unit") or values[0]["unit_of_measure"]["unit"]
        for values in (sampled(each) for each in stood.central.of("MeterValues", "TransactionEvent"))
        if values
    }
    assert units == {"kWh"}


@pytest.mark.parametrize("version", OcppVersion)
async def test_every_message_of_the_transaction_comes_twice(stood, version):
    await charge(stood, version, Fault.DUPLICATE)
    told = stood.central.of(*TRANSACTIONAL)
    assert len(told) % 2 == 0
    kinds = [str(each) for each in told if "meter_value" in each or "event_type" in each]
    assert all(kinds.count(kind) == 2 for kind in kinds)


@pytest.mark.parametrize("version", OcppVersion)
async def test_samples_out_of_order(stood, version):
    await charge(stood, version, Fault.OUT_OF_ORDER)
    times = [
        each["meter_value"][0]["timestamp"]
        for each in stood.central.of("MeterValues", "TransactionEvent")
        if sampled(each) and sampled(each)[0]["context"] == "Sample.Periodic"
    ]
    assert len(times) == 30
    assert times != sorted(times)
    assert times[1] < times[0]


@pytest.mark.parametrize("version", OcppVersion)
async def test_the_end_is_never_told(stood, version):
    await charge(stood, version, Fault.NO_STOP)
    assert not stood.central.of("StopTransaction")
    assert "Ended" not in {each["event_type"] for each in stood.central.of("TransactionEvent")}


async def test_a_transaction_of_2_by_the_id_of_the_one_before(stood):
    await charge(stood, OcppVersion.V201, Fault.ID_TWICE, charges=2)
    assert len({each["transaction_info"]["transaction_id"] for each in stood.central.of("TransactionEvent")}) == 1


async def test_a_transaction_of_16_by_the_id_of_the_one_before(stood):
    await charge(stood, OcppVersion.V16, Fault.ID_TWICE, charges=2)
    assert [each["transaction_id"] for each in stood.central.of("StopTransaction")] == [1, 1]


async def test_a_constant_seq_no(stood):
    await charge(stood, OcppVersion.V21, Fault.CONSTANT_SEQ_NO)
    assert {each["seq_no"] for each in stood.central.of("TransactionEvent")} == {0}


async def test_no_meter_values(stood):
    await charge(stood, OcppVersion.V16, Fault.NO_METER_VALUES)
    assert stood.central.of("MeterValues") == []


@pytest.mark.parametrize(
    ("fault", "first"),
    [(Fault.CLOCK_1970, "1970-01-01T00:00:00Z"), (Fault.LOCAL_TIME, "2026-11-23T09:00:00Z")],
)
@pytest.mark.parametrize("version", OcppVersion)
async def test_a_clock_that_is_wrong(stood, version, fault, first):
    await charge(stood, version, fault)
    assert stood.central.of("StatusNotification")[0]["timestamp"] == first
    assert stood.central.of("StartTransaction", "TransactionEvent")[0]["timestamp"] == first


async def test_a_clock_that_is_up_to_two_hours_wrong(stood):
    await charge(stood, OcppVersion.V16, Fault.CLOCK_SKEW)
    told = datetime.fromisoformat(str(stood.central.of("StartTransaction")[0]["timestamp"]))
    assert 0 < abs((told - START).total_seconds()) <= 7200


def test_faults_are_drawn_the_same_for_the_same_seed_whatever_else_is_asked_for():
    few = FaultPlan({Fault.DROP: 0.3}, 7, "CS1")
    many = FaultPlan({Fault.DROP: 0.3, Fault.DUPLICATE: 0.9}, 7, "CS1")
    drawn = [Fault.DROP in few.of_charge(number) for number in range(200)]
    assert drawn == [Fault.DROP in many.of_charge(number) for number in range(200)]
    assert 30 < sum(drawn) < 90
    assert drawn != [Fault.DROP in FaultPlan({Fault.DROP: 0.3}, 8, "CS1").of_charge(n) for n in range(200)]


def test_faults_of_a_station_are_not_drawn_for_a_charge():
    always = FaultPlan(dict.fromkeys(Fault, 1.0), 0, "CS1")
    assert always.of_station() == OF_STATION
    assert always.of_charge(0) == set(Fault) - OF_STATION


def test_every_fault_has_its_sentence():
    assert set(SENTENCES) == set(Fault)


def test_faults_are_read_with_their_rate():
    assert read_faults(["drop", "duplicate=0.25"]) == {Fault.DROP: 1.0, Fault.DUPLICATE: 0.25}
    with pytest.raises(UserError, match="--faults lists them all"):
        read_faults(["dance"])
    with pytest.raises(UserError, match="from 0 to 1"):
        read_faults(["drop=2"])
