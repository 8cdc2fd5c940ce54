"""The Authorization header is written one way and read both ways."""

import pytest

from ocpilot.base.errors import NotAuthorized
from ocpilot.roaming.tokens import candidates, encodings_to_try, header_value
from ocpilot.wire.protocol import TokenEncoding


def test_a_token_is_written_in_base64_or_plain():
    assert header_value("example-token", TokenEncoding.BASE64) == "Token ZXhhbXBsZS10b2tlbg=="
    assert header_value("example-token", TokenEncoding.PLAIN) == "Token example-token"


@pytest.mark.parametrize(
    "header",
    [
        "Token ZXhhbXBsZS10b2tlbg==",
        "Token ZXhhbXBsZS10b2tlbg",
        "token  ZXhhbXBsZS10b2tlbg== ",
        "Token ZXhhbXBsZS10b2tlbgo=",
        "Token example-token",
    ],
)
def test_every_spelling_in_the_field_leads_to_the_token(header):
    assert "example-token" in candidates(header)


def test_a_plain_token_that_happens_to_be_base64_is_tried_as_it_is_too():
    assert candidates("Token YWJjZGVm") == ("abcdef", "YWJjZGVm")


@pytest.mark.parametrize("header", [None, "", "Token", "Token ", "Bearer abc", "ZXhhbXBsZQ=="])
def test_anything_else_is_no_token(header):
    with pytest.raises(NotAuthorized):
        candidates(header)


@pytest.mark.parametrize("sent", ["åäö", "\xff\xfe", "/////w==", "AA==\x00", "=", "A"])
def test_what_is_no_base64_of_a_text_is_only_tried_as_it_is(sent):
    assert candidates(f"Token {sent}")[-1] == sent


def test_a_profile_says_the_encoding_else_both_are_tried():
    assert encodings_to_try("plain", TokenEncoding.BASE64) == (TokenEncoding.PLAIN,)
    assert encodings_to_try(None, TokenEncoding.BASE64) == (TokenEncoding.BASE64, TokenEncoding.PLAIN)
    assert encodings_to_try(None, TokenEncoding.PLAIN) == (TokenEncoding.PLAIN, TokenEncoding.BASE64)
