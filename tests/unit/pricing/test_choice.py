"""Which of several Tariffs holds."""

from datetime import timedelta

import pytest

from ocpilot.pricing.choice import preferred, usual
from ocpilot.wire.v230 import ProfileType, TariffType


@pytest.fixture
def offered(b):
    def make(ident, kind=None, **more):
        return b.tariff(b.component("ENERGY", "1"), ident=ident, type=None if kind is None else TariffType(kind), **more)

    return make


def test_the_regular_one_is_usual_wherever_it_stands(b, offered):
    tariffs = [offered("AD-HOC", "AD_HOC_PAYMENT"), offered("GREEN", "PROFILE_GREEN"), offered("USUAL", "REGULAR")]
    assert usual(tariffs, b.start).id == "USUAL"


def test_a_tariff_counts_from_its_start_and_not_at_its_end(b, offered):
    old = offered("OLD", end_date_time=b.start)
    new = offered("NEW", start_date_time=b.start)
    assert usual([old, new], b.start).id == "NEW"
    assert usual([old, new], b.start - timedelta(seconds=1)).id == "OLD"
    assert usual([old], b.start) is None


def test_a_preference_takes_its_own_tariff_in_the_same_currency(b, offered):
    tariffs = [offered("USUAL"), offered("FAST", "PROFILE_FAST")]
    assert preferred(tariffs, ProfileType.FAST, b.start).id == "FAST"
    assert preferred(tariffs, ProfileType.REGULAR, b.start).id == "USUAL"
    assert preferred(tariffs, ProfileType.GREEN, b.start) is None


def test_a_cdr_whose_periods_name_no_tariff_is_priced_by_the_usual_one(b, offered):
    ad_hoc = offered("AD-HOC", "AD_HOC_PAYMENT")
    priced = b.cost([b.period(ENERGY="10")], ad_hoc, offered("USUAL", "REGULAR"))
    assert {line.tariff_id for line in priced.lines} == {"USUAL"}
