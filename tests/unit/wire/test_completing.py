"""What a sender left out and only one thing can be."""

from datetime import UTC, datetime

from ocpilot.base.problem import Severity
from ocpilot.wire.completing import stamped, with_token_party
from ocpilot.wire.v230 import ChargingPreferences, Location, Session

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
STAMP = "2026-11-26T08:00:00Z"
EARLIER = "2026-11-25T08:00:00Z"


def test_what_has_no_moment_gets_this_one_and_its_parts_that_of_their_parent():
    body = {
        "last_updated": EARLIER,
        "evses": [{"uid": "A", "connectors": [{"id": "1"}]}, {"uid": "B", "last_updated": STAMP, "connectors": [{}]}],
    }
    found, findings = stamped(Location, body, NOW)
    first, second = found["evses"]
    assert first == {"uid": "A", "last_updated": EARLIER, "connectors": [{"id": "1", "last_updated": EARLIER}]}
    assert second["connectors"] == [{"last_updated": STAMP}]
    assert [one.path for one in findings] == [
        "$.evses[0].last_updated",
        "$.evses[0].connectors[0].last_updated",
        "$.evses[1].connectors[0].last_updated",
    ]
    assert {one.severity for one in findings} == {Severity.FINDING}
    assert "last_updated" not in body["evses"][0]


def test_what_is_no_object_or_knows_no_moment_stays_as_it_is():
    assert stamped(Session, [1], NOW) == ([1], ())
    assert stamped(ChargingPreferences, {"profile_type": "FAST"}, NOW) == ({"profile_type": "FAST"}, ())
    assert stamped(Location, {"evses": ["x", None], "last_updated": EARLIER}, NOW)[1] == ()


def test_a_token_without_party_gets_the_one_that_is_known_and_keeps_what_it_says():
    party = {"country_code": "SE", "party_id": "RES"}
    found, findings = with_token_party({"cdr_token": {"uid": "U", "party_id": "OTH"}}, party)
    assert found == {"cdr_token": {"uid": "U", "country_code": "SE", "party_id": "OTH"}}
    assert [one.path for one in findings] == ["$.cdr_token.country_code"]
    whole = {"cdr_token": {"uid": "U", **party}}
    assert with_token_party(whole, party) == (whole, ())
    assert with_token_party({"cdr_token": "U"}, party) == ({"cdr_token": "U"}, ())
