"""What stations put into the Authorization header."""

import base64

import pytest

from ocpilot.ocpp.basic_auth import WrongAuthorization, password_of


def header(login: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(login).decode()}"


@pytest.mark.parametrize(
    ("login", "password"),
    [
        (b"CS1:secret", "secret"),
        (b"CS1:with:colons", "with:colons"),
        (b"CS1:", ""),
        ("CS1:lösen".encode(), "lösen"),
        (b"CS1:\xfe\x01", "fe01"),
    ],
)
def test_the_password_is_what_follows_the_first_colon(login, password):
    assert password_of(header(login), "CS1") == password


def test_the_scheme_is_read_in_any_case():
    assert password_of(header(b"CS1:secret", "BASIC"), "CS1") == "secret"


def test_no_header_is_no_password():
    assert password_of(None, "CS1") is None


@pytest.mark.parametrize(
    "wrong",
    ["", "Basic", "Basic ?", "Basic é", header(b"CS2:secret"), header(b"CS1"), header(b"CS1:secret", "Bearer")],
)
def test_anything_else_is_refused(wrong):
    with pytest.raises(WrongAuthorization):
        password_of(wrong, "CS1")
