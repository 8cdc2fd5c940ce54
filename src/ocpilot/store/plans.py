"""Price plans, and prices over time."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ocpilot.app.kept.plan_records import Gap, Imported, Series
from ocpilot.base.errors import Conflict
from ocpilot.billing.plans import Plan
from ocpilot.billing.spot import PricePoint, Prices
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, record_of

_SQL = load("plans")


class PostgresPlans:
    """`app.kept.plan_records.Plans`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, plan: Plan, at: datetime) -> bool:
        """See the port."""
        values = {"name": plan.name, "body": json_of(plan), "at": at}
        return await self._database.row(_SQL["add"], values) is not None

    async def get(self, name: str) -> Plan | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"name": name})
        return msgspec.json.decode(row["body"], type=Plan) if row else None

    async def all(self) -> tuple[Plan, ...]:
        """See the port."""
        return tuple(msgspec.json.decode(row["body"], type=Plan) for row in await self._database.rows(_SQL["all"]))


class PostgresPriceSeries:
    """`app.kept.plan_records.PriceSeries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def import_points(self, name: str, currency: str, points: Sequence[PricePoint]) -> Imported:
        """See the port."""
        columns = {
            "ats": [point.at for point in points],
            "untils": [point.until for point in points],
            "prices": [point.price for point in points],
        }
        async with self._database.transaction() as session:
            series = await session.row(_SQL["begin_series"], {"name": name, "currency": currency})
            if series is not None and series["currency"] != currency:
                raise Conflict(f"price series {name} is in {series['currency']}, found prices in {currency}")
            (row,) = await session.rows(_SQL["import_points"], {"name": name, **columns})
        return record_of(Imported, row)

    async def prices(self, name: str, since: datetime, until: datetime) -> Prices | None:
        """See the port."""
        series = await self._database.row(_SQL["series"], {"name": name})
        if series is None:
            return None
        rows = await self._database.rows(_SQL["prices"], {"name": name, "since": since, "until": until})
        points = tuple(PricePoint(at=row["at"], until=row["until"], price=row["price"]) for row in rows)
        return Prices(series=name, currency=series["currency"], points=points)

    async def all(self) -> tuple[Series, ...]:
        """See the port."""
        return tuple(record_of(Series, row) for row in await self._database.rows(_SQL["all_series"]))

    async def gaps(self, name: str) -> tuple[Gap, ...]:
        """See the port."""
        return tuple(record_of(Gap, row) for row in await self._database.rows(_SQL["gaps"], {"name": name}))
