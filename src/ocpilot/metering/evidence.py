"""Does the energy fit what else the station says: the power it read, and that the car was charging at all?"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from ocpilot.metering.counters import NOISE_WH
from ocpilot.metering.findings import Finding, Oddity
from ocpilot.metering.limit import seconds
from ocpilot.metering.samples import ChargingState, MeterSample

#: Of this much power read, a register must know; below it a car that trickles and one that stands still look alike.
_NOTICED_WH = Decimal(500)
#: A reading says nothing about what came long after it.
_HOLDS = timedelta(minutes=15)
_FEWEST = 3
_FACTOR = Decimal(1000)
_HALF, _TWICE = Decimal("0.5"), Decimal(2)
_TENTH = Decimal("0.1")


def nothing_flowed(samples: Sequence[MeterSample], *, sure: bool = False) -> bool:
    """Whether all that is known says that no energy flowed: the register stood still, no power was read. Of a register
    that was read once the station must have said what it did, and never that it charged, unless that is `sure`."""
    registers = [one.register_wh for one in samples if one.register_wh is not None]
    states = {one.state for one in samples if one.state is not None}
    if any(one.power_w or one.interval_wh or one.export_wh for one in samples):
        return False
    if registers and max(registers) - min(registers) > NOISE_WH:
        return False
    return len(registers) > 1 or (ChargingState.CHARGING not in states and (sure or bool(states)))


def wh_by_power(samples: Sequence[MeterSample]) -> Decimal | None:
    """What the powers come to that were read, each held until the next; None when there are too few to say."""
    read = [(one.at, one.power_w) for one in samples if one.power_w is not None]
    if len(read) < _FEWEST:
        return None
    ws = sum(power * seconds(min(until - since, _HOLDS)) for (since, power), (until, _) in pairwise(read))
    return ws / Decimal(3600)


def too_little(total: Decimal, samples: Sequence[MeterSample]) -> tuple[Decimal, Finding | None]:
    """Registers that rise by next to nothing while power was read: kWh called Wh (then the factor to multiply by), or a
    register nobody can believe."""
    power = wh_by_power(samples)
    if power is None or power < _NOTICED_WH or total > power * _TENTH:
        return Decimal(1), None
    if _HALF <= total * _FACTOR / power <= _TWICE:
        found = f"{total} Wh by the register, about {power:.0f} Wh by the power that was read"
        return _FACTOR, Finding(kind=Oddity.UNIT_CORRECTED, found=found)
    found = f"{total} Wh by the register, about {power:.0f} Wh by the power that was read"
    return Decimal(1), Finding(kind=Oddity.POWER_DISAGREES, found=found)
