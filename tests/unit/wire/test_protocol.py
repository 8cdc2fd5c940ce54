"""Which versions we speak, and which one two platforms choose."""

from ocpilot.wire.protocol import PROTOCOLS, SUPPORTED, TokenEncoding, Version, newest_common


def test_the_newest_version_comes_first():
    assert SUPPORTED == (Version.V2_3_0, Version.V2_2_1, Version.V2_1_1)


def test_both_platforms_choose_the_newest_version_they_share():
    assert newest_common(["2.2.1", "2.3.0"], ["2.1.1", "2.2.1", "2.3.0", "3.0"]) == Version.V2_3_0
    assert newest_common(["2.2.1", "2.3.0"], ["2.2.1"]) == Version.V2_2_1


def test_without_a_shared_version_there_is_none():
    assert newest_common(["2.3.0"], ["2.2.1"]) is None


def test_a_version_both_know_but_we_do_not_speak_is_not_chosen():
    assert newest_common(["2.0", "3.0"], ["2.0", "3.0"]) is None


def test_since_2_2_tokens_travel_in_base64_and_requests_are_routed():
    for version, protocol in PROTOCOLS.items():
        since = version is not Version.V2_1_1
        assert (protocol.token_encoding is TokenEncoding.BASE64) is since
        assert protocol.routing_headers is protocol.roles is protocol.owners is since
