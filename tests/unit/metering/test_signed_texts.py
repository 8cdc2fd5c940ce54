"""Signed values are found in whatever stations, operators and other tools wrap them in."""

import base64
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.metering.signed_texts import SignedText, envelope, texts_in
from signed_meter import SigningMeter

METER = SigningMeter()
BEGIN, END = METER.begin(1.0), METER.end(11.0)
IN_BASE64 = base64.b64encode(END.encode()).decode()
OCPP = {"signedMeterData": IN_BASE64, "signingMethod": "", "encodingMethod": "OCMF", "publicKey": METER.base64}
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<values>
  <value transactionId="7" context="Transaction.Begin">
    <signedData format="OCMF" encoding="plain">{BEGIN}</signedData>
    <publicKey encoding="plain">{METER.der.hex()}</publicKey>
  </value>
  <value transactionId="7" context="Transaction.End"><encodedData format="OCMF">{IN_BASE64}</encodedData></value>
</values>"""


@pytest.mark.parametrize(
    "wrapped",
    [
        END,
        f"\ufeff  {END}\n",
        END.encode().hex(),
        IN_BASE64,
        json.dumps(OCPP),
        base64.b64encode(json.dumps(OCPP).encode()).decode(),
        json.dumps({"sampledValue": [{"value": "11", "signedMeterValue": OCPP, "context": "Transaction.End"}]}),
        json.dumps(
            [2, "1", "MeterValues", {"meterValue": [{"sampledValue": [{"format": "SignedData", "value": END}]}]}]
        ),
        json.dumps({"format": "SignedData", "value": json.dumps(OCPP)}),
        json.dumps(
            {"signed_data": {"encoding_method": "OCMF", "signed_values": [{"nature": "End", "signed_data": END}]}}
        ),
        json.dumps({"data": [{"signed_data": {"signed_values": [{"signed_data": IN_BASE64}]}}]}),
        f"<values><value><signedData>{END}</signedData></value></values>",
        f"<values><value><signedData>{json.dumps(OCPP)}</signedData></value></values>",
    ],
)
def test_a_value_is_found_as_it_was_signed(wrapped):
    assert [one.text for one in texts_in(wrapped)] == [END]


def test_what_stands_beside_a_value_is_told():
    values = [{"nature": "Start", "signed_data": BEGIN}, {"nature": "End", "signed_data": END}]
    cdr = {"signed_data": {"encoding_method": "OCMF", "public_key": "MFkw", "signed_values": values}}
    assert texts_in(json.dumps(cdr)) == (
        SignedText(text=BEGIN, key="MFkw", encoding="OCMF", context="Start"),
        SignedText(text=END, key="MFkw", encoding="OCMF", context="End"),
    )
    assert texts_in(json.dumps({"signedMeterValue": OCPP, "context": "Transaction.End"})) == (
        SignedText(text=END, key=METER.base64, encoding="OCMF", context="Transaction.End"),
    )


def test_a_key_behind_the_signature_is_told():
    assert texts_in(f"{END}|{METER.base64}") == (SignedText(text=f"{END}|{METER.base64}", key=METER.base64),)


def test_the_xml_of_the_transparency_software_is_read():
    begin, end = texts_in(XML)
    assert (begin.text, begin.key, begin.context) == (BEGIN, METER.der.hex(), "Transaction.Begin")
    assert (end.text, end.key, end.context) == (END, None, "Transaction.End")


def test_a_file_may_hold_a_text_a_line_and_the_same_one_twice():
    assert [one.text for one in texts_in(f"{BEGIN}\n{END}\r\n{END}\n")] == [BEGIN, END]


def test_what_is_of_no_known_form_is_one_value():
    assert [one.text for one in texts_in("AP;0;3;ABC")] == ["AP;0;3;ABC"]
    assert texts_in("  ") == ()
    assert texts_in('{"a": [1, {"b": null}]}') == ()


def test_xml_that_would_grow_is_not_read():
    entities = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    bomb = f"{entities}<values><value><signedData>&b;</signedData></value></values>"
    assert [one.text for one in texts_in(bomb)] == [bomb]


def test_only_the_object_of_ocpp_is_an_envelope():
    assert envelope(json.dumps(OCPP)).text == END
    assert envelope(END) is None
    assert envelope('{"a":1}') is None
    assert envelope(json.dumps({"signedMeterData": "no base64!"})).text == "no base64!"
    binary = base64.b64encode(b"\xff\xfe\x00").decode()
    assert envelope(json.dumps({"signedMeterData": binary})).text == binary


def test_halves_of_characters_do_not_get_through():
    for field in ("signedMeterData", "encodingMethod", "publicKey"):
        [one] = texts_in(json.dumps({"signedMeterData": "x"} | {field: "a\ud800"}))
        msgspec.json.encode(one)
    for value in ({"format": "SignedData", "value": "\ud800"}, {"signed_values": [{"signed_data": "\ud800"}]}):
        [one] = texts_in(json.dumps(value))
        assert one.text == "?"


@given(st.text())
def test_no_text_is_too_odd(text):
    texts_in(text)


def test_nesting_has_an_end():
    deep = END
    for _ in range(40):
        deep = base64.b64encode(deep.encode()).decode()
        if len(deep) > 200_000:
            break
    assert texts_in(deep)
    assert texts_in("[" * 100_000)
