"""What the commands about customers, plans and prices ask of a platform, as `cli/` states it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ocpilot.app.books import closing
from ocpilot.app.books.closing import Closed
from ocpilot.app.customers import customer_table, customers, plans
from ocpilot.app.customers.customer_table import Row
from ocpilot.app.customers.customers import Saved
from ocpilot.app.kept.customer_records import Customer, CustomerKind, CustomerToken
from ocpilot.app.kept.plan_records import Gap, Imported, Series
from ocpilot.app.platform import Platform
from ocpilot.billing.plans import Plan
from ocpilot.billing.spot import PricePoint
from ocpilot.cli import customer, plan, price_series
from ocpilot.main.on_platform import on_platform
from ocpilot.wire.v230 import Tariff


class CustomersOf:
    """`cli.customer.CustomerCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def add(self, texts: Mapping[str, str]) -> Saved:
        """See `CustomerCommands`."""
        return await customers.add(self._platform, texts)

    async def change(self, number: str, texts: Mapping[str, str]) -> Saved:
        """See `CustomerCommands`."""
        return await customers.change(self._platform, number, texts)

    async def all(self, kind: CustomerKind | None) -> Sequence[Customer]:
        """See `CustomerCommands`."""
        return [one async for one in customers.every(self._platform) if kind in {None, one.kind}]

    async def show(self, number: str) -> tuple[Customer, Sequence[CustomerToken]]:
        """See `CustomerCommands`."""
        customer = await customers.numbered(self._platform, number)
        return customer, await self._platform.store.customers.tokens(customer.id)

    async def take(self, rows: Sequence[Row], *, dry_run: bool) -> Sequence[Saved]:
        """See `CustomerCommands`."""
        return await customer_table.take_rows(self._platform, rows, dry_run=dry_run)

    async def give(
        self,
        number: str,
        uids: Sequence[str],
        *,
        account: str | None,
        driver: str,
        cost_centre: str,
        since: datetime | None,
        until: datetime | None,
        take_over: bool,
    ) -> tuple[Sequence[CustomerToken], Sequence[str]]:
        """See `CustomerCommands`."""
        customer = await customers.numbered(self._platform, number)
        theirs = await customers.tokens_of_account(self._platform, account) if account else ()
        since = since or self._platform.clock()
        given: list[CustomerToken] = []
        warnings: list[str] = []
        for uid in dict.fromkeys((*uids, *theirs)):
            token = CustomerToken(
                uid=uid,
                customer_id=customer.id,
                driver=driver,
                cost_centre=cost_centre,
                since=since,
                until=until,
            )
            warnings += await customers.give_token(self._platform, token, take_over=take_over)
            given.append(token)
        return given, warnings

    async def close(self, number: str) -> Closed:
        """See `CustomerCommands`."""
        return await closing.close(self._platform, number)

    async def reopen(self, number: str) -> Customer:
        """See `CustomerCommands`."""
        return await closing.reopen(self._platform, number)

    async def take_token(self, uid: str, until: datetime | None) -> None:
        """See `CustomerCommands`."""
        await customers.take_token(self._platform, uid, until or self._platform.clock())


class PlansOf:
    """`cli.plan.PlanCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def add(
        self,
        name: str,
        texts: Mapping[str, str],
        *,
        exceptions: Mapping[str, Mapping[str, str]],
        tariff: Tariff | None,
    ) -> Plan:
        """See `PlanCommands`."""
        return await plans.add(self._platform, name, texts, exceptions=exceptions, tariff=tariff)

    async def all(self) -> Sequence[Plan]:
        """See `PlanCommands`."""
        return await self._platform.store.plans.all()

    async def show(self, name: str) -> Plan:
        """See `PlanCommands`."""
        return await plans.named(self._platform, name)


class PricesOf:
    """`cli.price_series.PriceCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def import_prices(self, name: str, currency: str, points: Sequence[PricePoint]) -> Imported:
        """See `PriceCommands`."""
        return await plans.import_prices(self._platform, name, currency, points)

    async def all(self) -> Sequence[Series]:
        """See `PriceCommands`."""
        return await self._platform.store.price_series.all()

    async def show(self, name: str) -> tuple[Series, Sequence[Gap]]:
        """See `PriceCommands`."""
        return await plans.series_named(self._platform, name)


run_customer = on_platform(lambda args, platform: customer.run(args, CustomersOf(platform)))
run_plan = on_platform(lambda args, platform: plan.run(args, PlansOf(platform)))
run_price_series = on_platform(lambda args, platform: price_series.run(args, PricesOf(platform)))
