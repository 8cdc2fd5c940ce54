"""A CDR of ours agrees with itself; each mistake is found, with its size and a likely cause."""

from decimal import Decimal

import msgspec
import pytest

from ocpilot.base.texts import translator
from ocpilot.billing.causes import Cause
from ocpilot.billing.check import TariffSource, Verdict, check_cdr
from ocpilot.billing.tolerance import Tolerance
from ocpilot.billing.words import cause_text, difference_text
from ocpilot.wire.v230 import CDR, Price, TaxAmount


def costing(price: str, tax: str | None = None) -> Price:
    taxes = () if tax is None else (TaxAmount(name="VAT", amount=Decimal(tax)),)
    return Price(before_taxes=Decimal(price), taxes=taxes)


def changed(cdr: CDR, **fields: object) -> CDR:
    return msgspec.structs.replace(cdr, **fields)


def test_our_own_cdr_agrees(b) -> None:
    verdict = check_cdr(b.cdr(b.tariff()), None, b.zone)
    assert verdict.agrees
    assert verdict.differences == ()
    assert verdict.source is TariffSource.CDR


@pytest.mark.parametrize(
    ("fields", "name", "size", "cause"),
    [
        # 20 minutes at 40 per hour instead of 30
        ({"total_cost": costing("55.73")}, "total_cost", "-6.67", Cause.STEP_NOT_APPLIED),
        ({"total_parking_cost": costing("13.33")}, "total_parking_cost", "-6.67", Cause.STEP_NOT_APPLIED),
        ({"total_cost": costing("78.00")}, "total_cost", "15.60", Cause.TAX_IN_NET),
        ({"total_cost": costing("42.40")}, "total_cost", "-20.00", Cause.PARKING_LEFT_OUT),
        ({"total_cost": costing("62.43")}, "total_cost", "0.03", Cause.ROUNDING),
        ({"total_cost": costing("99.00")}, "total_cost", "36.60", Cause.PARTS_DO_NOT_ADD_UP),
        ({"total_cost": costing("62.40", "0")}, "total_cost.taxes", "-15.60", Cause.TAX_MISSING),
        ({"total_energy": Decimal(15)}, "total_energy", "3.0", Cause.ENERGY_DOES_NOT_ADD_UP),
        ({"total_parking_time": None}, "total_parking_time", "-0.3333", Cause.PARKING_LEFT_OUT),
        ({"total_time": Decimal(2)}, "total_time", "0.6667", Cause.PERIODS_DO_NOT_ADD_UP),
    ],
)
def test_a_mistake_is_found_with_its_cause(b, fields: dict, name: str, size: str, cause: Cause) -> None:
    verdict = check_cdr(changed(b.cdr(b.tariff()), **fields), None, b.zone)
    assert not verdict.agrees
    assert [(one.name, one.size, one.cause) for one in verdict.differences] == [(name, Decimal(size), cause)]


def test_a_period_across_a_change_of_price_is_named_as_the_cause(b) -> None:
    cdr = b.cdr(b.tariff())
    whole = msgspec.structs.replace(cdr.charging_periods[0], dimensions=(b.measured(None).periods[0].dimensions[0],))
    merged = changed(cdr, charging_periods=(whole, cdr.charging_periods[2]), total_energy_cost=None)
    verdict = check_cdr(merged, None, b.zone)
    assert [(one.name, one.cause) for one in verdict.differences] == [
        ("total_cost", Cause.PRICE_CHANGES_INSIDE_PERIOD),
        ("total_cost.taxes", Cause.PRICE_CHANGES_INSIDE_PERIOD),
    ]


def test_a_cent_is_tolerated_and_more_is_not(b) -> None:
    cdr = b.cdr(b.tariff())
    assert check_cdr(changed(cdr, total_cost=costing("62.41")), None, b.zone).agrees
    assert not check_cdr(changed(cdr, total_cost=costing("62.42")), None, b.zone).agrees
    assert check_cdr(
        changed(cdr, total_cost=costing("62.42")), None, b.zone, tolerance=Tolerance(amount=Decimal("0.05"))
    ).agrees


def test_our_tariff_goes_before_theirs(b) -> None:
    dearer = msgspec.structs.replace(b.tariff(), elements=b.tariff().elements[1:])
    verdict = check_cdr(b.cdr(b.tariff()), [dearer], b.zone)
    assert verdict.source is TariffSource.OURS
    assert verdict.ours.total.amount.excl == 72


def test_without_any_tariff_nothing_can_agree(b) -> None:
    verdict = check_cdr(changed(b.cdr(b.tariff()), tariffs=()), None, b.zone)
    assert not verdict.agrees
    assert verdict.ours.total is None
    assert verdict.source is TariffSource.NONE
    assert verdict.differences == ()


def test_a_credit_cdr_is_expected_to_be_negative(b) -> None:
    cdr = changed(b.cdr(b.tariff()), credit=True, credit_reference_id="C0", total_cost=costing("-62.40", "-15.60"))
    assert check_cdr(cdr, None, b.zone).agrees


def test_a_verdict_survives_being_stored(b) -> None:
    verdict = check_cdr(changed(b.cdr(b.tariff()), total_cost=costing("78.00")), None, b.zone)
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict) == verdict


def test_a_difference_is_told_in_words(b) -> None:
    verdict = check_cdr(changed(b.cdr(b.tariff()), total_cost=costing("78.00")), None, b.zone)
    assert difference_text(verdict.differences[0], "SEK", translator("sv"), "sv") == (
        "total_cost: deras 78,00, vårt 62,40, skillnad 15,60 SEK (de skrev beloppet med moms där det utan moms ska stå)"
    )


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_words_in_both_languages(cause: Cause) -> None:
    assert cause_text(cause, translator("sv")) != cause_text(cause, translator("en"))
