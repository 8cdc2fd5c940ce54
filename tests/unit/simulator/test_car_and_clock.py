"""What a simulated car takes, and the clocks it charges by."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SteppedClock

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def test_a_car_takes_less_and_less_above_its_knee_and_nothing_when_it_is_full():
    car = SimulatedCar(battery_kwh=50, soc=70, target=100, max_kw=11)
    powers = []
    while not car.full:
        powers.append(car.power_kw(22.0))
        car.charge(300, 22.0)
    assert powers[0] == 11
    assert powers == sorted(powers, reverse=True)
    assert powers[-1] < 2
    assert car.charge(300, 22.0) == 0


@pytest.mark.parametrize("offered", [3.7, 7.4, 22.0])
def test_a_car_takes_what_its_battery_has_room_for(offered):
    car = SimulatedCar(battery_kwh=50, soc=50, target=80, max_kw=11)
    taken = car.charge(100 * 3600, offered)
    assert taken == pytest.approx(15.0, abs=0.002)
    assert car.soc == 80


async def test_a_stepped_clock_jumps():
    clock = SteppedClock(START)
    await clock.sleep(86_400)
    assert clock() == START + timedelta(days=1)
