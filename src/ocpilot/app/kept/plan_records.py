"""Price plans and price series as they are kept, and who stores them. What a plan is: `billing.plans`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.records import Record
from ocpilot.billing.plans import Plan
from ocpilot.billing.spot import PricePoint, Prices


class Series(Record, frozen=True, kw_only=True):
    """A price series: its `currency`, from when to when it has prices, and how many."""

    name: str
    currency: str
    first: datetime | None = None
    until: datetime | None = None
    points: int = 0


class Gap(Record, frozen=True, kw_only=True):
    """A time within a price series without a price."""

    since: datetime
    until: datetime


class Imported(Record, frozen=True, kw_only=True):
    """What an import changed."""

    added: int
    changed: int
    same: int


class Plans(Protocol):
    """Storage of price plans."""

    async def add(self, plan: Plan, at: datetime) -> bool:
        """Store a new one; False when there is one of this name. A plan is never changed: charges are priced by it."""

    async def get(self, name: str) -> Plan | None:
        """By name."""

    async def all(self) -> tuple[Plan, ...]:
        """All of them, by name."""


class PriceSeries(Protocol):
    """Storage of prices over time."""

    async def import_points(self, name: str, currency: str, points: Sequence[PricePoint]) -> Imported:
        """Add points, or replace those of the same start; all or none. Conflict for a series in another currency."""

    async def prices(self, name: str, since: datetime, until: datetime) -> Prices | None:
        """The points over a time, in order; one that another begins within ends there. None: no such series."""

    async def all(self) -> tuple[Series, ...]:
        """All series, by name."""

    async def gaps(self, name: str) -> tuple[Gap, ...]:
        """Where prices are missing between its first and its last one."""
