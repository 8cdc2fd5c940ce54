"""Which Tariffs stations were told of, and what is needed of a store of it (`station_tariffs.py`)."""

from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.records import Record


class TariffAtEvse(Record, frozen=True, kw_only=True):
    """What one EVSE was told. `has` is the tariffId that the station has there; `wanted` names what it should have;
    `said` is its word or ours, `why` the reason in words."""

    evse_id: int
    has: str | None = None
    wanted: str | None = None
    said: str | None = None
    why: str | None = None

    def __str__(self) -> str:
        """For people: what it has, else why it has nothing."""
        if self.has is not None and self.said == "Accepted":
            return self.has
        return f"none: {self.why or self.said}"


class TariffsAtStation(Record, frozen=True, kw_only=True):
    """What a station was told. `stamp`: by which state of our Tariffs and its Location. `until`: when another Tariff
    begins to hold though nothing is written. `deaf`: it has no words for tariffs."""

    station_id: str
    stamp: str | None = None
    until: datetime | None = None
    deaf: bool = False
    evses: tuple[TariffAtEvse, ...] = ()


class TariffsAtStations(Protocol):
    """Storage of what stations were told about Tariffs."""

    async def due(self, protocol: str, now: datetime) -> tuple[TariffsAtStation, ...]:
        """Connected stations of this protocol whose Tariffs or Location changed, or whose `until` has passed; each with
        the stamp that holds now."""

    async def of(self, station_id: str) -> TariffsAtStation | None:
        """What one station was told since it booted."""

    async def keep(self, told: TariffsAtStation) -> None:
        """Insert or replace."""

    async def forget(self, station_id: str) -> None:
        """A station booted: whatever it was told, it is told again."""
