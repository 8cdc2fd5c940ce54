"""What a platform may claim to be."""

import pytest

from ocpilot.roaming.claims import beyond, claimed, read, sole_role
from ocpilot.wire.v230 import BusinessDetails, Credentials, CredentialsRole, Role


def credentials(*roles, hub=None):
    played = tuple(
        CredentialsRole(
            role=role, country_code=party[:2], party_id=party[2:], business_details=BusinessDetails(name="x")
        )
        for role, party in roles
    )
    return Credentials(token="x", url="https://x.example/versions", roles=played, hub_party_id=hub)


@pytest.mark.parametrize(
    ("word", "kept"),
    [("cpo:de/abc", "CPO:DE/ABC"), ("EMSP:DE*ABC", "EMSP:DE/ABC"), ("HUB:DEHUB", "HUB:DE/HUB"), ("nsp:*", "NSP:*")],
)
def test_a_claim_is_kept_in_one_spelling(word, kept):
    assert read(word) == kept


def test_every_role_of_every_party_is_a_claim_and_to_be_a_hub_is_one():
    assert claimed(credentials((Role.CPO, "deabc"), (Role.EMSP, "DEABC"))) == ("CPO:DE/ABC", "EMSP:DE/ABC")
    hub = credentials((Role.OTHER, "DEHUB"), (Role.CPO, "DEABC"), hub="dehub")
    assert claimed(hub) == ("HUB:DE/HUB", "CPO:DE/ABC")


@pytest.mark.parametrize(
    ("allowed", "too_much"),
    [
        (["*"], ()),
        (["CPO:DE/ABC", "EMSP:DE/ABC"], ()),
        (["CPO:*"], ("EMSP:DE/ABC",)),
        (["EMSP:DE/ABC"], ("CPO:DE/ABC",)),
        ([], ("CPO:DE/ABC", "EMSP:DE/ABC")),
    ],
)
def test_what_is_beyond_is_named(allowed, too_much):
    assert beyond(["CPO:DE/ABC", "EMSP:DE/ABC"], allowed) == too_much


@pytest.mark.parametrize(
    ("allowed", "role"),
    [
        (["CPO:DE/ABC"], Role.CPO),
        (["EMSP:*", "EMSP:DE/ABC"], Role.EMSP),
        (["CPO:DE/ABC", "EMSP:DE/ABC"], None),
        (["*"], None),
        (["HUB:DE/HUB"], None),
        ([], None),
    ],
)
def test_what_is_allowed_may_name_one_role(allowed, role):
    assert sole_role(allowed) == role
