"""Each rule that a CDR is judged by before it is paid finds what it is there for, and nothing in a right CDR."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from ocpilot.billing.cdr import credit_of
from ocpilot.billing.check import check_cdr
from ocpilot.billing.clearing_limits import USUAL, ClearingLimits, Rule
from ocpilot.billing.clearing_rules import Around, Neighbour, corrected, findings
from ocpilot.billing.credit_rules import credit_findings, takes_back
from ocpilot.wire.v230 import Price

replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def right(b):
    """12 kWh in an hour at 22 kW, 61.40 SEK by its Tariff."""
    return b.cdr(b.tariff())


def around(cdr, b, **known):
    return Around(verdict=check_cdr(cdr, None, b.zone), connector_kw=Decimal(22), **known)


def found(cdr, b, limits=USUAL, **known):
    return {one.rule: one for one in findings(cdr, around(cdr, b, **known), limits)}


def beside(cdr, **changes):
    """Another CDR of the same charge."""
    place = cdr.cdr_location
    return Neighbour(
        **{
            "party": "SELAD",
            "id": "C0",
            "session": cdr.session_id,
            "token_uid": cdr.cdr_token.uid,
            "location_id": place.id,
            "evse_uid": place.evse_uid,
            "starts": cdr.start_date_time,
            "ends": cdr.end_date_time,
            "credited": False,
        }
        | changes
    )


def test_nothing_is_found_of_a_right_cdr(right, b):
    known = {"came_at": right.end_date_time + timedelta(hours=1), "token_known": True, "place_known": True}
    assert found(right, b, **known) == {}


def cost(amount):
    return Price(before_taxes=Decimal(amount))


@pytest.mark.parametrize(
    ("rule", "changes", "limits", "words"),
    [
        (Rule.PRICE, {"total_cost": cost("99")}, {}, "total_cost 99.00 SEK"),
        (Rule.NOT_PRICED, {"tariffs": ()}, {}, "no Tariff is known of it"),
        (Rule.ZERO_COST, {"total_cost": cost("0")}, {}, "0.00 SEK"),
        (Rule.CURRENCY, {}, {"currencies": ("EUR", "NOK")}, "SEK"),
        (Rule.CURRENCY, {"currency": "EUR"}, {}, "EUR"),
        (Rule.NEGATIVE, {"total_cost": cost("-5")}, {}, "total_cost -5 SEK"),
        (Rule.NEGATIVE, {"total_energy_cost": cost("-5")}, {}, "total_energy_cost -5 SEK"),
        (Rule.COST, {}, {"most_cost": {"SEK": Decimal(40)}}, "SEK"),
        (Rule.DURATION, {}, {"most_hours": Decimal(1)}, "1.3333 hours"),
        (Rule.DURATION, {"total_time": Decimal(80)}, {}, "80 hours"),
        (Rule.ENERGY, {}, {"most_kwh": Decimal(10)}, "12 kWh"),
        (Rule.POWER, {"total_energy": Decimal(60)}, {}, "60 kWh in 1 hours: 60.0 kW on average"),
    ],
)
def test_a_rule_finds_what_it_is_there_for(right, b, rule, changes, limits, words):  # noqa: PLR0917 - a row of the table
    told = found(replace(right, **changes), b, ClearingLimits(**limits))
    assert words in told[rule].found
    assert told[rule].expected


def test_a_cdr_that_contradicts_itself_is_found(right, b):
    backwards = replace(right, end_date_time=right.start_date_time - timedelta(minutes=5))
    assert Rule.STRUCTURE in found(backwards, b)


@pytest.mark.parametrize(("kwh", "finds"), [("24", False), ("24.5", False), ("25", True)])
def test_power_is_that_of_the_time_without_parking_with_a_tolerance(right, b, kwh, finds):
    assert (Rule.POWER in found(replace(right, total_energy=Decimal(kwh)), b)) is finds


def test_without_the_location_the_kind_of_the_connector_says_what_is_too_much(right, b):
    cdr = replace(right, total_energy=Decimal(60))
    [one] = [one for one in findings(cdr, replace(around(cdr, b), connector_kw=None), USUAL) if one.rule is Rule.POWER]
    assert one.expected == "at most 44 kW, as AC_3_PHASE can give"


def test_energy_in_no_time_is_too_much_power(right, b):
    at_once = replace(right, end_date_time=right.start_date_time)
    assert "no time" in found(at_once, b)[Rule.POWER].found


def test_late_is_counted_from_the_end(right, b):
    late = found(right, b, came_at=right.end_date_time + timedelta(days=9))
    assert late[Rule.LATE].found == "it came 9 days after the end of the charge"
    assert Rule.LATE not in found(right, b, came_at=right.end_date_time + timedelta(days=6))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, Rule.DOUBLED),
        ({"session": None}, Rule.DOUBLED),
        ({"session": "S2", "evse_uid": "E2"}, Rule.OVERLAP),
        ({"session": "S2", "token_uid": "U2", "starts": timedelta(minutes=30)}, Rule.OVERLAP),
        ({"party": "SEOTH", "session": "S9"}, Rule.OVERLAP),
        ({"credited": True}, None),
        ({"session": "S2", "evse_uid": "E2", "credited": True}, None),
        ({"session": "S2", "evse_uid": "E2", "starts": timedelta(minutes=79, seconds=30)}, None),
    ],
)
def test_a_charge_is_billed_once_and_others_are_not_at_the_same_time(right, b, changes, rule):
    moved = {
        name: right.start_date_time + value if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    told = found(right, b, neighbours=(beside(right, **moved),))
    assert set(told) == ({rule} if rule else set())


def test_what_was_credited_before_is_corrected(right):
    assert [one.id for one in corrected(right, (beside(right), beside(right, id="C7", credited=True)))] == ["C7"]
    assert corrected(right, (beside(right, session="S2", evse_uid="E2", credited=True),)) == ()


def test_an_unknown_token_or_place_and_signed_values_are_said(right, b):
    told = found(right, b, token_known=False, place_known=False, signed="INVALID: no")
    assert set(told) == {Rule.UNKNOWN_TOKEN, Rule.UNKNOWN_PLACE, Rule.SIGNED}
    assert told[Rule.UNKNOWN_TOKEN].found == "Token U1, contract SE-RES-C1"
    assert told[Rule.SIGNED].found == "INVALID: no"


def test_which_rules_hold_is_set_per_partner():
    assert (USUAL.holds(Rule.LATE), USUAL.holds(Rule.PRICE)) == (False, True)
    mild = ClearingLimits(note=(Rule.PRICE,))
    assert (mild.holds(Rule.LATE), mild.holds(Rule.PRICE)) == (True, False)


# ---- credits -------------------------------------------------------------------------------------------------------


def test_a_credit_of_the_whole_is_good(right):
    credit = credit_of(right, right.last_updated)
    assert credit_findings(credit, right, None) == ()
    assert takes_back(credit, right)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"total_cost": cost("-10")}, Rule.CREDIT_AMOUNT),
        ({"currency": "EUR"}, Rule.CURRENCY),
        ({"start_date_time": timedelta(hours=1)}, Rule.CREDIT_CHARGE),
    ],
)
def test_a_credit_of_something_else_is_not(right, changes, rule):
    moved = {
        name: right.start_date_time + value if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    credit = replace(credit_of(right, right.last_updated), **moved)
    assert [one.rule for one in credit_findings(credit, right, None)] == [rule]
    assert not takes_back(credit, right)


def test_neither_a_credit_nor_what_was_credited_is_credited(right):
    credit = credit_of(right, right.last_updated)
    again = replace(credit, id="C1-D")
    assert [one.rule for one in credit_findings(again, right, "C1-C")] == [Rule.CREDITED_TWICE]
    assert Rule.CREDIT_CHAIN in {one.rule for one in credit_findings(again, credit, None)}
