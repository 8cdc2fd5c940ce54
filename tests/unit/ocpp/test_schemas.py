"""What of a payload is taken, what is noted, and what refuses the message."""

from decimal import Decimal

import pytest

from ocpilot.base.problem import Severity
from ocpilot.ocpp import schemas

STOP = {"transactionId": 7, "meterStop": 1200, "timestamp": "2026-11-23T08:00:00Z"}
WITHOUT_REGISTER = {key: STOP[key] for key in ("transactionId", "timestamp")}
SAMPLE = {"value": "1200"}


def moment(*values):
    return {"timestamp": "2026-11-23T08:00:00Z", "sampledValue": list(values)}


def test_a_payload_that_fits_is_taken_as_it_is():
    checked = schemas.check_call("v16", "StopTransaction", STOP)
    assert (checked.payload, checked.findings, checked.errors) == (STOP, (), ())


@pytest.mark.parametrize(
    ("sent", "taken", "path"),
    [
        (STOP | {"vendorExtra": {"a": 1}}, STOP, "$.vendorExtra"),
        (STOP | {"reason": "Unplugged"}, STOP | {"reason": "Unplugged"}, "$.reason"),
        (STOP | {"reason": None}, STOP, "$.reason"),
        (STOP | {"idTag": "x" * 36}, STOP | {"idTag": "x" * 36}, "$.idTag"),
        (STOP | {"idTag": 4711}, STOP | {"idTag": "4711"}, "$.idTag"),
        (STOP | {"idTag": ["x"]}, STOP, "$.idTag"),
        (STOP | {"transactionId": "7"}, STOP, "$.transactionId"),
        (STOP | {"meterStop": Decimal("1200.0")}, STOP, "$.meterStop"),
        (STOP | {"meterStop": Decimal("1200.5")}, STOP | {"meterStop": Decimal("1200.5")}, "$.meterStop"),
        (STOP | {"meterStop": "1200.5"}, STOP | {"meterStop": Decimal("1200.5")}, "$.meterStop"),
        (STOP | {"transactionData": None}, STOP, "$.transactionData"),
        (STOP | {"timestamp": 1763884800}, STOP | {"timestamp": "1763884800"}, "$.timestamp"),
        (WITHOUT_REGISTER, WITHOUT_REGISTER, "$.meterStop"),
        (STOP | {"meterStop": None}, WITHOUT_REGISTER, "$.meterStop"),
        (STOP | {"meterStop": {}}, WITHOUT_REGISTER, "$.meterStop"),
        (STOP | {"meterStop": Decimal("1E+999999")}, WITHOUT_REGISTER, "$.meterStop"),
        (STOP | {"meterStop": "NaN"}, WITHOUT_REGISTER, "$.meterStop"),
        (STOP | {"timestamp": None}, {key: STOP[key] for key in ("transactionId", "meterStop")}, "$.timestamp"),
    ],
)
def test_a_stop_is_taken_when_its_meaning_is_sure_and_the_rest_is_noted(sent, taken, path):
    checked = schemas.check_call("v16", "StopTransaction", sent)
    assert (checked.payload, checked.errors) == (taken, ())
    assert {finding.path for finding in checked.findings} == {path}
    assert {finding.severity for finding in checked.findings} == {Severity.FINDING}


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (SAMPLE | {"unit": "Hz"}, [SAMPLE | {"unit": "Hz"}]),
        (SAMPLE | {"phase": "L9"}, [SAMPLE | {"phase": "L9"}]),
        (SAMPLE | {"measurand": "Vendor.Thing"}, [SAMPLE | {"measurand": "Vendor.Thing"}]),
        (SAMPLE | {"unit": None}, [SAMPLE]),
        (SAMPLE | {"more": 1}, [SAMPLE]),
        ({"value": 1200}, [SAMPLE]),
        ({"value": Decimal("0.5")}, [{"value": "0.5"}]),
        ({"unit": "Wh"}, []),
        ({"value": None, "unit": "Wh"}, []),
        ({"value": True}, []),
        (SAMPLE | {"unit": ["Wh"]}, []),
        ("1200", []),
    ],
)
@pytest.mark.parametrize("action", ["StopTransaction", "MeterValues"])
def test_one_odd_value_never_costs_the_message(action, value, taken):
    sent = (
        STOP | {"transactionData": [moment(value, SAMPLE)]}
        if action == "StopTransaction"
        else {"connectorId": 1, "meterValue": [moment(value, SAMPLE)]}
    )
    checked = schemas.check_call("v16", action, sent)
    moments = checked.payload["transactionData" if action == "StopTransaction" else "meterValue"]
    assert moments == [moment(*taken, SAMPLE)]
    assert checked.findings
    assert checked.errors == ()


def test_values_without_a_time_are_kept():
    checked = schemas.check_call("v16", "MeterValues", {"connectorId": 1, "meterValue": [{"sampledValue": [SAMPLE]}]})
    assert checked.payload["meterValue"] == [{"sampledValue": [SAMPLE]}]
    assert checked.errors == ()


def test_several_broken_items_are_left_out_each_at_its_place():
    values = [{}, SAMPLE, 5, {"value": "9"}, None]
    checked = schemas.check_call("v16", "StopTransaction", STOP | {"transactionData": [7, moment(*values), {}]})
    assert checked.payload["transactionData"] == [moment(SAMPLE, {"value": "9"})]


@pytest.mark.parametrize(
    ("sent", "path", "missing"),
    [
        ({"meterStop": 1, "timestamp": "x"}, "$.transactionId", True),
        (STOP | {"transactionId": None}, "$.transactionId", False),
        (STOP | {"transactionId": "seven"}, "$.transactionId", False),
        (STOP | {"transactionId": True}, "$.transactionId", False),
        (STOP | {"transactionId": Decimal("7.5")}, "$.transactionId", False),
    ],
)
def test_a_required_field_that_is_missing_or_unreadable_refuses_with_its_path(sent, path, missing):
    checked = schemas.check_call("v16", "StopTransaction", sent)
    assert [error.path for error in checked.errors] == [path]
    assert checked.missing is missing


def test_all_errors_are_collected():
    checked = schemas.check_call("v16", "StartTransaction", {})
    assert sorted(error.path for error in checked.errors) == ["$.connectorId", "$.idTag"]


def test_what_was_received_is_not_changed():
    sent = STOP | {"transactionData": [moment({}, SAMPLE)]}
    schemas.check_call("v16", "StopTransaction", sent)
    assert sent["transactionData"] == [moment({}, SAMPLE)]


def test_bottomless_nesting_is_refused():
    nested = {}
    for _ in range(400):
        nested = {"a": nested}
    assert schemas.check_call("v16", "StopTransaction", STOP | {"a": nested}).errors


def test_the_findings_about_one_message_are_bounded():
    sent = {"connectorId": 1, "meterValue": [moment(*[SAMPLE | {"unit": "Hz"}] * 500)]}
    assert len(schemas.check_call("v16", "MeterValues", sent).findings) == 50


def test_only_messages_of_the_standard_are_known():
    assert schemas.known("v16", "StopTransaction")
    assert not schemas.known("v16", "../v201/schemas/StopTransaction")
