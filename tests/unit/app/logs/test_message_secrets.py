"""Tokens are taken out of whatever is kept of a message, in every spelling; everything else stays as it was."""

import base64

import pytest

from ocpilot.app.logs.message_secrets import (
    credentials_tokens,
    header_lines,
    masked_body,
    masked_credentials,
    masked_query,
    masked_url,
    secrets_of,
)

TOKEN = "a/token+of=ours"
CODED = base64.b64encode(TOKEN.encode()).decode()


@pytest.mark.parametrize(
    "authorization",
    [f"Token {CODED}", f"Token {TOKEN}", f"token  {CODED}", TOKEN, f"Bearer {TOKEN}", f"Nonsense {CODED} more"],
)
def test_a_token_is_found_in_every_spelling(authorization):
    secrets = secrets_of(authorization, "")
    for spelling in (TOKEN, CODED, "a%2Ftoken%2Bof%3Dours"):
        if spelling in (TOKEN, authorization) or CODED in authorization:
            assert spelling not in secrets.out_of(f"wrong: {spelling}!")
            assert spelling.encode() not in secrets.out_of_bytes(f"wrong: {spelling}!".encode())


def test_the_password_of_basic_authorization_is_a_secret_too():
    coded = base64.b64encode(b"user:pass-word").decode()
    assert secrets_of(f"Basic {coded}", "").out_of("no pass-word here") == "no *** here"


def test_a_token_of_a_few_characters_spoils_no_text():
    assert secrets_of("Token a", "ab").out_of("a message about a table") == "a message about a table"


def test_the_beginning_of_a_token_is_a_secret_too():
    secrets = secrets_of("", "0123456789abcdefgh")
    assert secrets.out_of_bytes(b'{"said": "0123456789abcde') == b'{"said": "***'
    assert secrets.out_of('found "0123456789abcd..." and 0123456789abcdefgh') == 'found "***..." and ***'
    assert secrets.out_of("0123456789ab0123456789abc") == "******"
    assert secrets.out_of("0123456789a") == "0123456789a"


def test_the_tokens_of_credentials_are_known():
    assert credentials_tokens(b'{"data": [{"token": "abc", "x": 1}, {"token": {"token": "def"}}]}') == ("abc", "def")
    assert credentials_tokens(b"") == credentials_tokens(b"{nonsense") == ()


def test_headers_of_ours_are_kept_as_they_travel_and_without_their_secrets():
    headers = {"Authorization": "Token abcdef", "X-Request-ID": "ö", "X-My-Token": "ö", "Accept": "application/json"}
    assert header_lines(headers).splitlines() == [
        "Authorization: Token ***",
        "X-Request-ID: Ã¶",
        "X-My-Token: ***",
        "Accept: application/json",
    ]


def test_headers_are_kept_without_their_secrets():
    headers = (
        (b"authorization", b"Token abcdef"),
        (b"Authorization", b"abcdef ghi"),
        (b"X-Api-Key", b"abcdef"),
        (b"Set-Cookie", b"session=abcdef"),
        (b"X-My-Token", b"abcdef"),
        (b"Link", b'<https://u:abcdef@x.example/l?offset=2&access_token=abcdef>; rel="next"'),
        (b"Content-Type", b"application/json; charset=utf-8"),
    )
    assert header_lines(headers).splitlines() == [
        "authorization: Token ***",
        "Authorization: ***",
        "X-Api-Key: ***",
        "Set-Cookie: ***",
        "X-My-Token: ***",
        'Link: <https://***@x.example/l?offset=2&access_token=***>; rel="next"',
        "Content-Type: application/json; charset=utf-8",
    ]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("limit=5&offset=10", "limit=5&offset=10"),
        ("limit=5&token=abc&x=1", "limit=5&token=***&x=1"),
        ("%74oken=abc", "%74oken=***"),
        ("API_KEY=abc;password=def", "API_KEY=***;password=***"),
        ("type=RFID&token=", "type=RFID&token="),
        ("plain", "plain"),
    ],
)
def test_parameters_that_hold_secrets_are_masked(query, kept):
    assert masked_query(query) == kept
    assert masked_url(f"https://x.example/a?{query}") == f"https://x.example/a?{kept}"


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"token":"abc","url":"u"}', b'{"token":"***","url":"u"}'),
        (b'{"data":[{"Token":"abc"},{"data":{"token":7}}]}', b'{"data":[{"Token":"***"},{"data":{"token":"***"}}]}'),
        (b'{"t\\u006fken":"abc"}', b'{"token":"***"}'),
        (b'{"data":"{\\"token\\":\\"abc\\"}"}', b'{"data":"***"}'),
        (b'{ "url" : "u", "token": null }', b'{ "url" : "u", "token": null }'),
        (b"", b""),
        (b'{"token":"abc"', None),
        (b"token=abc", None),
        (b"\xff\xfe{\x00", None),
        (b"[" * 100_000, None),
    ],
)
def test_credentials_are_kept_without_tokens_or_not_at_all(body, kept):
    assert masked_credentials(body) == kept


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"token": "abc", "x": 1}', b'{"token": "***", "x": 1}'),
        (b'{"token":"a\\"bc"}', b'{"token":"***"}'),
        (b'{"x":1,"token":"abc', b'{"x":1,"token":"***"'),
        (b'{"token":{"uid":"04A1","type":"RFID"}}', b'{"token":{"uid":"04A1","type":"RFID"}}'),
        (b'{"cdr_token":{"uid":"04A1"}}', b'{"cdr_token":{"uid":"04A1"}}'),
    ],
)
def test_a_driver_s_token_is_data_and_a_text_in_its_place_is_not(body, kept):
    assert masked_body(body) == kept
