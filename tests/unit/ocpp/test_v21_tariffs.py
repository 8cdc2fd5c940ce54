"""A Tariff in the words of OCPP 2.1, where that is exact, and why not where it is not."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charges_generated import restrictions
from ocpilot.ocpp.v21_tariffs import Inexpressible, tariff_of
from ocpilot.pricing.restrictions import matches
from ocpilot.pricing.usage import Levels, Usage
from ocpilot.wire.v230 import DisplayText, PriceComponent, Tariff, TariffElement, TaxIncluded

SCHEMA = json.loads(files("ocpp").joinpath("v21", "schemas", "SetDefaultTariffRequest.json").read_text("utf-8-sig"))
ENCODER = msgspec.json.Encoder(decimal_format="number")


def told(*elements, tax_included="NO", texts=(), **fields):
    """What a station of 2.1 is told; each element is its components, and restrictions as a dict at its end."""
    body = {"country_code": "SE", "party_id": "LAD", "id": "T1", "currency": "SEK", "tax_included": tax_included}
    body |= {"elements": [element(*one) for one in elements], "last_updated": "2026-11-01T00:00:00Z"}
    tariff = msgspec.convert(body | fields, Tariff, strict=False)
    found = tariff_of(tariff, "T1-1", texts)
    jsonschema_rs.validator_for(SCHEMA).validate({"evseId": 1, "tariff": json.loads(ENCODER.encode(found))})
    return found


def element(*parts):
    *components, last = parts
    if "type" in last:
        return {"price_components": list(parts)}
    return {"price_components": components, "restrictions": last}


def of(kind, price, vat=25, step=1):
    return {"type": kind, "price": Decimal(price), "step_size": step} | ({} if vat is None else {"vat": Decimal(vat)})


def reasons(*elements, **fields):
    with pytest.raises(Inexpressible) as caught:
        told(*elements, **fields)
    return caught.value.reasons


def test_each_dimension_has_its_prices_and_its_tax():
    found = told((of("ENERGY", "4.5"), of("TIME", 60, 12), of("PARKING_TIME", 30, 6), of("FLAT", 5, 0)))
    assert found == {
        "tariffId": "T1-1",
        "currency": "SEK",
        "energy": {"prices": [{"priceKwh": Decimal("4.5")}], "taxRates": [{"type": "VAT", "tax": 25}]},
        "chargingTime": {"prices": [{"priceMinute": 1}], "taxRates": [{"type": "VAT", "tax": 12}]},
        "idleTime": {"prices": [{"priceMinute": Decimal("0.5")}], "taxRates": [{"type": "VAT", "tax": 6}]},
        "fixedFee": {"prices": [{"priceFixed": 5}], "taxRates": [{"type": "VAT", "tax": 0}]},
    }


@pytest.mark.parametrize(
    ("restrictions", "conditions"),
    [
        ({"start_time": "08:00", "end_time": "18:00"}, {"startTimeOfDay": "08:00", "endTimeOfDay": "18:00"}),
        ({"start_time": "22:00", "end_time": "06:00"}, {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"}),
        ({"start_time": "18:00"}, {"startTimeOfDay": "18:00", "endTimeOfDay": "00:00"}),
        ({"end_time": "08:00"}, {"startTimeOfDay": "00:00", "endTimeOfDay": "08:00"}),
        ({"start_time": "08:00", "end_time": "24:00"}, {"startTimeOfDay": "08:00", "endTimeOfDay": "00:00"}),
        (
            {"start_date": "2026-12-24", "end_date": "2026-12-27"},
            {"validFromDate": "2026-12-24", "validToDate": "2026-12-27"},
        ),
        ({"day_of_week": ["SATURDAY", "SUNDAY"]}, {"dayOfWeek": ["Saturday", "Sunday"]}),
        ({"min_kwh": 20, "max_kwh": 50}, {"minEnergy": 20000, "maxEnergy": 50000}),
        ({"min_power": "3.7", "max_power": 22}, {"minPower": 3700, "maxPower": 22000}),
        ({"min_current": 6, "max_current": 16}, {"minCurrent": 6, "maxCurrent": 16}),
        ({"min_duration": 3600, "max_duration": 7200}, {"minTime": 3600, "maxTime": 7200}),
    ],
)
def test_each_restriction_is_a_condition(restrictions, conditions):
    found = told((of("ENERGY", 2), restrictions), (of("ENERGY", 3),))
    assert found["energy"]["prices"] == [{"priceKwh": 2, "conditions": conditions}, {"priceKwh": 3}]


@pytest.mark.parametrize("restrictions", [{"start_time": "08:00", "end_time": "08:00"}, {"end_time": "00:00"}])
def test_what_always_holds_is_no_condition_and_nothing_after_it_is_ever_used(restrictions):
    assert told((of("ENERGY", 2), restrictions), (of("ENERGY", 3),))["energy"]["prices"] == [{"priceKwh": 2}]


def test_a_window_over_midnight_on_certain_days_is_two():
    night = {"start_time": "22:00", "end_time": "06:00", "day_of_week": ["MONDAY"]}
    assert told((of("ENERGY", 1), night))["energy"]["prices"] == [
        {"priceKwh": 1, "conditions": {"dayOfWeek": ["Monday"], "startTimeOfDay": first, "endTimeOfDay": last}}
        for first, last in (("22:00", "00:00"), ("00:00", "06:00"))
    ]


def test_of_a_component_that_stands_twice_in_an_element_the_first_counts():
    assert told((of("ENERGY", 1), of("ENERGY", 2)))["energy"]["prices"] == [{"priceKwh": 1}]


def test_prices_with_tax_are_told_before_it():
    assert told((of("ENERGY", 5),), tax_included="YES")["energy"]["prices"] == [{"priceKwh": 4}]
    [reason] = reasons((of("ENERGY", 5, 19),), tax_included="YES")
    assert reason == "energy: 5 has no exact price of 6 decimals before tax and per unit"


def test_where_no_tax_applies_none_is_told():
    assert told((of("ENERGY", 5, None),), tax_included="N/A")["energy"] == {"prices": [{"priceKwh": 5}]}


def test_limits_are_of_the_whole_cost():
    limits = {"min_price": {"before_taxes": 1}, "max_price": {"before_taxes": 80, "after_taxes": 100}}
    found = told((of("ENERGY", 5),), **limits)
    assert (found["minCost"], found["maxCost"]) == ({"exclTax": 1}, {"exclTax": 80, "inclTax": 100})


def test_a_fee_may_depend_on_when_a_charge_begins():
    weekend = {"day_of_week": ["SATURDAY", "SUNDAY"]}
    assert told((of("FLAT", 9), weekend), (of("FLAT", 5),))["fixedFee"]["prices"] == [
        {"priceFixed": 9, "conditions": {"dayOfWeek": ["Saturday", "Sunday"]}},
        {"priceFixed": 5},
    ]


def test_reservations_have_prices_of_their_own():
    found = told((of("TIME", 60), of("FLAT", 2), {"reservation": "RESERVATION"}), (of("ENERGY", 5),))
    assert set(found) == {"tariffId", "currency", "reservationTime", "reservationFixed", "energy"}


def test_drivers_texts_stand_beside_it():
    [text] = told((of("ENERGY", 5),), texts=[DisplayText(language="sv", text="5 kr")])["description"]
    assert text == {"format": "UTF8", "language": "sv", "content": "5 kr"}


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ([(of("ENERGY", 5, None),)], "energy: the VAT is not known"),
        ([(of("ENERGY", 5, 6), {"max_kwh": 5}), (of("ENERGY", 5, 25),)], "energy: several rates of VAT"),
        ([(of("ENERGY", 5, 25, 500),)], "energy: a step_size of more than 1"),
        ([(of("TIME", 10),)], "chargingTime: 10 has no exact price of 6 decimals before tax and per unit"),
        ([(of("FLAT", 5), {"start_time": "18:00"})], "fixedFee: a fee that may begin in the middle of a charge"),
        ([(of("FLAT", 5), {"min_kwh": 1}), (of("FLAT", 1),)], "fixedFee: a fee that depends on what is charged"),
        ([(of("FLAT", 5), {"reservation": "RESERVATION_EXPIRES"})], "a price of reservations that run out"),
        ([(of("FLAT", 5), {"booking": "BOOKING"})], "prices of bookings"),
    ],
)
def test_what_has_no_exact_form_is_not_told(elements, reason):
    assert reasons(*elements) == (reason,)


def test_every_reason_is_named():
    assert len(reasons((of("ENERGY", 5, None, 500), of("TIME", 60, None)))) == 3


# ---- the same price at every moment --------------------------------------------------------------------------------


def holds(conditions, usage):
    """OCPP 2.1 ("TariffConditionsType"): all of them; from the lower bound on, below the upper one."""
    clock = f"{usage.local:%H:%M}"
    first, last = conditions.get("startTimeOfDay", "00:00"), conditions.get("endTimeOfDay", "00:00")
    in_window = first <= clock < last if first < last else first <= clock or clock < last
    day = f"{usage.local:%A}" in conditions.get("dayOfWeek", WEEK)
    today = usage.local.date().isoformat()
    dated = conditions.get("validFromDate", "") <= today < conditions.get("validToDate", "9999")
    (power, _), (current, _) = usage.levels.power, usage.levels.current
    amounts = {"Energy": usage.kwh * 1000, "Power": power * 1000, "Current": current, "Time": usage.seconds}
    within = all(
        conditions.get(f"min{name}", 0) <= amount < conditions.get(f"max{name}", 10**9)
        for name, amount in amounts.items()
    )
    return in_window and day and dated and within


WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_AMOUNTS = st.sampled_from([Decimal(one) for one in (0, 1, 5, "9.9", 10, 16, 32, 40)])
_MOMENTS = st.integers(0, 280 * 24 * 60).map(
    lambda minutes: datetime(2026, 3, 28, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(restrictions(), min_size=1, max_size=4),
    _MOMENTS,
    st.tuples(_AMOUNTS, _AMOUNTS, _AMOUNTS),
    st.integers(0, 8000),
)
def test_at_every_moment_it_is_the_price_of_the_same_element(limits, local, amounts, seconds):
    kwh, power, current = amounts
    elements = tuple(
        TariffElement(
            price_components=(PriceComponent(type="ENERGY", price=Decimal(number), vat=Decimal(25), step_size=1),),
            restrictions=limit,
        )
        for number, limit in enumerate(limits, 1)
    )
    fields = {"country_code": "SE", "party_id": "LAD", "id": "T", "currency": "SEK", "last_updated": local}
    prices = tariff_of(Tariff(elements=elements, tax_included=TaxIncluded.NO, **fields), "T")["energy"]["prices"]
    levels = Levels(power=(power, power), current=(current, current))
    usage = Usage(local=local, kwh=kwh, seconds=seconds, levels=levels)
    ours = next((number for number, limit in enumerate(limits, 1) if matches(limit, usage)), None)
    theirs = next((one["priceKwh"] for one in prices if holds(one.get("conditions", {}), usage)), None)
    assert theirs == ours
