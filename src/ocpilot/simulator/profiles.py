"""Charging profiles of any version: the limit at a moment, and the schedule they amount to (1.6, 3.13; 2.x, K)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

from ocpilot.base import time
from ocpilot.simulator.meter import DC_VOLTS, PHASES, VOLTS

Payload = Mapping[str, object]

#: The purposes by what they limit; 1.6 calls the first ChargePointMaxProfile.
_WHOLE = ("ChargePointMaxProfile", "ChargingStationMaxProfile", "ChargingStationExternalConstraints")
_DEFAULT = "TxDefaultProfile"
_TX = "TxProfile"
_ROUND = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Profile:
    """`periods` are (seconds from the start, limit in `unit`); `transaction` is its id in the version's own form."""

    id: int
    stack_level: int
    purpose: str
    kind: str
    recurrency: str
    valid_from: datetime | None
    valid_to: datetime | None
    transaction: str | None
    start: datetime | None
    duration: int | None
    unit: str
    periods: tuple[tuple[int, float], ...]

    def limit(self, now: datetime, began: datetime) -> float | None:
        """The limit in its unit at `now`, for a transaction that `began`; None when it says nothing then."""
        if (self.valid_from and now < self.valid_from) or (self.valid_to and now >= self.valid_to):
            return None
        start = self._start(now, began)
        passed = (now - start).total_seconds()
        if passed < 0 or (self.duration is not None and passed >= self.duration):
            return None
        return max(((at, limit) for at, limit in self.periods if at <= passed), default=(0, None))[1]

    def changes(self, now: datetime, began: datetime) -> Iterable[datetime]:
        """The moments at which its limit may be another."""
        start = self._start(now, began)
        yield from (start + timedelta(seconds=at) for at, _ in self.periods)
        if self.duration is not None:
            yield start + timedelta(seconds=self.duration)
        if self.kind == "Recurring":
            yield start + _ROUND[self.recurrency]
        yield from (each for each in (self.valid_from, self.valid_to) if each)

    def _start(self, now: datetime, began: datetime) -> datetime:
        if self.kind == "Relative" or self.start is None:
            return began
        if self.kind != "Recurring" or now < self.start:
            return self.start
        turn = _ROUND[self.recurrency]
        return self.start + (now - self.start) // turn * turn


def read_profile(payload: Payload) -> Profile:
    """From the payload of any version, in the snake_case of the `ocpp` package."""
    schedules = payload["charging_schedule"]
    schedule = cast(Payload, schedules[0] if isinstance(schedules, list) else schedules)
    periods = cast(list[Payload], schedule["charging_schedule_period"])
    transaction = payload.get("transaction_id")
    return Profile(
        id=cast(int, payload.get("charging_profile_id", payload.get("id"))),
        stack_level=cast(int, payload["stack_level"]),
        purpose=str(payload["charging_profile_purpose"]),
        kind=str(payload["charging_profile_kind"]),
        recurrency=str(payload.get("recurrency_kind") or "Daily"),
        valid_from=_moment(payload.get("valid_from")),
        valid_to=_moment(payload.get("valid_to")),
        transaction=None if transaction is None else str(transaction),
        start=_moment(schedule.get("start_schedule")),
        duration=cast(int | None, schedule.get("duration")),
        unit=str(schedule["charging_rate_unit"]),
        periods=tuple((cast(int, each["start_period"]), _number(each.get("limit"))) for each in periods),
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """All profiles that hold at an EVSE of `full_kw`; `began` is when its transaction did, or now."""

    profiles: Sequence[Profile]
    full_kw: float
    dc: bool

    def kw(self, now: datetime, began: datetime) -> float:
        """The most that may flow: the station's own limit, and that of the transaction or else the default one."""
        found = [self._highest(_WHOLE, now, began)]
        of_transaction = self._highest((_TX,), now, began)
        found.append(self._highest((_DEFAULT,), now, began) if of_transaction is None else of_transaction)
        return max(0.0, min([self.full_kw, *(each for each in found if each is not None)]))

    def unit(self) -> str:
        """The unit of the newest profile."""
        return self.profiles[-1].unit if self.profiles else "W"

    def schedule(self, now: datetime, seconds: int, began: datetime, unit: str) -> list[tuple[int, float]]:
        """(seconds from now, limit in `unit`) for the next `seconds`, each limit once."""
        end = now + timedelta(seconds=seconds)
        inside = {at for each in self.profiles for at in each.changes(now, began) if now < at < end}
        limits = [((at - now).total_seconds(), self.kw(at, began)) for at in (now, *sorted(inside))]
        firsts = [next(alike) for _, alike in groupby(limits, key=lambda each: each[1])]
        return [(round(at), round(self._shown(kw, unit), 1)) for at, kw in firsts]

    def _highest(self, purposes: tuple[str, ...], now: datetime, began: datetime) -> float | None:
        """In kW, of the highest stack level that says something now."""
        found = [
            (each.stack_level, -self._kw(limit, each.unit))
            for each in self.profiles
            if each.purpose in purposes and (limit := each.limit(now, began)) is not None
        ]
        return -max(found)[1] if found else None

    def _kw(self, limit: float, unit: str) -> float:
        return limit / 1000.0 if unit == "W" else limit * self._volts() / 1000.0

    def _shown(self, kw: float, unit: str) -> float:
        return kw * 1000.0 if unit == "W" else kw * 1000.0 / self._volts()

    def _volts(self) -> int:
        """Ampere are per phase (2.x, "ChargingRateUnitEnumType")."""
        return DC_VOLTS if self.dc else VOLTS * PHASES


def _moment(found: object) -> datetime | None:
    return None if found is None else time.parse(str(found))


def _number(found: object) -> float:
    """A 2.1 period may have a setpoint instead of a limit: nothing is limited then."""
    return float("inf") if found is None else float(cast(float, found))
