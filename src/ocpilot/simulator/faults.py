"""What simulated stations do wrong on demand: a name, one sentence, and how often."""

import random
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from ocpilot.base.rates import read_rates


class Fault(StrEnum):
    """The names for `--fault`."""

    DROP = "drop"
    OFFLINE_START = "offline-start"
    OFFLINE_STOP = "offline-stop"
    REBOOT = "reboot"
    POWER_LOSS = "power-loss"
    CLOCK_SKEW = "clock-skew"
    CLOCK_1970 = "clock-1970"
    LOCAL_TIME = "local-time"
    DUPLICATE = "duplicate"
    ROLLOVER = "rollover"
    METER_REPLACED = "meter-replaced"
    WH_AS_KWH = "wh-as-kwh"
    OUT_OF_ORDER = "out-of-order"
    NO_STOP = "no-stop"
    ID_TWICE = "id-twice"
    CONSTANT_SEQ_NO = "constant-seq-no"
    NO_METER_VALUES = "no-meter-values"


SENTENCES: Mapping[Fault, str] = {
    Fault.DROP: "The connection is lost in the middle of a charge; what was measured meanwhile is told later.",
    Fault.OFFLINE_START: "A charge starts without a connection and is told later, with its old time.",
    Fault.OFFLINE_STOP: "A charge ends without a connection and is told later, with its old time.",
    Fault.REBOOT: "The station boots again in the middle of a charge, which goes on.",
    Fault.POWER_LOSS: "The power fails in the middle of a charge; once it is back, the station tells that it ended.",
    Fault.CLOCK_SKEW: "The station's clock is up to two hours wrong, and stays so.",
    Fault.CLOCK_1970: "The station's clock began in 1970 when it started.",
    Fault.LOCAL_TIME: "The station writes its local time, two hours ahead, as UTC.",
    Fault.DUPLICATE: "Every message of a transaction comes twice, the second time with a new message id.",
    Fault.ROLLOVER: "The meter's register passes its last digit in the charge and starts from 0.",
    Fault.METER_REPLACED: "The register starts from 0 in the middle of the charge, as that of a new meter.",
    Fault.WH_AS_KWH: "The register is in Wh and labelled kWh.",
    Fault.OUT_OF_ORDER: "Of two meter values the later comes first.",
    Fault.NO_STOP: "The end of the transaction is never told.",
    Fault.ID_TWICE: "The transaction goes by the id of the one before at this station.",
    Fault.CONSTANT_SEQ_NO: "Every TransactionEvent has the seqNo 0 (2.x only).",
    Fault.NO_METER_VALUES: "No meter values come between start and end.",
}

#: Faults of a station's whole life; the others are drawn anew for each charge.
OF_STATION = frozenset({Fault.CLOCK_SKEW, Fault.CLOCK_1970, Fault.LOCAL_TIME})

Rates = Mapping[Fault, float]


class FaultPlan:
    """Which faults a station has and each of its charges gets: the same for the same seed, whatever else happens."""

    def __init__(self, rates: Rates, seed: int, station_id: str) -> None:
        self._rates = rates
        self._name = f"{seed}/{station_id}"

    def of_station(self) -> frozenset[Fault]:
        """For the station's whole life."""
        return self._drawn(f"{self._name}/life", lambda fault: fault in OF_STATION)

    def of_charge(self, number: int) -> frozenset[Fault]:
        """For its charge of this number."""
        return self._drawn(f"{self._name}/{number}", lambda fault: fault not in OF_STATION)

    def skew_seconds(self) -> int:
        """How wrong `clock-skew` makes its clock."""
        return _chance(f"{self._name}/skew").randint(-7200, 7200)

    def _drawn(self, name: str, asked: Callable[[Fault], bool]) -> frozenset[Fault]:
        if not self._rates:
            return frozenset()
        chance = _chance(name)
        # every fault is drawn for, so that one more on the command line changes none of the others
        drawn = {fault: chance.random() for fault in Fault}
        return frozenset(fault for fault in Fault if asked(fault) and drawn[fault] < self._rates.get(fault, 0.0))


def _chance(name: str) -> random.Random:
    return random.Random(name)  # noqa: S311 - a draw, no secret


def read_faults(words: Iterable[str]) -> dict[Fault, float]:
    """From `NAME` (always) or `NAME=RATE`; UserError otherwise."""
    named = read_rates(words, set(Fault), "--faults lists them all")
    return {Fault(name): rate for name, rate in named.items()}
