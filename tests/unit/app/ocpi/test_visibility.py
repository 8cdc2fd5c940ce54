"""Who may see and send what, as a matrix (app/ocpi/visibility.py)."""

from datetime import UTC, datetime

import pytest

from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.ocpi.visibility import audience_of, may_see, may_send, require_receiver, require_sender
from ocpilot.base.errors import BadRequest, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole, Role, Tariff

NOW = datetime(2026, 11, 1, tzinfo=UTC)
A, B = PartyId.of("SE", "AAA"), PartyId.of("SE", "BBB")


def peer(party, *roles, state=PeerState.REGISTERED):
    plays = tuple(
        CredentialsRole(
            role=role,
            country_code=party.country_code,
            party_id=party.party_id,
            business_details=BusinessDetails(name="x"),
        )
        for role in roles
    )
    return Peer(id=1, name="x", state=state, roles=plays, created_at=NOW, updated_at=NOW)


#: module -> the roles that see what is for everybody, and those that see what is for their party.
PUBLIC = {
    ModuleID.LOCATIONS: {Role.EMSP, Role.NSP, Role.NAP, Role.PTP, Role.OTHER},
    ModuleID.TARIFFS: {Role.EMSP, Role.NSP, Role.NAP, Role.PTP, Role.OTHER},
    ModuleID.TOKENS: {Role.CPO},
}
PERSONAL = {
    ModuleID.SESSIONS: {Role.EMSP, Role.SCSP, Role.PTP, Role.OTHER},
    ModuleID.CDRS: {Role.EMSP, Role.PTP, Role.OTHER},
    ModuleID.PAYMENTS: {Role.CPO},
    ModuleID.INVOICE_RECONCILIATION: {Role.CPO, Role.EMSP},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("module", PUBLIC)
def test_what_is_for_everybody_is_seen_by_the_roles_that_receive_it(module, role):
    assert may_see(peer(A, role), module, None) is (role in PUBLIC[module])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("module", PERSONAL)
def test_what_concerns_a_is_seen_by_a_in_the_right_role_and_never_by_b(module, role):
    assert may_see(peer(A, role), module, A.key) is (role in PERSONAL[module])
    assert not may_see(peer(B, role), module, A.key)
    assert not may_see(peer(A, role), module, None)


@pytest.mark.parametrize("state", [state for state in PeerState if state is not PeerState.REGISTERED])
@pytest.mark.parametrize("module", [*PUBLIC, *PERSONAL])
def test_who_is_not_registered_sees_nothing(module, state):
    assert not may_see(peer(A, *Role, state=state), module, None)
    assert not may_see(peer(A, *Role, state=state), module, A.key)


@pytest.mark.parametrize(
    ("module", "owner"),
    [
        (ModuleID.LOCATIONS, Role.CPO),
        (ModuleID.TARIFFS, Role.CPO),
        (ModuleID.SESSIONS, Role.CPO),
        (ModuleID.CDRS, Role.CPO),
        (ModuleID.TOKENS, Role.EMSP),
    ],
)
def test_objects_come_from_their_owners_role_and_party_only(module, owner):
    other = Role.EMSP if owner is Role.CPO else Role.CPO
    assert may_send(peer(A, owner), module, A)
    assert not may_send(peer(A, owner), module, B)
    assert not may_send(peer(A, other), module, A)


def test_parties_compare_without_regard_to_case():
    assert require_sender(peer(A, Role.CPO), ModuleID.TARIFFS, "se", "aaa") == A


def test_a_foreign_party_is_not_found():
    with pytest.raises(NotFound, match="SE/BBB"):
        require_sender(peer(A, Role.CPO), ModuleID.TARIFFS, "SE", "BBB")


def test_the_wrong_role_is_told_who_the_module_is_for():
    with pytest.raises(BadRequest, match="EMSP, NAP, NSP, OTHER, PTP; your roles are CPO"):
        require_receiver(peer(A, Role.CPO), ModuleID.TARIFFS)


def test_a_tariff_is_for_everybody():
    fields = {"country_code": "SE", "party_id": "LAD", "id": "T", "currency": "SEK", "elements": ()}
    assert audience_of(Tariff(**fields, tax_included="NO", last_updated=NOW)) is None
