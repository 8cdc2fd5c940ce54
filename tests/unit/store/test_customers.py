"""Customers and their Tokens, price plans and price series, in the database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from ocpilot.app.kept.customer_records import Customer, CustomerKind, CustomerToken
from ocpilot.app.kept.plan_records import Gap, Imported, Series
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import PartyId
from ocpilot.billing.parties import Address, BusinessParty
from ocpilot.billing.plans import Margin, PartyMargin, Plan
from ocpilot.billing.spot import PricePoint
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.v230 import PriceComponent, Tariff, TariffDimensionType, TariffElement, TaxIncluded

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RES = PartyId("SE", "RES")


def customer(kind: CustomerKind = CustomerKind.DRIVER, party: PartyId | None = None) -> Customer:
    facts = BusinessParty(name="Åsa", address=Address(country="SE"))
    return Customer(kind=kind, party_facts=facts, party=party, created_at=NOON)


async def test_customers_are_numbered_found_and_changed(store: PostgresStore) -> None:
    driver = await store.customers.add(customer())
    partner = await store.customers.add(customer(CustomerKind.PROVIDER, RES))
    assert int(partner.number) == int(driver.number) + 1
    assert await store.customers.numbered(driver.number) == driver
    assert await store.customers.of_party(RES, CustomerKind.PROVIDER) == partner
    assert await store.customers.of_kind(CustomerKind.DRIVER) == (driver,)
    assert await store.customers.all(limit=1, after=driver.id) == (partner,)
    await store.customers.save(msgspec.structs.replace(driver, plan="GOLD"))
    found = await store.customers.get(driver.id)
    assert found is not None
    assert found.plan == "GOLD"
    with pytest.raises(Conflict, match="SE/RES is a customer of kind provider already"):
        await store.customers.add(customer(CustomerKind.PROVIDER, RES))


async def test_a_token_is_one_customers_at_a_time(store: PostgresStore) -> None:
    first, second = await store.customers.add(customer()), await store.customers.add(customer())
    await store.customers.give(CustomerToken(uid="Ab1", customer_id=first.id, driver="Åsa", since=NOON))
    await store.customers.give(CustomerToken(uid="AB1", customer_id=second.id, since=NOON + HOUR))
    assert [one.until for one in await store.customers.tokens(first.id)] == [NOON + HOUR]
    assert await store.customers.end("ab1", NOON + 2 * HOUR)
    assert not await store.customers.end("ab1", NOON + 2 * HOUR)
    found = await store.customers.of_tokens(["aB1"])
    assert [(one.customer_id, one.until) for one in found] == [
        (first.id, NOON + HOUR),
        (second.id, NOON + 2 * HOUR),
    ]


async def test_a_token_given_for_the_past_ends_where_it_is_anothers(store: PostgresStore) -> None:
    first, second = await store.customers.add(customer()), await store.customers.add(customer())
    await store.customers.give(CustomerToken(uid="A", customer_id=first.id, since=NOON))
    await store.customers.give(CustomerToken(uid="A", customer_id=second.id, since=NOON - HOUR))
    found = await store.customers.of_tokens(["A"])
    assert [(one.customer_id, one.until) for one in found] == [(second.id, NOON), (first.id, None)]


def plan() -> Plan:
    component = PriceComponent(type=TariffDimensionType.ENERGY, price=Decimal("5.125"), step_size=1)
    return Plan(
        name="OURS",
        currency="SEK",
        exceptions=(PartyMargin(party=RES, margin=Margin(percent=Decimal("2.5"))),),
        tariff=Tariff(
            country_code="SE",
            party_id="RES",
            id="OURS",
            currency="SEK",
            elements=(TariffElement(price_components=(component,)),),
            tax_included=TaxIncluded.YES,
            last_updated=NOON,
        ),
        included_kwh=Decimal("12.5"),
    )


async def test_a_plan_is_kept_as_it_was_and_never_replaced(store: PostgresStore) -> None:
    assert await store.plans.add(plan(), NOON)
    assert not await store.plans.add(Plan(name="OURS"), NOON)
    assert not await store.plans.add(Plan(name="ours"), NOON)
    assert await store.plans.get("OURS") == plan()
    assert await store.plans.get("OTHER") is None
    assert await store.plans.all() == (plan(),)


def points(start: datetime, *prices: str, step: timedelta = HOUR) -> list[PricePoint]:
    return [
        PricePoint(at=start + step * place, until=start + step * (place + 1), price=Decimal(price))
        for place, price in enumerate(prices)
    ]


async def test_prices_are_imported_as_often_as_one_likes(store: PostgresStore) -> None:
    series = store.price_series
    assert await series.import_points("SE3", "SEK", points(NOON, "1", "2")) == Imported(added=2, changed=0, same=0)
    assert await series.import_points("SE3", "SEK", points(NOON, "1", "-3", "4")) == Imported(
        added=1, changed=1, same=1
    )
    with pytest.raises(Conflict, match="price series SE3 is in SEK, found prices in EUR"):
        await series.import_points("SE3", "EUR", points(NOON, "9"))
    found = await series.prices("SE3", NOON + HOUR / 2, NOON + 2 * HOUR)
    assert found is not None
    assert (found.currency, [point.price for point in found.points]) == ("SEK", [1, -3])
    assert await series.prices("NO1", NOON, NOON + HOUR) is None
    assert await series.all() == (Series(name="SE3", currency="SEK", first=NOON, until=NOON + 3 * HOUR, points=3),)


async def test_gaps_are_found_and_quarters_go_before_the_hour_they_are_in(store: PostgresStore) -> None:
    series = store.price_series
    await series.import_points("SE3", "SEK", points(NOON, "1", "2") + points(NOON + 4 * HOUR, "5"))
    assert await series.gaps("SE3") == (Gap(since=NOON + 2 * HOUR, until=NOON + 4 * HOUR),)
    await series.import_points("SE3", "SEK", points(NOON + HOUR, "6", "7", step=HOUR / 4))
    found = await series.prices("SE3", NOON, NOON + HOUR + HOUR / 2)
    assert found is not None
    assert [(point.until - NOON, point.price) for point in found.points] == [
        (HOUR, 1),
        (HOUR * 1.25, 6),
        (HOUR * 1.5, 7),
    ]
