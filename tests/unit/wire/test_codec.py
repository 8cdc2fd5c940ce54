"""Reading, PATCHing and writing whole objects."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ocpilot.base.errors import InvalidObject
from ocpilot.wire import codec
from ocpilot.wire.protocol import Version
from ocpilot.wire.v230 import CdrDimensionType, Location, Price, Session, Token

OLD, NEW = Version.V2_2_1, Version.V2_3_0
PERIOD = {"start_date_time": "2026-11-23T08:00:00Z", "dimensions": [{"type": "ENERGY", "volume": Decimal("1.5")}]}
LATER = {**PERIOD, "start_date_time": "2026-11-23T08:15:00Z"}
SESSION = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "S1",
    "start_date_time": "2026-11-23T08:00:00Z",
    "kwh": Decimal("1.5"),
    "cdr_token": {"country_code": "SE", "party_id": "MSP", "uid": "u", "type": "RFID", "contract_id": "c"},
    "auth_method": "WHITELIST",
    "location_id": "L1",
    "evse_uid": "E1",
    "connector_id": "1",
    "currency": "SEK",
    "charging_periods": [PERIOD],
    "total_cost": {"excl_vat": 10, "incl_vat": Decimal("12.50"), "x_discount": 1},
    "status": "ACTIVE",
    "last_updated": "2026-11-23T08:10:00Z",
}
STAMP = {"last_updated": "2026-11-23T08:20:00Z"}


def paths(error):
    return [problem.path for problem in error.value.problems]


def test_a_2_2_1_session_is_read_as_the_2_3_0_class_and_keeps_its_own_body():
    received = codec.read(Session, OLD, SESSION)
    assert received.body == SESSION
    assert received.version is OLD
    assert received.value.charging_periods[0].dimensions[0].type is CdrDimensionType.ENERGY
    assert received.value.total_cost.before_taxes == 10
    assert [(tax.name, tax.amount) for tax in received.value.total_cost.taxes] == [("VAT", Decimal("2.50"))]
    assert received.value.last_updated == datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
    assert not received.findings


def test_reading_mends_the_body_that_is_kept_and_tells():
    received = codec.read(Session, OLD, {**SESSION, "kwh": "1.5", "charging_periods": None})
    assert received.body["kwh"] == Decimal("1.5")
    assert "charging_periods" not in received.body
    assert [problem.path for problem in received.findings] == ["$.kwh", "$.charging_periods"]


def test_reading_refuses_with_every_problem():
    with pytest.raises(InvalidObject) as error:
        codec.read(Session, OLD, {**SESSION, "status": "DONE", "kwh": []})
    assert paths(error) == ["$.kwh", "$.status"]
    assert str(error.value).startswith("Session: $.kwh: found []")


def test_problems_are_those_of_the_version():
    assert not codec.problems(Session, OLD, SESSION)
    assert [problem.path for problem in codec.problems(Session, NEW, SESSION)] == ["$.total_cost.before_taxes"]


def test_a_patch_without_last_updated_is_refused():
    with pytest.raises(InvalidObject) as error:
        codec.read_patch(Session, OLD, SESSION, {"status": "COMPLETED"})
    assert paths(error) == ["$.last_updated"]
    assert error.value.ocpi_status == 2001


def test_a_patch_that_is_no_object_is_refused():
    with pytest.raises(InvalidObject) as error:
        codec.read_patch(Session, OLD, SESSION, [])
    assert paths(error) == ["$"]


def test_a_patch_changes_only_what_it_names():
    received = codec.read_patch(Session, OLD, SESSION, {"status": "COMPLETED", **STAMP})
    assert received.body == {**SESSION, "status": "COMPLETED", **STAMP}
    assert SESSION["status"] == "ACTIVE"


def test_charging_periods_of_a_session_are_added():
    received = codec.read_patch(Session, OLD, SESSION, {"charging_periods": [LATER], **STAMP})
    assert received.body["charging_periods"] == [PERIOD, LATER]


def test_the_same_charging_period_sent_again_is_not_counted_twice():
    received = codec.read_patch(Session, OLD, SESSION, {"charging_periods": [PERIOD, LATER], **STAMP})
    assert received.body["charging_periods"] == [PERIOD, LATER]


def test_an_empty_or_null_list_of_charging_periods_changes_nothing():
    for nothing in ([], None):
        received = codec.read_patch(Session, OLD, SESSION, {"charging_periods": nothing, **STAMP})
        assert received.body["charging_periods"] == [PERIOD]


def test_a_patched_price_is_replaced_whole_so_that_no_old_tax_stays():
    received = codec.read_patch(Session, OLD, SESSION, {"total_cost": {"excl_vat": 20}, **STAMP})
    assert received.value.total_cost == Price(before_taxes=Decimal(20))


def test_null_clears_an_optional_field_and_never_a_required_one():
    assert codec.read_patch(Session, OLD, SESSION, {"total_cost": None, **STAMP}).value.total_cost is None
    with pytest.raises(InvalidObject) as error:
        codec.read_patch(Session, OLD, SESSION, {"status": None, **STAMP})
    assert paths(error) == ["$.status"]


def test_nothing_half_valid_comes_out_of_a_patch():
    with pytest.raises(InvalidObject) as error:
        codec.read_patch(Session, OLD, SESSION, {"status": "COMPLETED", "kwh": "much", **STAMP})
    assert paths(error) == ["$.kwh"]


def test_arrays_of_other_objects_are_replaced():
    assert codec.merge_patch({"a": [1], "b": 1}, {"a": [2], "c": None}) == {"a": [2], "b": 1}


def test_a_written_object_has_no_nulls_and_no_empty_lists():
    value = codec.read(Session, NEW, {**SESSION, "total_cost": {"before_taxes": 1}, "charging_periods": []}).value
    body = codec.body_of(value)
    assert body["total_cost"] == {"before_taxes": Decimal(1)}
    assert not body.keys() & {"charging_periods", "end_date_time", "meter_id"}
    assert body["last_updated"] == "2026-11-23T08:10:00Z"


def test_converting_to_the_same_version_changes_nothing():
    assert codec.convert(Session, SESSION, OLD, OLD).body is SESSION


def test_a_2_2_1_peer_may_use_a_field_of_2_3_0_and_a_wrong_one_does_not_stop_the_object():
    body = {
        **{name: SESSION[name] for name in ("country_code", "party_id", "id", "last_updated")},
        "publish": True,
        "address": "a",
        "city": "c",
        "country": "SWE",
        "coordinates": {"latitude": "63.825910", "longitude": "20.263166"},
        "time_zone": "Europe/Stockholm",
        "help_phone": "+46 90 123",
        "parking_places": "many",
    }
    received = codec.read(Location, OLD, body)
    assert received.value.help_phone == "+46 90 123"
    assert received.value.parking_places == ()
    assert received.body["parking_places"] == "many"


def test_tokens_are_the_same_in_both_versions():
    token = {
        **{name: SESSION[name] for name in ("country_code", "party_id", "last_updated")},
        "uid": "u",
        "type": "RFID",
        "contract_id": "c",
        "issuer": "i",
        "valid": True,
        "whitelist": "NEVER",
    }
    assert codec.read(Token, OLD, token).value == codec.read(Token, NEW, token).value


def test_a_refusal_names_first_what_it_is_for():
    """Then what would have been understood by itself."""
    with pytest.raises(InvalidObject) as error:
        codec.read(Session, OLD, SESSION | {"kwh": "1.5", "status": "FINISHED"})
    assert paths(error) == ["$.status", "$.kwh"]
