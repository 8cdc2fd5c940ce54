"""Platforms we are connected with, what changed for them, and what became of it, as the platform keeps them."""

from datetime import datetime
from enum import StrEnum

from ocpilot.app.records import ObjectKey, Record
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CredentialsRole, Endpoint, Role

# ---- peers ---------------------------------------------------------------------------------------------------------


class PeerState(StrEnum):
    """`invited`: we gave out token A. `registered`: both tokens exchanged. `suspended`: we do not talk for now."""

    INVITED = "invited"
    REGISTERED = "registered"
    SUSPENDED = "suspended"
    UNREGISTERED = "unregistered"


class DeliveryPolicy(StrEnum):
    """How failed pushes are treated: newest state only, strictly in order, or not at all (pull instead)."""

    LATEST = "latest"
    FIFO = "fifo"
    NONE = "none"


class PeerProfile(Record, frozen=True, kw_only=True):
    """A peer's quirks, as data. None means: as the peer's OCPI version says.

    `role` is what the peer is for us (`CPO`, `EMSP`), where its version does not say it and we are both ourselves.
    `smart_charging`: a smart charging service provider that steers the charges at our stations under a contract.
    `tokens_on_demand`: a provider that does not tell us its Tokens is asked about every card we do not know.
    """

    token_encoding: str | None = None
    trailing_slash: bool = False
    routing_headers: bool = True
    page_size: int = 100
    timeout_seconds: float = 15.0
    policy: DeliveryPolicy = DeliveryPolicy.LATEST
    window: int = 4
    push: tuple[ModuleID, ...] | None = None
    smart_charging: bool = False
    tokens_on_demand: bool = False
    role: Role | None = None


def party_key(role: CredentialsRole) -> str:
    """The party that plays a role, as `SERES`."""
    return (role.country_code + role.party_id).upper()


class Peer(Record, frozen=True, kw_only=True):
    """A platform we are connected with. `id` is 0 until stored.

    `token_hash` is SHA-256 of the credentials token it uses with us; `token_sealed` is the token we use with it,
    encrypted (`app/secrets.py`). `invitation_hash` is that of a token which opens only versions and credentials:
    CREDENTIALS_TOKEN_A, and while a token is replaced the one coming or going, so that a lost answer locks nobody out.
    `hub_party` is its party (`SEHUB`) that is a hub. `pulled_at` is when the last complete pull began, None when
    everything is still to be fetched.
    """

    id: int = 0
    name: str
    state: PeerState
    version: Version | None = None
    versions_url: str | None = None
    endpoints: tuple[Endpoint, ...] = ()
    roles: tuple[CredentialsRole, ...] = ()
    hub_party: str | None = None
    token_hash: bytes | None = None
    token_sealed: bytes | None = None
    invitation_hash: bytes | None = None
    profile: PeerProfile = PeerProfile()
    pulled_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def parties(self) -> tuple[str, ...]:
        """The keys (`SERES`) of all parties on the peer's platform."""
        return tuple(sorted({party_key(role) for role in self.roles}))

    @property
    def addressee(self) -> PartyId | None:
        """Whom a message to the platform as a whole is for: the hub, else its only party; None when there are several
        (transport_and_format, "Broadcast Push", "GET All via Hubs")."""
        if self.hub_party is not None:
            return PartyId.parse(self.hub_party)
        return PartyId.parse(self.parties[0]) if len(self.parties) == 1 else None


#: Whose, in which module, where in the object, and what was expected there.
LeniencyKey = tuple[int, ModuleID, str, str]


class Leniency(Record, frozen=True, kw_only=True):
    """What a peer sends that is not as the standard says and is understood all the same, `count` times.

    `place` is a JSON path without numbers in its brackets (`$.evses[].uid`); `example` is what was found there last.
    """

    peer_id: int
    module: ModuleID
    place: str
    expected: str
    example: str
    count: int
    first_at: datetime
    last_at: datetime


# ---- the change log and deliveries ---------------------------------------------------------------------------------


class ChangeCursor(Record, frozen=True, kw_only=True):
    """How far a peer has read the change log: transaction id and number of the last row seen."""

    xid: int = 0
    seq: int = 0


class Change(Record, frozen=True, kw_only=True):
    """One write of one object: that it changed, not what to. `peer_id` is the peer it came from, None: it is ours."""

    at: ChangeCursor
    key: ObjectKey
    peer_id: int | None = None
    audience: str | None
    deleted: bool
    written_at: datetime


class DeliveryState(StrEnum):
    """`waiting`: will be tried again at `next_at`. `dead`: a person must look. `acknowledged`: the peer has it."""

    WAITING = "waiting"
    DEAD = "dead"
    ACKNOWLEDGED = "acknowledged"


class Delivery(Record, frozen=True, kw_only=True):
    """What became of one object for one peer. CDRs always have one; other objects only after a failure."""

    peer_id: int
    key: ObjectKey
    state: DeliveryState
    attempts: int = 0
    next_at: datetime | None = None
    last_error: str | None = None
    remote_url: str | None = None
    updated_at: datetime
