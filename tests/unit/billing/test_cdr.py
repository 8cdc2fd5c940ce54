"""A CDR holds everything about its session, and its numbers agree with each other."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ocpilot.base.errors import NotFound
from ocpilot.billing.cdr import credit_of, make_cdr
from ocpilot.billing.check import check_cdr
from ocpilot.wire.codec import body_of, problems
from ocpilot.wire.protocol import Version
from ocpilot.wire.v230 import CDR


def test_a_cdr_is_priced_by_the_tariff_with_a_period_where_the_price_changes(b) -> None:
    cdr = b.cdr(b.tariff())
    assert [period.start_date_time - b.start for period in cdr.charging_periods] == [
        timedelta(),
        timedelta(minutes=30),
        timedelta(minutes=60),
    ]
    assert cdr.total_energy == 12
    assert (cdr.total_time, cdr.total_parking_time) == (Decimal("1.3333"), Decimal("0.3333"))
    assert cdr.total_fixed_cost.before_taxes == 4
    assert cdr.total_energy_cost.before_taxes == Decimal("38.40")
    assert cdr.total_parking_cost.before_taxes == 20
    assert cdr.total_cost.before_taxes == Decimal("62.40")
    assert [tax.amount for tax in cdr.total_cost.taxes] == [Decimal("15.60")]


def test_a_cdr_keeps_the_standard(b) -> None:
    cdr = b.cdr(b.tariff())
    assert problems(CDR, Version.V2_3_0, body_of(cdr)) == ()
    assert cdr.tariffs[0].id == "NATT"
    assert cdr.cdr_location.evse_id == "SE*LAD*E1"
    assert len(cdr.cdr_location.address) <= 45
    assert (cdr.session_id, cdr.authorization_reference, cdr.remark) == ("S1", "A1", "Local")


def test_without_a_tariff_a_charge_costs_nothing(b) -> None:
    cdr = b.cdr(None)
    assert cdr.total_cost.before_taxes == 0
    assert cdr.total_energy_cost is None
    assert cdr.charging_periods[0].tariff_id is None


def test_a_connector_that_is_not_there_is_refused(b) -> None:
    with pytest.raises(NotFound, match="E9"):
        make_cdr(b.session(), b.location(), "E9", "1", (), b.measured(None), cdr_id="C1", now=b.start)


def test_an_evse_without_an_evse_id_is_written_as_not_available(b) -> None:
    place = b.location()
    nameless = msgspec.structs.replace(place, evses=(msgspec.structs.replace(place.evses[0], evse_id=None),))
    cdr = make_cdr(b.session(), nameless, "E1", "1", (), b.measured(None), cdr_id="C1", now=b.start)
    assert cdr.cdr_location.evse_id == "#NA"


def test_a_credit_is_the_original_with_its_total_turned(b) -> None:
    """price(credit) = -price(original): the total and its taxes; all else is the same, and what its periods cost."""
    original = b.cdr(b.tariff())
    credit = credit_of(original, b.start + timedelta(days=1))
    assert credit.total_cost.before_taxes == -original.total_cost.before_taxes
    assert [tax.amount for tax in credit.total_cost.taxes] == [-tax.amount for tax in original.total_cost.taxes]
    kept = msgspec.structs.replace(
        credit,
        id=original.id,
        total_cost=original.total_cost,
        credit=None,
        credit_reference_id=None,
        last_updated=original.last_updated,
    )
    assert kept == original
    assert check_cdr(credit, None, ZoneInfo("Europe/Stockholm")).agrees
