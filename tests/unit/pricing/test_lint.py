"""The tariff lint, rule by rule, and on Tariffs that were made up, published, or come with the standard."""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated import bodies
from ocpilot.base.errors import OcpilotError
from ocpilot.base.ids import PartyId
from ocpilot.pricing.compiled import compiled
from ocpilot.pricing.lint import RULES, Severity, boxes, lint, lint_fields
from ocpilot.pricing.lint.reach import Reach
from ocpilot.pricing.lint.situations import Kind
from ocpilot.pricing.usage import Levels, Usage
from ocpilot.wire.codec import body_of, loads, read
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.steps import Context
from ocpilot.wire.texts import objects_in
from ocpilot.wire.v230 import Tariff, TariffDimensionType, TariffType
from tariff_lint_cases import CASES, NOW, OTHERS_ELSEWHERE, WEEK

EXAMPLES, REAL_DATA = os.environ.get("OCPI_EXAMPLES"), os.environ.get("REAL_DATA")
ids = [f"{case.code}-{number}" for number, case in enumerate(CASES)]


def codes(tariff, **options) -> list[str]:
    return [finding.code for finding in lint(tariff, now=NOW, **options)]


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_rule_finds_what_it_is_for(b, case) -> None:
    assert case.code in codes(case.fires(b), **(case.options or {}))


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_rule_does_not_find_what_is_right(b, case) -> None:
    assert case.code not in codes(case.near(b), **(case.options or {}))


def test_every_rule_is_tested_and_has_its_own_code() -> None:
    assert [rule.code for rule in RULES] == list(dict.fromkeys(rule.code for rule in RULES))
    assert {rule.code for rule in RULES} == {case.code for case in CASES} | OTHERS_ELSEWHERE


def test_the_guide_names_every_code_with_its_meaning() -> None:
    guide = (Path(__file__).parents[3] / "docs/guides/tariffs.md").read_text()
    table = [line for line in guide.splitlines() if line.startswith("| `")]
    assert table == [f"| `{rule.code}` | {rule.severity} | {rule.meaning} | {rule.mend} |" for rule in RULES]


def test_a_plain_tariff_has_no_findings(b) -> None:
    assert lint(b.tariff(b.component("ENERGY", "4"), b.component("PARKING_TIME", "30", step=60)), now=NOW) == ()


def test_what_hides_an_element_is_named(b) -> None:
    tariff = b.tariff(b.component("ENERGY", "4"), b.element(b.component("ENERGY", "3"), start_time="22:00"))
    finding = next(one for one in lint(tariff) if one.code == "element.unreachable")
    assert (finding.path, finding.found) == ("$.elements[1]", "ENERGY priced before it by $.elements[0]")


def test_a_free_situation_is_named_in_words(b) -> None:
    tariff = b.tariff(
        b.element(b.component("ENERGY", "4"), max_kwh=Decimal(20), day_of_week=WEEK[:5]),
        b.element(b.component("ENERGY", "4"), day_of_week=WEEK[5:]),
    )
    assert lint(tariff)[0].found == "no price of ENERGY for example on a Monday at 00:00, after 20 kWh"


def test_a_tariff_with_too_many_situations_is_told_to_be_one(b, monkeypatch) -> None:
    tariff = b.tariff(
        b.element(b.component("ENERGY", "3"), start_time="06:00", end_time="22:00", max_kwh=Decimal(5)),
        b.component("ENERGY", "4"),
    )
    assert "tariff.too_complex" not in codes(tariff)
    monkeypatch.setattr(boxes, "MOST", 1)
    assert codes(tariff) == ["tariff.too_complex"]


def test_days_that_are_over_are_not_said_to_be_free(b) -> None:
    begun = b.tariff(b.element(b.component("ENERGY", "4"), start_date="2025-07-01"))
    assert "charge.unpriced" in codes_without_now(begun)
    assert "charge.unpriced" not in codes(begun)


@pytest.mark.parametrize("end", ["2099-12-31", "9999-12-31"])
def test_an_end_that_means_for_ever_is_no_end(b, end: str) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "4"), end_date=end))
    assert codes(tariff) == []
    assert codes_without_now(tariff) == ["charge.unpriced"]


def test_the_ends_of_the_calendar_do_no_harm(b) -> None:
    tariff = b.tariff(
        b.element(b.component("ENERGY", "4"), start_date="0001-01-01", end_date="9999-12-31", day_of_week=WEEK[2:]),
    )
    assert codes_without_now(tariff) == ["charge.unpriced"]


def codes_without_now(tariff) -> list[str]:
    return [finding.code for finding in lint(tariff)]


def test_a_field_that_is_misspelled_is_told_with_the_right_name(b) -> None:
    body = body_of(b.tariff(b.element(b.component("ENERGY", "4"), start_time="22:00")))
    body["elements"][0]["restrictions"]["starttime"] = body["elements"][0]["restrictions"].pop("start_time")
    found = [(one.code, one.path, one.found) for one in lint_fields(body)]
    assert found == [
        ("field.misspelled", "$.elements[0].restrictions.starttime", "starttime, which looks like start_time")
    ]


def test_a_field_of_our_own_is_only_a_hint(b) -> None:
    body = {**body_of(b.tariff(b.component("ENERGY", "4"))), "x_brand": "Ladda"}
    assert [(one.code, one.severity) for one in lint_fields(body)] == [("field.unknown", Severity.HINT)]
    assert lint_fields(body_of(b.tariff(b.component("ENERGY", "4")))) == ()


def test_the_rules_of_the_union_are_for_its_countries_and_for_ad_hoc_payment(b) -> None:
    tariff = b.tariff(b.component("ENERGY", "4"), b.component("FLAT", "5"))
    fast = Decimal(50)
    assert "afir.session_fee" in codes(tariff, ad_hoc=True, power_kw=fast)
    assert "afir.session_fee" in codes(b.changed(tariff, type=TariffType.AD_HOC_PAYMENT), power_kw=fast)
    assert "afir.session_fee" not in codes(tariff, power_kw=fast)
    assert "afir.session_fee" not in codes(tariff, ad_hoc=True, power_kw=Decimal("49.9"))
    assert "afir.session_fee" not in codes(b.changed(tariff, country_code="US"), ad_hoc=True, power_kw=fast)


@pytest.mark.parametrize("version", SUPPORTED)
def test_generated_tariffs_of_every_version_never_break_the_lint(version: Version) -> None:
    party = Context(party=PartyId("SE", "LAD"))
    for _, body in bodies(Tariff, 300):
        try:
            tariff = read(Tariff, version, body, party).value
        except OcpilotError:
            continue
        assert all(finding.code in {rule.code for rule in RULES} for finding in lint(tariff, body=body, now=NOW))


prices = st.sampled_from(["1", "2", "3"])
kinds = st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"])
times = st.sampled_from(["00:00", "06:00", "12:00", "22:00"])
kilos = st.integers(0, 3).map(lambda number: Decimal(number * 10))
restricted = st.fixed_dictionaries(
    {},
    optional={
        "start_time": times,
        "end_time": times,
        "day_of_week": st.sets(st.sampled_from(WEEK), min_size=1, max_size=7).map(tuple),
        "start_date": st.sampled_from(["2026-11-23", "2026-11-25"]),
        "end_date": st.sampled_from(["2026-11-25", "2026-12-24"]),
        "min_kwh": kilos,
        "max_kwh": kilos,
        "min_duration": st.integers(0, 2).map(lambda number: number * 3600),
        "max_duration": st.integers(0, 2).map(lambda number: number * 3600),
        "min_power": kilos,
        "max_power": kilos,
    },
)
elements = st.lists(
    st.tuples(st.lists(st.tuples(kinds, prices), min_size=1, max_size=2), restricted), min_size=1, max_size=5
)


def made(b, drawn):
    return b.tariff(
        *(
            b.element(*(b.component(kind, price) for kind, price in parts), **restrictions)
            for parts, restrictions in drawn
        )
    )


def moments():
    """A grid of moments of charges: every border above lies between two of them, or on one."""
    levels = [
        Levels(),
        *(
            Levels(power=(Decimal(low), Decimal(high)))
            for low in (0, 10, 20, 30)
            for high in (0, 10, 20, 30)
            if low <= high
        ),
    ]
    for day in (-3, *range(8), 40):
        for hour in (0, 6, 12, 22):
            for kwh in (0, 10, 20, 30):
                for seconds in (0, 3600, 7200):
                    for level in levels:
                        local = NOW.replace(tzinfo=None, hour=hour) + timedelta(days=day)
                        yield Usage(local=local, kwh=Decimal(kwh), seconds=seconds, levels=level)


GRID = list(moments())[::35]


@given(elements)
def test_what_the_lint_calls_unreachable_is_found_in_no_situation(b, drawn) -> None:
    """The lookup of the engine itself, moment by moment, agrees with the boxes."""
    tariff = made(b, drawn)
    reach, engine = Reach(tariff), compiled(tariff)
    unused = {use.active for use in reach.uses if use.kind is Kind.CHARGE and not use.used}
    for usage in GRID:
        found = engine.found_at(usage)
        assert not unused & {found.flat, found.energy, found.time, found.parking}


@given(elements)
def test_every_other_component_is_found_in_the_situation_that_the_lint_names(b, drawn) -> None:
    tariff = made(b, drawn)
    reach, engine = Reach(tariff), compiled(tariff)
    by_dimension = {
        TariffDimensionType.FLAT: "flat",
        TariffDimensionType.ENERGY: "energy",
        TariffDimensionType.TIME: "time",
        TariffDimensionType.PARKING_TIME: "parking",
    }
    for use in reach.uses:
        if use.kind is Kind.CHARGE and use.used:
            found = engine.found_at(reach.situations.example(use.used[0]))
            assert getattr(found, by_dimension[use.active.price.type]) is use.active


@given(elements)
def test_without_a_redundant_element_every_moment_has_the_same_prices(b, drawn) -> None:
    tariff = made(b, drawn)
    for finding in lint(tariff):
        if finding.code == "element.redundant":
            place = int(finding.path.removeprefix("$.elements[").removesuffix("]"))
            left = b.changed(tariff, elements=tariff.elements[:place] + tariff.elements[place + 1 :])
            for usage in GRID:
                assert prices_of(left, usage) == prices_of(tariff, usage)


@given(elements)
def test_energy_that_is_not_said_to_be_free_has_a_price_at_every_measured_moment(b, drawn) -> None:
    tariff = made(b, drawn)
    kinds = {one.active.price.type for one in Reach(tariff).uses}
    said = [one.found for one in lint(tariff) if one.code in {"charge.unpriced", "dimension.no_default"}]
    if TariffDimensionType.ENERGY in kinds and not any("ENERGY" in found for found in said):
        steady = (one for one in GRID if one.levels.power[0] is not None and one.levels.power[0] == one.levels.power[1])
        for usage in steady:
            assert compiled(tariff).found_at(usage).energy or compiled(tariff).found_at(usage).time


def prices_of(tariff, usage):
    found = compiled(tariff).found_at(usage)
    return [one and one.price.price for one in (found.flat, found.energy, found.time, found.parking)]


#: Errors that examples of the standard really have, by file and code.
WRONG: dict[str, set[str]] = {}


@pytest.mark.skipif(not EXAMPLES, reason="OCPI_EXAMPLES is not set")
def test_examples_of_the_standard_have_no_errors() -> None:
    seen = 0
    for path in sorted(Path(EXAMPLES).glob("*/tariff*.json")):
        version = Version(path.parent.name.split("-")[0])
        try:
            tariff = read(Tariff, version, loads(path.read_bytes()), Context(party=PartyId("NL", "TNM")), NOW).value
        except OcpilotError:  # parts of Tariffs, see tests/spec/test_examples.py
            continue
        seen += 1
        errors = {one.code for one in lint(tariff, version=version, now=NOW) if one.severity is Severity.ERROR}
        assert errors == WRONG.get(path.name, set()), path
    assert seen > 40


@pytest.mark.skipif(not REAL_DATA, reason="REAL_DATA is not set")
def test_published_tariffs_are_read_and_their_free_minute_is_found() -> None:
    found = {}
    for path, body in objects_in(loads((Path(REAL_DATA) / "tariffs_texel.json").read_bytes())):
        received = read(Tariff, Version.V2_2_1, body)
        found[path] = [one.code for one in lint(received.value, body=received.body, version=received.version, now=NOW)]
    assert len(found) == 33
    assert [path for path, of in found.items() if "restriction.last_minute" in of] == ["$[3]", "$[6]"]
    assert "charge.unpriced" in found["$[3]"]
