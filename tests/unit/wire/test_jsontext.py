"""JSON in and out: exact numbers, and nothing absurd gets in."""

import gzip
from decimal import Decimal

import pytest

from ocpilot.base.errors import BadJson, TooLarge
from ocpilot.wire.jsontext import MAX_DEPTH, dumps, loads


def test_numbers_with_a_fraction_are_exact_decimals_and_others_whole():
    assert loads(b'{"price":0.10,"step":60}') == {"price": Decimal("0.10"), "step": 60}
    assert type(loads(b"60")) is int


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"NaN", b"[Infinity]", b'{"a":01}', b'"\xff"', b'"\\ud800"', b"{'a':1}", b"[1,]", b"<html>"],
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(BadJson, match="body is no JSON"):
        loads(text)


@pytest.mark.parametrize(
    "text",
    [b'{"id":1,"id":2}', b'[{"a":{"b":1,"b":1}}]', b'{"a\\\\":1,"a\\\\":2}', b'{"i\\u0064":1,"id":2}'],
)
def test_a_key_that_comes_twice_is_refused(text):
    with pytest.raises(BadJson, match="more than once"):
        loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a" :2}',
        '{"a" :1,"a":2}',
        '{"a"\t:1,"b":{"c":1,"c"\n:2}}',
        '{"x":"\\":","a":1,"a":2}',
        '{"x":"a : b","a":1,"a":2}',
        '[{"a":1},{"a":1,"a":1}]',
        '{"\\\\":1,"a":1,"a":2}',
    ],
)
def test_a_repeated_key_is_found_however_it_hides(text):
    with pytest.raises(BadJson, match="more than once"):
        loads(text.encode())


def test_texts_that_only_look_like_keys_are_no_repeated_keys():
    assert loads(b'{"a":":x","b":"\\":","c":"\\\\","d":"e\\\\\\":"}') == {"a": ":x", "b": '":', "c": "\\", "d": 'e\\":'}


@pytest.mark.parametrize("number", [b"1e400", b"-1E-400", b"1e99999999999999999999", b"1" * 41, b"0." + b"1" * 90])
def test_a_number_no_meter_reads_is_refused(number):
    with pytest.raises(TooLarge, match="found the number"):
        loads(b'{"kwh":' + number + b"}")


def test_long_digits_in_a_string_are_no_number():
    assert loads(b'{"public_key":"' + b"7" * 400 + b'"}') == {"public_key": "7" * 400}


def test_nesting_ends_at_the_limit():
    loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(TooLarge, match="deeper nesting"):
            loads(b"[" * depth + b"]" * depth)


def test_a_body_beyond_the_size_is_not_even_read():
    with pytest.raises(TooLarge, match="at most 3"):
        loads(b"[1,2,3]", max_bytes=3)


def test_numbers_are_written_as_plain_numbers():
    numbers = [Decimal("1E+2"), Decimal("0E-8"), Decimal("0.00000001"), Decimal("1.50"), 7]
    assert dumps({"n": numbers, "id": "NL8ACC12E46"}) == (
        b'{"n":[100,0.00000000,0.00000001,1.50,7],"id":"NL8ACC12E46"}'
    )


def test_a_byte_order_mark_is_passed_over():
    assert loads(b'\xef\xbb\xbf{"id": 1}') == {"id": 1}
    with pytest.raises(BadJson):
        loads(b"\xef\xbb\xbf{")


def test_a_compressed_body_is_named_as_one():
    with pytest.raises(BadJson, match="gzip"):
        loads(gzip.compress(b"{}"))
