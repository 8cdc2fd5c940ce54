"""Which object a message is about is read from its URL, its answer's Location or the beginning of its body."""

import pytest

from ocpilot.app.logs.message_places import Place, place_of

BASE = "/ocpi/2.3.0"


@pytest.mark.parametrize(
    ("module", "url", "party", "ident", "sub"),
    [
        ("locations", f"{BASE}/receiver/locations/se/lad/L1/E1/1", "SELAD", "L1", "E1/1"),
        ("locations", f"{BASE}/sender/locations/L1/E1", None, "L1", "E1"),
        ("tokens", f"{BASE}/sender/tokens/04%2FA1/authorize", None, "04/A1", "authorize"),
        ("tariffs", f"{BASE}/receiver/tariffs/SE/LAD/tariffs/", "SELAD", "tariffs", None),
        ("sessions", f"{BASE}/sender/sessions", None, None, None),
        ("commands", f"{BASE}/sender/commands/START_SESSION/77", None, "77", None),
        ("chargingprofiles", f"{BASE}/receiver/chargingprofiles/S1", None, "S1", None),
        ("chargingprofiles", f"{BASE}/sender/chargingprofiles/SET/77", None, "77", "SET"),
        ("hubclientinfo", f"{BASE}/receiver/hubclientinfo/SE/RES", "SERES", None, None),
        ("payments", f"{BASE}/sender/payments/terminals/T1/deactivate", None, "T1", "terminals"),
        ("Booking", f"{BASE}/receiver/Booking/SE/LAD/booking_locations/B1/C1", "SELAD", "B1", "booking_locations/C1"),
        (None, f"{BASE}/nonsense", None, "nonsense", None),
        ("versions", "/ocpi/versions", None, None, None),
    ],
)
def test_a_url_tells(module, url, party, ident, sub):
    assert place_of(module, url, None) == Place(module, party, ident, sub)


def test_a_url_the_peer_gave_tells_its_module_when_it_is_named():
    assert place_of(None, "https://x.example/my/commands/STOP_SESSION/5?x=1", None) == Place("commands", None, "5")
    assert place_of(None, "https://x.example/callbacks/5", None) == Place(None, None, "5")


def test_segments_below_an_endpoint_tell_whatever_the_endpoint_is_called():
    assert place_of("cdrs", "https://x.example/any", ("SE", "LAD", "C/1")) == Place("cdrs", "SELAD", "C/1")


def test_the_location_of_an_answer_tells_what_was_posted():
    posted = place_of("cdrs", f"{BASE}/receiver/cdrs", None, location="https://x.example/cdrs/SE/LAD/C1", body=b"{}")
    assert posted == Place("cdrs", "SELAD", "C1")


@pytest.mark.parametrize(
    ("body", "ident"),
    [
        (b'{"country_code": "SE", "id": "C1", "cdr_token": {}}', "C1"),
        (b'{"cdr_token": {"id": "no"}, "id": "C1"}', None),
        (b'{"id": 7}', None),
        (b"nonsense", None),
    ],
)
def test_the_beginning_of_a_body_tells_when_nothing_else_does(body, ident):
    assert place_of("cdrs", f"{BASE}/receiver/cdrs", None, body=body).id == ident


def test_a_command_is_known_by_the_end_of_its_response_url():
    body = b'{"response_url": "https:\\/\\/x.example\\/commands\\/START_SESSION\\/77?a=b", "token": {"uid": "1"}}'
    assert place_of("commands", f"{BASE}/receiver/commands/START_SESSION", None, body=body) == Place(
        "commands", None, "77"
    )
