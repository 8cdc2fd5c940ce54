"""Who may see an object, and who may send one: decided here and nowhere else.

A Session or CDR concerns one provider: the one whose Token was used. A booking concerns the provider that asked for
it, a payment terminal and what it captured the operator it stands at, an invoice reconciliation record the party that
gets the invoice. Locations and Tariffs are for every peer that informs drivers, Tokens for every operator, unless a
person said that one of them is for one party only (`audience` of a stored object, `ocpilot load --for`).

A Location that is not published still travels to all of them: it is the receiver who must not show it, but to owners of
Tokens in `publish_allowed_to`, whom only he knows; and who showed it until now must hear that he may not any more
(mod_locations, "Location object").

At our hub the same holds for what its members send. What a member addresses to some parties is for these only: their
keys, joined (`SEBEE+SERES`). A hub that we are a member of gets all that is for everybody, and for the parties
behind it.
"""

from collections.abc import Collection

from msgspec.structs import replace

from ocpilot.app.kept.peer_records import Peer, PeerState, party_key
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.exchange import Call
from ocpilot.base.errors import BadRequest, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.roaming.offers import GATHERED, OFFERED_BY, Interface
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import CDR, Booking, Role, Session, Terminal

#: Modules whose objects concern one party only.
PERSONAL = frozenset({ModuleID.SESSIONS, ModuleID.CDRS, ModuleID.PAYMENTS, ModuleID.INVOICE_RECONCILIATION})


def audience_of(value: Wire) -> str | None:
    """The one party (as `SERES`) that may see this object of ours; None: every peer whose role receives its module."""
    if isinstance(value, Session | CDR):
        return PartyId.of(value.cdr_token.country_code, value.cdr_token.party_id).key
    if isinstance(value, Booking):
        asked = value.booking_requests[0].booking_request
        return PartyId.of(asked.country_code, asked.party_id).key
    if isinstance(value, Terminal) and value.country_code and value.party_id:
        return PartyId.of(value.country_code, value.party_id).key
    return None


def meant_for(audience: str | None, parties: Collection[str] | None) -> bool:
    """Whether an object of ours is for everybody, or for one of these parties (`SERES`); None: nobody in particular
    asks, everything counts."""
    return audience is None or parties is None or not set(parties_in(audience)).isdisjoint(parties)


def joined(audience: str | None, party: PartyId) -> str:
    """The audience of what was for `audience` and is addressed to `party` too."""
    return "+".join(sorted({party.key, *parties_in(audience)}))


def parties_in(audience: str | None) -> tuple[str, ...]:
    """The parties of an audience; none for everybody."""
    return tuple(audience.split("+")) if audience else ()


def addressee(peer: Peer, audience: str | None) -> PartyId | None:
    """The party of this peer that an object is for; None when it is for everybody."""
    if not audience:
        return None
    return next((PartyId.parse(one) for one in parties_in(audience) if one in peer.parties), None)


def acting(peer: Peer, sender: PartyId | None) -> Peer:
    """The peer as far as it may act in this message: what a hub passes on for a party behind it may do what that party
    may. The hub itself, in what it broadcasts, speaks for all."""
    if peer.hub_party is None or sender is None or sender.key == peer.hub_party:
        return peer
    roles = tuple(role for role in peer.roles if party_key(role) == sender.key)
    return replace(peer, roles=roles, hub_party=None)


def viewer(peer: Peer, module: ModuleID) -> tuple[str, ...] | None:
    """The parties whose objects this peer may read, for PageQuery; None is everybody's."""
    return None if module is ModuleID.SESSIONS and _steers(peer) else peer.parties


def may_see(peer: Peer, module: ModuleID, audience: str | None) -> bool:
    """Whether this peer may read, or get pushed, an object of ours with this audience.

    An object of a personal module without an audience is nobody's: it is better unseen than seen by all.
    """
    if peer.state is not PeerState.REGISTERED or not receives(peer, module):
        return False
    if audience is None:
        return module not in PERSONAL
    return addressee(peer, audience) is not None or (module is ModuleID.SESSIONS and _steers(peer))


def not_told_of(peer: Peer, module: ModuleID) -> tuple[str, ...]:
    """The parties of whose objects this peer hears nothing: a hub tells nobody of himself (mod_hub_client_info)."""
    return peer.parties if module is ModuleID.HUB_CLIENT_INFO else ()


def may_read(call: Call, stored: StoredObject) -> bool:
    """Whether the caller may read this object in our Sender interface: ours, at our hub also that of other members."""
    if call.at_hub is None:
        offered = stored.peer_id is None
    else:
        offered = stored.peer_id != call.peer.id and call.at_hub.party in {None, stored.key.party}
    return offered and may_see(call.peer, call.module, stored.audience)


def may_steer(peer: Peer, driver: PartyId) -> bool:
    """Whether this peer may limit the charge of a driver of this party: its own, or anybody's when we have a contract
    (mod_charging_profiles, "Smart Charging Topologies")."""
    return _has_party(peer, driver, OFFERED_BY[ModuleID.CHARGING_PROFILES, InterfaceRole.SENDER]) or _steers(peer)


def _steers(peer: Peer) -> bool:
    """A smart charging service provider that works for us: it sees every Session and may limit it."""
    return peer.profile.smart_charging and Role.SCSP in peer.plays


def receives(peer: Peer, module: ModuleID) -> bool:
    """Whether any role of the peer is one that gets objects of this module; a hub passes on all of them."""
    return peer.hub_party is not None or not peer.plays.isdisjoint(OFFERED_BY[module, InterfaceRole.RECEIVER])


def require_receiver(peer: Peer, module: ModuleID) -> None:
    """BadRequest when none of the peer's roles gets objects of this module."""
    _require(peer, (module, InterfaceRole.RECEIVER))


def require_commander(peer: Peer) -> None:
    """BadRequest when none of the peer's roles sends commands."""
    _require(peer, (ModuleID.COMMANDS, InterfaceRole.SENDER))


def _require(peer: Peer, interface: Interface) -> None:
    if peer.hub_party is None and not peer.plays & OFFERED_BY[interface]:
        raise BadRequest(f"{interface[0]} are for {_words(*interface)}; your roles are {_listed(peer)}")


def party_of(peer: Peer, interface: Interface, named: PartyId | None) -> PartyId:
    """The party of the peer that plays a role of this interface: the one named (by a header), else its first.

    For interfaces whose URLs and objects name none (mod_payments). NotFound when it has no such party.
    """
    parties = sorted(
        {PartyId.of(role.country_code, role.party_id) for role in peer.roles if role.role in OFFERED_BY[interface]}
    )
    if named in parties:
        return named
    if not parties:
        raise NotFound(f"{interface[0]} are for {_words(*interface)}; your roles are {_listed(peer)}")
    return parties[0]


def require_hub(peer: Peer) -> None:
    """NotFound unless the peer is a hub: only hubs tell who is connected to them."""
    if peer.hub_party is None:
        raise NotFound(f"{peer.name} is no hub")


def may_send(peer: Peer, module: ModuleID, party: PartyId) -> bool:
    """Whether objects of this party may come from this peer: one of its parties, in a role that owns such objects. A
    national access point tells of the Locations and Tariffs of operators that it does not name."""
    gathers = module in GATHERED and Role.NAP in peer.plays
    return gathers or _has_party(peer, party, OFFERED_BY[module, InterfaceRole.SENDER] | {Role.OTHER})


def may_command(peer: Peer, driver: PartyId) -> bool:
    """Whether commands for a driver of this party may come from this peer: a terminal provider gives Tokens in its
    commands, though it owns none otherwise (mod_commands, "StartSession object"; mod_payments, "Transaction")."""
    return _has_party(peer, driver, OFFERED_BY[ModuleID.COMMANDS, InterfaceRole.SENDER])


def require_sender(peer: Peer, module: ModuleID, country_code: str, party_id: str) -> PartyId:
    """The party, when the peer may send its objects; NotFound otherwise.

    404 blocks access to what is not his (transport_and_format, "Client Owned Object Push", "Errors").
    """
    party = PartyId.of(country_code, party_id)
    if not may_send(peer, module, party):
        raise NotFound(f"{party} is no party of yours that owns {module}")
    return party


def _has_party(peer: Peer, party: PartyId, roles: frozenset[str]) -> bool:
    return any(role.role in roles and PartyId.of(role.country_code, role.party_id) == party for role in peer.roles)


def _words(module: ModuleID, interface: InterfaceRole) -> str:
    return ", ".join(sorted(OFFERED_BY[module, interface]))


def _listed(peer: Peer) -> str:
    return ", ".join(sorted(peer.plays)) or "none"
