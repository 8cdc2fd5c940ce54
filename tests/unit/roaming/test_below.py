"""Links of a list are followed only into the same list."""

import pytest

from ocpilot.base.errors import ForbiddenAddress
from ocpilot.roaming.addresses import below
from ocpilot.roaming.offers import OFFERED_BY, offered
from ocpilot.wire.protocol import InterfaceRole, ModuleID

ENDPOINT = "https://lade.example/ocpi/2.2.1/tariffs/"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://lade.example/ocpi/2.2.1/tariffs?offset=5", "https://lade.example/ocpi/2.2.1/tariffs?offset=5"),
        ("http://lade.example:8080/ocpi/2.2.1/tariffs/?a=1", "https://lade.example/ocpi/2.2.1/tariffs/?a=1"),
    ],
)
def test_a_link_into_the_list_is_taken_at_the_endpoint_s_own_address(url, found):
    assert below(url, ENDPOINT) == found


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/ocpi/2.2.1/tariffs?offset=5",
        "https://lade.example/ocpi/2.2.1/tariffs-of-others",
        "https://lade.example/ocpi/2.2.1/tariffs/../credentials",
        "https://lade.example/ocpi/2.2.1/tariffs/%2e%2e/credentials",
        "https://lade.example/admin",
    ],
)
def test_a_link_elsewhere_is_refused(url):
    with pytest.raises(ForbiddenAddress):
        below(url, ENDPOINT)


def test_a_hub_offers_all_that_its_members_may_call():
    assert set(OFFERED_BY) - offered(["HUB"]) == {(ModuleID.HUB_CLIENT_INFO, InterfaceRole.RECEIVER)}
