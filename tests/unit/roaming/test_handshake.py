"""What is decided in a registration, without a network (credentials, "Use cases")."""

import pytest

from ocpilot.base.errors import (
    ForbiddenAddress,
    InvalidObject,
    MethodNotAllowed,
    NoMatchingEndpoints,
    UnsupportedVersion,
)
from ocpilot.roaming.handshake import (
    callable_endpoints,
    check_credentials,
    check_method,
    choose_version,
    match,
    with_roles,
)
from ocpilot.roaming.offers import offered, other_side
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole, Endpoint, Role, VersionInfo

CREDENTIALS = Endpoint(identifier="credentials", role=InterfaceRole.SENDER, url="https://a.example/credentials")


def infos(*versions):
    return [VersionInfo(version=version, url=f"https://a.example/{version}") for version in versions]


def endpoints(*roles):
    return [
        CREDENTIALS,
        *(Endpoint(identifier=m, role=r, url=f"https://a.example/{m}/{r}") for m, r in offered(roles)),
    ]


def role(party, plays=Role.CPO):
    return CredentialsRole(role=plays, country_code="SE", party_id=party, business_details=BusinessDetails(name=party))


# ---- methods -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "registered", "allowed"),
    [
        ("POST", False, True),
        ("POST", True, False),
        ("PUT", True, True),
        ("PUT", False, False),
        ("DELETE", True, True),
        ("DELETE", False, False),
        ("GET", True, True),
        ("GET", False, True),
    ],
)
def test_post_is_for_the_unregistered_put_and_delete_for_the_registered(method, registered, allowed):
    if allowed:
        check_method(method, registered=registered)
        return
    with pytest.raises(MethodNotAllowed) as caught:
        check_method(method, registered=registered)
    assert method not in caught.value.allowed


# ---- versions ------------------------------------------------------------------------------------------------------


def test_the_newest_common_version_is_chosen():
    assert choose_version(infos("2.1.1", "2.2.1", "2.3.0", "9.9")) == (Version.V2_3_0, "https://a.example/2.3.0")
    assert choose_version(infos("2.2.1", "2.0"))[0] is Version.V2_2_1


def test_a_version_that_is_asked_for_is_taken():
    assert choose_version(infos("2.2.1", "2.3.0"), Version.V2_2_1)[0] is Version.V2_2_1


@pytest.mark.parametrize(("theirs", "wanted"), [(["2.0"], None), ([], None), (["2.2.1"], Version.V2_3_0)])
def test_nothing_in_common_is_said_so(theirs, wanted):
    with pytest.raises(UnsupportedVersion, match="they speak"):
        choose_version(infos(*theirs), wanted)


# ---- endpoints -----------------------------------------------------------------------------------------------------


def test_an_operator_and_a_provider_mirror_each_other():
    wanted = {other_side(interface) for interface in offered(["CPO"])}
    assert wanted - offered(["EMSP"]) == {
        (ModuleID.HUB_CLIENT_INFO, InterfaceRole.SENDER),
        (ModuleID.PAYMENTS, InterfaceRole.SENDER),
    }
    assert offered(["EMSP"]) - wanted == {(ModuleID.HUB_CLIENT_INFO, InterfaceRole.RECEIVER)}


def test_an_operator_and_a_terminal_provider_have_something_to_exchange():
    found = match(["CPO"], ["PTP"], endpoints("PTP"))
    assert (ModuleID.PAYMENTS, InterfaceRole.SENDER) in found.usable
    assert found.missing == frozenset()


def test_both_ways_of_a_full_match_work():
    found = match(["CPO"], ["EMSP"], endpoints("EMSP"))
    assert found.missing == frozenset()
    assert (ModuleID.CDRS, InterfaceRole.RECEIVER) in found.usable


def test_a_single_missing_interface_is_named_but_no_reason_to_refuse():
    offers = [one for one in endpoints("EMSP") if one.identifier != "cdrs"]
    assert match(["CPO"], ["EMSP"], offers).missing == {(ModuleID.CDRS, InterfaceRole.RECEIVER)}


def test_two_operators_have_nothing_to_exchange():
    with pytest.raises(NoMatchingEndpoints, match="tariffs sender"):
        match(["CPO"], ["CPO"], endpoints("CPO"))


def test_who_offers_nothing_may_fetch_what_we_have_for_its_roles():
    alone = endpoints("EMSP")[:1]
    assert match(["CPO"], ["EMSP"], alone).usable == frozenset()
    assert match(["CPO"], ["NAP"], alone).usable == frozenset()
    # It has not said its roles yet.
    assert match(["CPO"], [], alone).usable == frozenset()
    with pytest.raises(NoMatchingEndpoints, match="they offer credentials"):
        match(["CPO"], ["CPO"], alone)


def test_without_credentials_there_is_no_registration():
    with pytest.raises(NoMatchingEndpoints, match="credentials"):
        match(["CPO"], ["EMSP"], endpoints("EMSP")[1:])


def test_modules_of_their_own_are_ignored():
    own = Endpoint(identifier="nltnm-tokens", role=InterfaceRole.SENDER, url="https://a.example/own")
    assert match(["CPO"], ["EMSP"], [*endpoints("EMSP"), own]).missing == frozenset()


# ---- the credentials object ----------------------------------------------------------------------------------------


def test_good_credentials_pass():
    check_credentials("t" * 43, [role("LAD"), role("LAD", Role.EMSP), role("LA2")], {})


@pytest.mark.parametrize("token", ["", "with space", "tab\t", "ö"])
def test_a_token_must_fit_in_a_header(token):
    with pytest.raises(InvalidObject, match=r"\$\.token"):
        check_credentials(token, [role("LAD")], {})


def test_a_role_twice_and_a_taken_party_are_both_named():
    with pytest.raises(InvalidObject) as caught:
        check_credentials("token", [role("LAD"), role("lad"), role("OTH")], {"SEOTH": "ours"})
    assert [problem.path for problem in caught.value.problems] == ["$.roles[1]", "$.roles[2]"]


@pytest.mark.parametrize("party", ["LA", "", "L/D", "L\x00D", "ÅÄÖ"])
def test_a_party_has_two_letters_and_three_letters_or_digits(party):
    with pytest.raises(InvalidObject) as caught:
        check_credentials("token", [role(party)], {})
    assert [problem.path for problem in caught.value.problems] == ["$.roles[0]"]


def test_a_token_is_not_repeated_in_the_message():
    with pytest.raises(InvalidObject) as caught:
        check_credentials("se cret", [role("LAD")], {})
    assert "se cret" not in str(caught.value)


def test_endpoints_without_a_role_get_the_one_we_look_for():
    listed = [
        {"identifier": "locations", "url": "u1"},
        {"identifier": "tokens", "url": "u2", "role": "SENDER"},
        {"identifier": "credentials", "url": "u3", "role": None},
    ]
    roles = [(row["identifier"], row["role"]) for row in with_roles(["CPO"], listed)]
    assert roles == [("locations", "RECEIVER"), ("tokens", "SENDER"), ("credentials", "SENDER")]


def test_a_platform_of_both_roles_looks_for_both_sides_of_an_endpoint_without_role():
    rows = with_roles(["CPO", "EMSP"], [{"identifier": "cdrs", "url": "u"}])
    assert {row["role"] for row in rows} == {"SENDER", "RECEIVER"}


@pytest.mark.parametrize("broken", [None, "x", [None], [[]]])
def test_endpoints_that_are_none_are_left_for_the_check(broken):
    assert with_roles(["CPO"], broken) == broken


@pytest.mark.parametrize("word", ["Booking", "bookings", "booking"])
def test_bookings_are_found_by_each_word_the_standard_has_for_them(word):
    [row] = with_roles(["EMSP"], [{"identifier": word, "role": "SENDER", "url": "u"}])
    assert row == {"identifier": "Booking", "role": "SENDER", "url": "u"}


# ---- endpoints that are never called -------------------------------------------------------------------------------


def at(module, url):
    return Endpoint(identifier=module, role=InterfaceRole.SENDER, url=url)


PLACES = at("locations", "https://a.example/locations")


@pytest.mark.parametrize(
    "url", ["https://10.0.0.1/x", "https://[::1]/x", "https://169.254.169.254/x", "/x", "", "http://a.example/x"]
)
def test_an_endpoint_that_leads_inside_is_left_out_with_the_reason(url):
    usable, refused = callable_endpoints([CREDENTIALS, PLACES, at("cdrs", url)], allow_inner=False)
    assert usable == (CREDENTIALS, PLACES)
    assert [(one.identifier, one.role, bool(one.why)) for one in refused] == [("cdrs", "SENDER", True)]


@pytest.mark.parametrize("listed", [[at("credentials", "/c"), PLACES], [CREDENTIALS, at("locations", "/l")]])
def test_when_nothing_can_be_exchanged_without_it_all_is_refused(listed):
    with pytest.raises(ForbiddenAddress, match=r"(credentials|locations) sender: '/[cl]': expected an absolute URL"):
        callable_endpoints(listed, allow_inner=True)


def test_a_list_without_a_wrong_url_stays_as_it_is():
    assert callable_endpoints([CREDENTIALS], allow_inner=False) == ((CREDENTIALS,), ())
