"""Reading leniently: what is refused, what is mended, and that every deviation is reported with its path."""

from decimal import Decimal

import pytest

from ocpilot.base.problem import Severity
from ocpilot.wire import v221, v230
from ocpilot.wire.check import MAX_PROBLEMS, mend
from ocpilot.wire.fields import USUAL_TIMEOUT
from ocpilot.wire.v230 import (
    AdditionalGeoLocation,
    CommandResponse,
    Connector,
    Hours,
    Location,
    Price,
    Session,
    Tariff,
    Token,
)

TOKEN = {
    "country_code": "SE",
    "party_id": "LAD",
    "uid": "04A1b2C3",
    "type": "RFID",
    "contract_id": "SE-LAD-C00000001-X",
    "issuer": "Ladda",
    "valid": True,
    "whitelist": "ALLOWED",
    "last_updated": "2026-11-23T08:00:00Z",
}
CONNECTOR = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "format": "SOCKET",
    "power_type": "AC_3_PHASE",
    "max_voltage": 230,
    "max_amperage": 16,
    "last_updated": "2026-11-23T08:00:00Z",
}
TARIFF = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "T1",
    "currency": "SEK",
    "tax_included": "NO",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 3, "step_size": 1}]}],
    "last_updated": "2026-11-23T08:00:00Z",
}
SESSION = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "S1",
    "start_date_time": "2026-11-23T08:00:00Z",
    "kwh": 1,
    "cdr_token": {"country_code": "SE", "party_id": "LAD", "uid": "1", "type": "RFID", "contract_id": "C1"},
    "auth_method": "WHITELIST",
    "location_id": "L1",
    "evse_uid": "E1",
    "connector_id": "1",
    "currency": "SEK",
    "status": "ACTIVE",
    "last_updated": "2026-11-23T08:00:00Z",
}
LOCATION = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "LOC1",
    "publish": True,
    "address": "Storgatan 1",
    "city": "Umeå",
    "country": "SWE",
    "coordinates": {"latitude": "63.825910", "longitude": "20.263166"},
    "time_zone": "Europe/Stockholm",
    "last_updated": "2026-11-23T08:00:00Z",
}


def problem(cls, body):
    """The only problem of `body`: path and severity."""
    (found,) = mend(cls, body).problems
    return found.path, found.severity


def mended(cls, body, name):
    """The field after mending, when there was exactly one finding about it."""
    result = mend(cls, body)
    assert [(found.path, found.severity) for found in result.problems] == [(f"$.{name}", Severity.FINDING)]
    return result.body[name]


def test_a_right_object_is_not_even_copied():
    result = mend(Token, TOKEN)
    assert result.body is TOKEN
    assert not result.problems


def test_all_problems_are_found_at_once():
    evse = {"uid": "E" * 37, "status": "FREE", "connectors": [], "last_updated": "yesterday"}
    body = {
        **LOCATION,
        "publish": "perhaps",
        "evses": [evse, {**evse, "connectors": [{**CONNECTOR, "max_voltage": "x"}]}],
    }
    del body["city"]
    assert {found.path for found in mend(Location, body).problems} == {
        "$.publish",
        "$.city",
        *(f"$.evses[{i}].{name}" for i in (0, 1) for name in ("uid", "status", "last_updated")),
        "$.evses[0].connectors",
        "$.evses[1].connectors[0].max_voltage",
    }


def test_a_problem_says_what_was_found_what_was_expected_and_where_the_standard_says_so():
    (found,) = mend(
        v230.EVSE, {**{"uid": "1", "status": "FREE"}, "connectors": [CONNECTOR], "last_updated": "2026-11-23T08:00:00Z"}
    ).problems
    assert str(found).startswith('$.status: found "FREE", expected one of AVAILABLE, BLOCKED')
    assert found.section == "mod_locations, EVSE"


@pytest.mark.parametrize("body", [None, [], "text", 3, True])
def test_what_is_no_object_is_one_problem(body):
    assert problem(Token, body) == ("$", Severity.ERROR)


@pytest.mark.parametrize("missing", [{}, {"uid": None}])
def test_a_required_field_that_is_missing_or_null_is_an_error(missing):
    body = {name: value for name, value in TOKEN.items() if name != "uid"} | missing
    assert problem(Token, body) == ("$.uid", Severity.ERROR)


@pytest.mark.parametrize("missing", [{}, {"timeout": None}])
def test_an_answer_to_a_command_may_leave_out_how_long_it_takes(missing):
    mended = mend(CommandResponse, {"result": "ACCEPTED", **missing})
    assert mended.body["timeout"] == USUAL_TIMEOUT
    [problem] = mended.problems
    assert (problem.path, problem.severity) == ("$.timeout", Severity.FINDING)
    assert problem.expected == "a value; taken as 30"


def test_hours_that_are_listed_are_not_round_the_clock():
    listed = {"regular_hours": [{"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}]}
    assert mend(Hours, listed).body == {**listed, "twentyfourseven": False}
    [problem] = mend(Hours, {"regular_hours": []}).problems
    assert problem.severity is Severity.ERROR


def test_an_object_in_a_list_of_its_own_is_taken_out():
    name = {"language": "en", "text": "Entrance"}
    place = {"latitude": "63.825910", "longitude": "20.263166", "name": [name]}
    mended = mend(AdditionalGeoLocation, place)
    assert mended.body["name"] == name
    assert [(one.path, one.severity) for one in mended.problems] == [("$.name", Severity.FINDING)]
    for wrong in ([], [name, name], [[name]], ["Entrance"]):
        assert [one.severity for one in mend(AdditionalGeoLocation, place | {"name": wrong}).problems] == ["error"]


def test_what_stands_alone_where_a_list_belongs_is_a_list_of_one():
    text = {"language": "en", "text": "Day"}
    assert mended(Tariff, {**TARIFF, "tariff_alt_text": text}, "tariff_alt_text") == [text]
    assert mended(v230.LocationReferences, {"location_id": "1", "evse_uids": "E1"}, "evse_uids") == ["E1"]
    by_number = {**TARIFF, "tariff_alt_text": {"0": text}}
    assert Severity.ERROR in {one.severity for one in mend(Tariff, by_number).problems}
    assert problem(v230.LocationReferences, {"location_id": "1", "evse_uids": 7}) == ("$.evse_uids", Severity.ERROR)


@pytest.mark.parametrize("name", ["end_date_time", "charging_periods", "total_cost"])
def test_an_empty_text_that_cannot_be_a_value_means_that_an_optional_field_is_absent(name):
    result = mend(Session, {**SESSION, name: ""})
    assert [(one.path, one.severity) for one in result.problems] == [(f"$.{name}", Severity.FINDING)]
    assert result.body == SESSION


def test_an_empty_text_for_a_required_field_is_refused():
    assert problem(Session, {**SESSION, "start_date_time": ""}) == ("$.start_date_time", Severity.ERROR)


def test_a_time_of_day_loses_seconds_that_are_none():
    begin = {"weekday": 1, "period_begin": "08:00:00", "period_end": "20:00"}
    assert mended(v230.RegularHours, begin, "period_begin") == "08:00"
    assert problem(v230.RegularHours, {**begin, "period_begin": "08:00:30"}) == ("$.period_begin", Severity.ERROR)


def test_null_for_an_optional_field_means_that_it_is_absent():
    result = mend(Token, {**TOKEN, "group_id": None})
    assert result.body == TOKEN
    assert not result.problems


def test_null_for_a_list_means_that_it_is_absent_and_is_counted():
    result = mend(Location, {**LOCATION, "evses": None})
    assert result.body == LOCATION
    assert [found.severity for found in result.problems] == [Severity.FINDING]


def test_an_empty_list_is_fine_unless_the_standard_wants_one():
    assert not mend(Location, {**LOCATION, "evses": []}).problems
    assert problem(v230.LocationReferences, {"location_id": "1", "evse_uids": {}}) == ("$.evse_uids", Severity.ERROR)
    credentials = {"token": "t", "url": "https://example.com/", "roles": []}
    assert problem(v230.Credentials, credentials) == ("$.roles", Severity.ERROR)


@pytest.mark.parametrize(("text", "number"), [("12.30", Decimal("12.30")), (" -4 ", Decimal(-4))])
def test_a_number_in_a_string_is_mended(text, number):
    assert mended(Price, {"before_taxes": text}, "before_taxes") == number


@pytest.mark.parametrize("text", ["1,234", "12 kr", "", "NaN", "1e5", True, []])
def test_what_could_be_another_number_is_refused(text):
    assert problem(Price, {"before_taxes": text}) == ("$.before_taxes", Severity.ERROR)


@pytest.mark.parametrize("value", [Decimal("230.0"), "230", "230.0"])
def test_a_whole_number_in_another_dress_is_mended(value):
    assert mended(Connector, {**CONNECTOR, "max_voltage": value}, "max_voltage") == 230


@pytest.mark.parametrize("value", [Decimal("230.5"), "230 V", "Infinity", True, None])
def test_what_is_no_whole_number_is_refused(value):
    assert problem(Connector, {**CONNECTOR, "max_voltage": value}) == ("$.max_voltage", Severity.ERROR)


def test_a_number_with_bounds_is_held_to_them():
    hours = {"weekday": 8, "period_begin": "08:00", "period_end": "20:00"}
    assert problem(v230.RegularHours, hours) == ("$.weekday", Severity.ERROR)


@pytest.mark.parametrize("text", ["2015-06-29T20:39:09Z", "2016-12-29T17:45:09.2Z", "2018-01-01T01:08:01.123Z"])
def test_the_times_of_the_standard_stay_as_they_are(text):
    result = mend(Token, {**TOKEN, "last_updated": text})
    assert result.body["last_updated"] == text
    assert not result.problems


def test_a_time_without_z_is_utc_as_the_standard_says():
    result = mend(Token, {**TOKEN, "last_updated": "2015-06-29T20:39:09.2"})
    assert result.body["last_updated"] == "2015-06-29T20:39:09.2Z"
    assert not result.problems


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2015-06-29T20:39:09+00:00", "2015-06-29T20:39:09Z"),
        ("2015-06-29T22:39:09+02:00", "2015-06-29T20:39:09Z"),
        ("2015-06-29 20:39:09Z", "2015-06-29T20:39:09Z"),
        ("2015-06-29T20:39:09.123456Z", "2015-06-29T20:39:09.123Z"),
    ],
)
def test_a_time_in_another_dress_becomes_utc(text, utc):
    assert mended(Token, {**TOKEN, "last_updated": text}, "last_updated") == utc


@pytest.mark.parametrize("text", ["2015-13-29T20:39:09Z", "2015-06-29", "0001-01-01T00:00:00+14:00", 1435610349, ""])
def test_what_is_no_time_is_refused(text):
    assert problem(Token, {**TOKEN, "last_updated": text}) == ("$.last_updated", Severity.ERROR)


@pytest.mark.parametrize(("value", "right"), [("true", True), ("FALSE", False)])
def test_true_and_false_in_a_string_are_mended(value, right):
    assert mended(Token, {**TOKEN, "valid": value}, "valid") is right


def test_one_and_zero_are_not_true_and_false():
    assert problem(Token, {**TOKEN, "valid": 1}) == ("$.valid", Severity.ERROR)


@pytest.mark.parametrize(("value", "right"), [(903, "903"), (Decimal("1E+2"), "100"), (Decimal("9.50"), "9.50")])
def test_a_number_for_a_string_is_mended(value, right):
    assert mended(Token, {**TOKEN, "visual_number": value}, "visual_number") == right


def test_a_string_longer_than_the_table_allows_is_refused():
    assert problem(Token, {**TOKEN, "issuer": "x" * 65}) == ("$.issuer", Severity.ERROR)


def test_the_case_of_ids_is_kept():
    assert mend(Token, TOKEN).body["uid"] == "04A1b2C3"


def test_odd_characters_are_kept_and_counted():
    assert mended(Token, {**TOKEN, "contract_id": "Umeå"}, "contract_id") == "Umeå"
    assert mended(Location, {**LOCATION, "address": "a\nb"}, "address") == "a\nb"
    assert not mend(Location, {**LOCATION, "address": "Storgatan\u00a01, Umeå"}).problems


def test_too_many_decimals_of_a_degree_are_cut_and_too_few_are_kept():
    def latitude(text):
        result = mend(v230.GeoLocation, {"latitude": text, "longitude": "20.263166"})
        assert [found.severity for found in result.problems] == [Severity.FINDING]
        return result.body["latitude"]

    assert latitude("63.82591012345678") == "63.8259101"
    assert latitude("63.8") == "63.8"
    assert latitude(Decimal("63.825910")) == "63.825910"


def test_an_unknown_word_of_an_open_enum_is_kept_and_counted():
    assert mended(Connector, {**CONNECTOR, "standard": "IEC_63379"}, "standard") == "IEC_63379"


def test_a_word_that_only_2_3_0_knows_is_counted_in_2_2_1():
    assert not mend(v230.Token, {**TOKEN, "type": "EMAID"}).problems
    assert mended(v221.Token, {**TOKEN, "type": "EMAID"}, "type") == "EMAID"


def test_a_word_in_the_wrong_case_is_mended_in_an_enum():
    assert mended(Token, {**TOKEN, "whitelist": "Always"}, "whitelist") == "ALWAYS"


def test_unknown_fields_are_kept_at_every_level_also_where_something_is_mended():
    body = {"before_taxes": "1.5", "taxes": [{"name": "VAT", "amount": "0.3", "x": None}], "y": {"z": [1]}}
    assert mend(Price, body).body == {
        "before_taxes": Decimal("1.5"),
        "taxes": [{"name": "VAT", "amount": Decimal("0.3"), "x": None}],
        "y": {"z": [1]},
    }
    assert body["before_taxes"] == "1.5"


@pytest.mark.parametrize("missing", [{}, {"tax_included": None}])
def test_a_tariff_of_2_3_0_that_does_not_say_whether_it_holds_taxes_holds_none_as_before(missing):
    component = {"type": "ENERGY", "price": 1, "step_size": 1}
    body = {
        **{name: LOCATION[name] for name in ("country_code", "party_id", "id", "last_updated")},
        "currency": "SEK",
        "elements": [{"price_components": [component]}],
    }
    mended = mend(Tariff, body | missing)
    assert mended.body["tax_included"] == "NO"
    [problem] = mended.problems
    assert (problem.path, problem.severity) == ("$.tax_included", Severity.FINDING)
    assert problem.expected == 'a value; taken as "NO"'
    assert not mend(Tariff, {**body, "tax_included": "N/A"}).problems
    assert not mend(v221.Tariff, body).problems


def test_the_same_field_is_a_price_of_its_version():
    session = {"total_cost": {"excl_vat": 1}}
    assert "$.total_cost.before_taxes" in {found.path for found in mend(Session, session).problems}
    assert "$.total_cost.excl_vat" not in {found.path for found in mend(v221.Session, session).problems}


def test_a_credentials_token_is_never_shown():
    for token in ("s3cret" * 20, "s3cret word", ["s3cret"]):
        body = {"token": token, "url": "https://example.com/", "roles": []}
        messages = [str(found) for found in mend(v230.Credentials, body).problems]
        assert messages[0].startswith("$.token: found a secret that is not shown")
        assert not any("s3cret" in message for message in messages)


def test_a_hostile_list_is_not_checked_to_its_end():
    problems = mend(Location, {**LOCATION, "evses": [1] * (MAX_PROBLEMS * 3)}).problems
    assert len(problems) == MAX_PROBLEMS + 2
    assert "the rest of this list is not checked" in str(problems[-1])


def test_however_many_findings_a_list_is_read_to_its_end():
    image = {"url": "https://example.com/", "category": "X", "type": "png"}
    problems = mend(Location, {**LOCATION, "images": [image] * (MAX_PROBLEMS * 2)}).problems
    assert len(problems) == MAX_PROBLEMS * 2
