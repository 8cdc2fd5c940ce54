"""One table: what is matched is what is listed (http/routes.py)."""

from types import SimpleNamespace

import pytest

from ocpilot.base.errors import MethodNotAllowed, NotFound
from ocpilot.base.settings import PartySettings, ServerSettings, Settings
from ocpilot.http.routes import TABLE, Configuration, Router, endpoints
from ocpilot.roaming.offers import OFFERED_BY
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import Role

S, R = InterfaceRole.SENDER, InterfaceRole.RECEIVER


def platform(*roles):
    parties = tuple(
        PartySettings(country_code="SE", party_id=f"A{index:02}", role=role, name="A")
        for index, role in enumerate(roles)
    )
    return SimpleNamespace(settings=Settings(parties=parties, server=ServerSettings(public_url="https://a.example")))


def listed(*roles):
    return {(one.identifier, one.role) for one in endpoints(platform(*roles), Version.V2_3_0, Role.EMSP)}


def test_every_interface_that_a_role_may_offer_has_a_row():
    rows = {(row.module, row.interface) for row in TABLE if not isinstance(row, Configuration)}
    assert rows == set(OFFERED_BY)


def test_an_operator_offers_its_side_only():
    assert listed("CPO") == {
        ("credentials", S),
        ("locations", S),
        ("tariffs", S),
        ("sessions", S),
        ("cdrs", S),
        ("tokens", R),
        ("commands", R),
        ("chargingprofiles", R),
        ("hubclientinfo", R),
        ("payments", R),
        ("Booking", S),
        ("invoicereconciliation", S),
        ("invoicereconciliation", R),
    }


@pytest.mark.parametrize("role", ["NSP", "NAP", "OTHER"])
def test_every_other_role_hears_of_places_and_of_the_clients_of_a_hub(role):
    assert {("credentials", S), ("locations", R), ("tariffs", R), ("hubclientinfo", R)} <= listed(role)


def test_a_smart_charging_provider_gets_sessions_and_limits_them():
    assert listed("SCSP") == {("credentials", S), ("sessions", R), ("chargingprofiles", S), ("hubclientinfo", R)}


def test_a_hub_tells_who_its_clients_are():
    assert ("hubclientinfo", S) in listed("HUB")


def test_a_platform_of_both_roles_offers_both_sides():
    assert listed("CPO", "EMSP") == listed("CPO") | listed("EMSP")


@pytest.mark.parametrize("version", Version.__members__.values())
def test_the_listed_url_of_an_interface_is_where_it_is_matched(version):
    router = Router(["CPO", "EMSP"])
    for endpoint in endpoints(platform("CPO", "EMSP"), version, Role.EMSP):
        path = endpoint.url.removeprefix("https://a.example")
        for tail in ("", "/x", "/x/y", "/SE/LAD/1", "/terminals/1"):
            try:
                row, variables = router.match(path + tail)
            except NotFound:
                continue
            assert row.module == endpoint.identifier
            assert variables["version"] == version
            break
        else:
            pytest.fail(f"nothing is matched below {path}")


def test_variables_are_decoded_once():
    _, variables = Router(["EMSP"]).match("/ocpi/2.3.0/receiver/tariffs/SE/LAD/A%2FB%2520")
    assert variables["id"] == "A/B%20"


@pytest.mark.parametrize(
    "path",
    [
        "/ocpi",
        "/ocpi/",
        "/ocpi/2.0",
        "/ocpi/2.1.1/receiver/hubclientinfo/SE/HUB",
        "/ocpi/2.3.0/receiver/tariffs/SE/LAD",
        "/ocpi/2.3.0/receiver/tariffs/SE//T1",
        "/ocpi/2.3.0/sender/tariffs",
        "/ocpi/2.3.0/sender/sessions/S1/charging_preferences",
    ],
)
def test_what_a_provider_does_not_offer_is_not_found(path):
    with pytest.raises(NotFound):
        Router(["EMSP"]).match(path)


def test_a_row_names_the_methods_it_knows():
    row, _ = Router(["EMSP"]).match("/ocpi/2.3.0/receiver/tariffs/SE/LAD/T1")
    with pytest.raises(MethodNotAllowed) as caught:
        row.handler("PATCH")
    assert caught.value.allowed == ("DELETE", "GET", "PUT")
    old, _ = Router(["EMSP"]).match("/ocpi/2.1.1/receiver/tariffs/SE/LAD/T1")
    assert old.handler("PATCH")


def test_module_ids_of_the_table_are_known():
    assert {row.module for row in TABLE} <= set(ModuleID)
