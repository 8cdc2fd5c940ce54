"""Monthly fees: one for each customer and month, whatever runs how often."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ocpilot.app.customers.plan_fees import fees_due
from ocpilot.app.kept.bill_records import BillItem
from ocpilot.app.kept.customer_records import Customer, CustomerKind
from ocpilot.base.ids import PartyId
from ocpilot.billing.parties import Address, BusinessParty
from ocpilot.billing.plans import Plan

STOCKHOLM = ZoneInfo("Europe/Stockholm")
GOLD = Plan(name="GOLD", currency="SEK", monthly_fee=Decimal(99))
SELLER = BusinessParty(name="S", address=Address(country="SE"))
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def customer(since: datetime, country: str = "SE", **fields: object) -> Customer:
    party = BusinessParty(name="C", address=Address(country=country), vat_number=str(fields.pop("vat", "")))
    return Customer(
        **{
            "id": 1,
            "number": "10001",
            "kind": CustomerKind.DRIVER,
            "party_facts": party,
            "plan": "GOLD",
            "created_at": datetime(2020, 1, 1, tzinfo=UTC),
            "plan_since": since,
            **fields,
        }
    )


def fees(*customers: Customer, now: datetime = NOW) -> tuple[BillItem, ...]:
    return fees_due(customers, {"GOLD": GOLD}, now, seller=SELLER, party=PartyId("SE", "RES"), zone=STOCKHOLM)


def test_the_month_in_which_he_got_the_plan_is_paid_from_that_moment() -> None:
    since = datetime(2026, 11, 20, 9, tzinfo=UTC)
    (fee,) = fees(customer(since))
    assert (fee.key.id, fee.at, fee.net, fee.currency) == ("fee/GOLD/2026-11/10001", since, 99, "SEK")
    assert (fee.lines[0].text, fee.lines[0].gross) == ("Monthly fee GOLD, November 2026", Decimal("123.75"))


def test_a_month_begins_at_midnight_by_the_books() -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    before, after = datetime(2026, 11, 30, 22, 59, tzinfo=UTC), datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert [fee.key.id[9:16] for fee in fees(customer(since), now=before)] == ["2026-11"]
    december = fees(customer(since), now=after)[-1]
    assert (december.key.id[9:16], december.at) == ("2026-12", after)


def test_months_in_which_nothing_ran_are_made_up_for_three_back() -> None:
    found = fees(customer(datetime(2026, 1, 1, tzinfo=UTC)))
    assert [fee.key.id[9:16] for fee in found] == ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert fees(customer(datetime(2026, 12, 1, tzinfo=UTC))) == ()


def test_without_a_plan_or_its_fee_there_is_none() -> None:
    assert fees(msgspec.structs.replace(customer(NOW), plan="")) == ()
    assert fees_due([customer(NOW)], {}, NOW, seller=SELLER, party=PartyId("SE", "RES"), zone=STOCKHOLM) == ()


@pytest.mark.parametrize(("vat", "category"), [("DE136695976", "AE"), ("", "S")])
def test_a_company_abroad_owes_the_vat_itself_if_it_has_a_number(vat: str, category: str) -> None:
    (fee,) = fees(customer(NOW, "DE", is_business=True, vat=vat))
    assert fee.lines[0].tax.category == category
