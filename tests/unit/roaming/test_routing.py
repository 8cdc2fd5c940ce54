"""Routing headers say from which party to which party (transport_and_format, "Message Routing")."""

import pytest

from ocpilot.base.ids import PartyId
from ocpilot.roaming.routing import Route, headers, read

LAD, RES = PartyId.of("SE", "LAD"), PartyId.of("SE", "RES")


def test_what_is_written_is_read_again():
    route = Route(sender=LAD, receiver=RES)
    assert read(headers(route)) == route


def test_the_answer_goes_the_other_way():
    assert Route(sender=LAD, receiver=RES).back() == Route(sender=RES, receiver=LAD)


def test_names_are_read_in_any_case_and_parties_folded():
    sent = {"ocpi-FROM-country-code": "se", "OCPI-From-Party-Id": "lad"}
    assert read(sent) == Route(sender=LAD)


def test_half_a_party_or_an_absurd_one_is_none():
    assert read({"OCPI-to-party-id": "RES"}) == Route()
    assert read({"OCPI-to-party-id": "RESA", "OCPI-to-country-code": "SE"}) == Route()


@pytest.mark.parametrize("party_id", ["ÿÿÿ", "µµµ"])
def test_a_party_whose_upper_case_fits_in_no_header_is_none(party_id):
    assert read({"OCPI-to-party-id": party_id, "OCPI-to-country-code": "SE"}) == Route()


def test_an_unknown_party_is_left_out():
    assert headers(Route(sender=LAD)) == {"OCPI-from-country-code": "SE", "OCPI-from-party-id": "LAD"}
    assert headers(Route()) == {}
