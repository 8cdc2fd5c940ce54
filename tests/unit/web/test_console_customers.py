"""The console's pages about customers: found, added, changed, given Tokens, with everything wrong said at once."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.base.ids import PartyId
from ocpilot.billing.plans import Margin, PartyMargin, Plan
from ocpilot.billing.spot import PricePoint

from .conftest import NOW

ANNA = {"kind": "driver", "name": "Anna Ek", "country": "SE", "email": "anna@example.org", "language": "sv", "plan": ""}


@pytest.fixture
def platform(office):
    return office[0]


@pytest.fixture
async def anna(console, platform):
    """The path of her page."""
    await platform.store.plans.add(Plan(name="GOLD", currency="SEK", margin=Margin(percent=Decimal(5))), NOW)
    page = await console.post("/console/customers/new", {**ANNA, "plan": "GOLD"})
    assert page.status == 303
    return page.headers["Location"]


async def test_the_list_is_empty_then_has_who_was_added(console, anna):
    assert "No customers here" in (await console.get("/console/customers?kind=host")).words
    assert "Anna Ek Driver SE – GOLD" in (await console.get("/console/customers")).words
    assert "Anna Ek" in (await console.get("/console/customers?kind=driver")).words
    assert 'aria-current="page">Customers' in (await console.get("/console/customers")).text


@pytest.mark.parametrize("kind", CustomerKind)
async def test_the_form_asks_what_its_kind_needs(console, kind):
    page = await console.get(f"/console/customers/new?kind={kind}")
    asked = set(re.findall(r'name="([a-z_]+)"', page.text))
    assert page.status == 200
    assert ('<option value="yes" selected>' in page.text) == (kind not in {CustomerKind.DRIVER, CustomerKind.HOME})
    assert ("party" in asked) == (kind in {CustomerKind.PROVIDER, CustomerKind.OPERATOR})
    assert ("share" in asked) == (kind is CustomerKind.HOST)
    assert ("home_rate" in asked) == (kind is CustomerKind.HOME)
    assert ("plan" in asked) == (kind in {CustomerKind.DRIVER, CustomerKind.COMPANY})


async def test_a_form_with_mistakes_comes_back_filled_with_all_of_them(console):
    page = await console.post("/console/customers/new", {**ANNA, "country": "XX", "iban": "SE00", "city": "Lund <1>"})
    assert page.status == 400
    assert "Country (two letters): found &#39;XX&#39;, expected a country in two letters" in page.words
    assert "IBAN: found &#39;SE00&#39;, expected an IBAN with right check digits" in page.words
    assert 'value="Lund &lt;1&gt;"' in page.text


async def test_a_customers_page_has_what_he_pays_and_links_his_invoices(console, anna):
    page = await console.get(anna)
    assert "GOLD: the operator's price, +5 %" in page.words.replace("&#39;", "'")
    assert f"/console/invoices?customer={anna.rsplit('/', 1)[1]}" in page.text
    assert "No Tokens yet" in page.words


async def test_a_customer_is_changed_and_warned_of(console, anna):
    given = {"name": "Anna Ek", "country": "DE", "business": "yes", "vat_number": ""}
    assert (await console.post(anna, given)).status == 303
    assert "a business in DE without a VAT number" in (await console.get(anna)).words
    page = await console.post(anna, {"vat_number": "DE1"})
    assert page.status == 400
    assert "VAT number: found" in page.words


async def test_a_plan_to_come_is_shown_and_a_customer_closed_and_reopened(console, platform, anna):
    day = (platform.clock() + timedelta(days=40)).date().isoformat()
    assert (await console.post(anna, {**ANNA, "plan_since": day})).status == 303
    page = await console.get(anna)
    assert "GOLD: the operator&#39;s price" in page.words
    assert re.search(r"From .*: What the operator asks", page.words)
    assert 'name="plan_since" value=""' in page.text, "what was said once is not said again with the next change"
    assert (await console.post(f"{anna}/reopen", {})).status == 400
    assert (await console.post(f"{anna}/close", {})).status == 303
    page = await console.get(anna)
    assert "Closed since" in page.words
    assert "Close this customer" not in page.words
    assert "closed" in (await console.get("/console/customers")).words
    assert (await console.post(f"{anna}/reopen", {})).status == 303
    assert "Closed since" not in (await console.get(anna)).words


async def test_tokens_are_given_and_ended(console, platform, anna):
    given = {"uid": "04A1", "driver": "Anna", "cost_centre": "7", "since": "2026-11-01", "take_over": ""}
    assert (await console.post(f"{anna}/tokens", given)).status == 303
    assert re.search(r"04A1 Anna 7 1 Nov 2026 .*End now", (await console.get(anna)).words)
    await console.post(f"{anna}/tokens/take", {"uid": "04A1"})
    assert "End now" not in (await console.get(anna)).words
    page = await console.post(f"{anna}/tokens/take", {"uid": "04A1"})
    assert (page.status, "is no customer&#39;s" in page.words) == (400, True)
    assert "expected a day such as" in (await console.post(f"{anna}/tokens", {**given, "since": "x"})).words


async def test_a_customer_that_is_not_there_is_not_found(console):
    assert (await console.get("/console/customers/99")).status == 404
    assert (await console.post("/console/customers/99", {"name": "x"})).status == 404


async def test_plans_and_price_series_are_listed_with_what_is_missing(console, platform):
    page = await console.get("/console/plans")
    assert "No price plans yet" in page.words
    assert "No price series yet" in page.words
    other = PartyMargin(party=PartyId("DE", "ABC"), margin=Margin(percent=Decimal(2)))
    await platform.store.plans.add(Plan(name="SPOT", currency="SEK", series="SE3", exceptions=(other,)), NOW)
    hour = timedelta(hours=1)
    points = [PricePoint(at=NOW + hour * at, until=NOW + hour * (at + 1), price=Decimal(1)) for at in (0, 2)]
    await platform.store.price_series.import_points("SE3", "SEK", points)
    words = (await console.get("/console/plans")).words
    assert "SPOT spot price SE3 DE/ABC: +2 %" in words
    assert (
        "SE3 SEK 23 Nov 2026 08:30 UTC 23 Nov 2026 11:30 UTC 2 23 Nov 2026 09:30 UTC – 23 Nov 2026 10:30 UTC" in words
    )
