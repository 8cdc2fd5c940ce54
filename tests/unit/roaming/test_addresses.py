"""A partner's URL never leads inside."""

import pytest

from ocpilot.base.errors import ForbiddenAddress
from ocpilot.roaming.addresses import check_addresses, check_url, is_public


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
    ],
)
def test_inner_addresses_are_not(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://example.com/ocpi/versions", "https://example.com"),
        ("https://8.8.8.8/", "https://8.8.8.8"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443"),
        ("https://1.a2.b0x?x=/", "https://1.a2.b0x"),
        ("https://example.com", "https://example.com"),
    ],
)
def test_a_public_https_url_is_allowed(url, origin):
    assert check_url(url, allow_inner=False) == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "/relative",
        "https://",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://user:secret@example.com/",
        "https://example.com:99999/",
        "https://[::1",
        "https://example.com/a b",
        "https://example.com/\r\nX-Evil: 1",
        "https://example.com/\x00",
        "https:///metadata/",
        "https://?x=https://example.com/",
        "https:/example.com/",
        "https://127.0.0.1:/",
        "https://127.0.0.1?x",
        "https://127.0.0.1#@example.com/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1:8443/x",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
    ],
)
def test_any_other_url_is_not(url):
    with pytest.raises(ForbiddenAddress):
        check_url(url, allow_inner=False)


def test_a_secret_in_a_url_is_not_repeated():
    with pytest.raises(ForbiddenAddress) as caught:
        check_url("https://user:secret@example.com/", allow_inner=False)
    assert "secret" not in str(caught.value)


def test_tests_and_demos_may_stay_inside():
    assert check_url("http://127.0.0.1:8080/x", allow_inner=True)
    check_addresses("x", ["127.0.0.1"], allow_inner=True)


def test_one_inner_address_among_several_is_enough_to_refuse():
    with pytest.raises(ForbiddenAddress, match=r"10\.0\.0\.1"):
        check_addresses("https://example.com", ["8.8.8.8", "10.0.0.1"], allow_inner=False)
