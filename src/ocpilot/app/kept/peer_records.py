"""Platforms we are connected with, what changed for them, and what became of it, as the platform keeps them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated

import msgspec

from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.base.ids import PartyId
from ocpilot.base.money import Rounding
from ocpilot.billing.clearing_limits import USUAL, ClearingLimits
from ocpilot.roaming.handshake import RefusedEndpoint
from ocpilot.wire.protocol import ModuleID, TokenEncoding, Version
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


class VanishedPolicy(StrEnum):
    """What becomes of objects that a peer no longer lists: nothing; Locations are shown as removed; and Tariffs and
    Tokens are deleted."""

    KEEP = "keep"
    MARK = "mark"
    REMOVE = "remove"


#: The part of a profile that CDRs are judged by.
LIMITS = "clearing"
_Positive = Annotated[float, msgspec.Meta(gt=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]


class PeerProfile(Record, frozen=True, kw_only=True):
    """A peer's quirks, as data. None means: as found out, else as the peer's OCPI version or our settings say.

    `push` are the modules we push to it, `pull` those we fetch from it every `pull_interval` seconds; None is all that
    it offers. `patch`: whether a small change may travel as a PATCH. `status_after_failed_push`: whether a status that
    could not be pushed is pushed again, or left to the next change (transport_and_format, "Offline behaviour").
    `rounding`, `amount_decimals`: how it rounds amounts, for the check of its CDRs; `tolerance` (an amount in the
    currency of the CDR) and `relative_tolerance` (0.01: one per cent): how far its totals may be from ours.
    `role` is what the peer is for us (`CPO`, `EMSP`), where its version does not say it and we are both ourselves.
    `smart_charging`: a smart charging service provider that steers the charges at our stations under a contract.
    `tokens_on_demand`: a provider that does not tell us its Tokens is asked about every card we do not know.
    `vanished`: what becomes of objects that its complete lists no longer hold.
    `clearing`: what its CDRs may come to before a person looks at them.
    `versions`: those we tell it that we speak, where it reads no list with one that it does not know.
    """

    token_encoding: TokenEncoding | None = None
    trailing_slash: bool | None = None
    routing_headers: bool = True
    page_size: _Count = 100
    timeout_seconds: _Positive = 15.0
    policy: DeliveryPolicy = DeliveryPolicy.LATEST
    window: _Count = 4
    push: tuple[ModuleID, ...] | None = None
    pull: tuple[ModuleID, ...] | None = None
    pull_interval: _Positive | None = None
    patch: bool | None = None
    status_after_failed_push: bool = True
    rounding: Rounding = Rounding.HALF_UP
    amount_decimals: Annotated[int, msgspec.Meta(ge=0, le=6)] | None = None
    tolerance: Decimal | None = None
    relative_tolerance: Decimal = Decimal(0)
    smart_charging: bool = False
    tokens_on_demand: bool = False
    role: Role | None = None
    vanished: VanishedPolicy = VanishedPolicy.KEEP
    clearing: ClearingLimits = USUAL
    versions: Annotated[tuple[Version, ...], msgspec.Meta(min_length=1)] | None = None

    @property
    def quirks(self) -> dict[str, object]:
        """Every one by its name, the limits of CDRs as `clearing.most_hours`."""
        limits = msgspec.structs.asdict(self.clearing)
        others = {name: value for name, value in msgspec.structs.asdict(self).items() if name != LIMITS}
        return others | {f"{LIMITS}.{name}": value for name, value in limits.items()}


class Detected(Record, frozen=True, kw_only=True, omit_defaults=True):
    """How a peer talks, as found out by itself; None: not seen yet. What its profile says wins.

    `endpoints_without_role`: its version has roles of endpoints and it leaves them out. `refuses_patch`: it answered
    a PATCH as a method that it does not have. `clock_behind`: seconds that its clock is behind ours, or more.
    `refused_endpoints`: what it listed and is never called, and why.
    """

    token_encoding: TokenEncoding | None = None
    trailing_slash: bool | None = None
    endpoints_without_role: bool | None = None
    refuses_patch: bool | None = None
    clock_behind: int | None = None
    refused_endpoints: tuple[RefusedEndpoint, ...] | None = None


def party_key(role: CredentialsRole) -> str:
    """The party that plays a role, as `SERES`."""
    return (role.country_code + role.party_id).upper()


class Peer(Record, frozen=True, kw_only=True, dict=True):
    """A platform we are connected with. `id` is 0 until stored.

    `token_hash` is SHA-256 of the credentials token it uses with us; `token_sealed` is the token we use with it,
    encrypted (`app/secrets.py`). `invitation_hash` is that of a token which opens only versions and credentials:
    CREDENTIALS_TOKEN_A, also for a while after it was used, so that a lost answer locks nobody out. `other_hash` is
    that of the token coming or going while tokens are exchanged again, since `rotated_at`.
    `allowed` is what it may claim to be (`roaming/claims.py`), None until its first registration. `detected` is only
    written by `Peers.noticed`, `returned_at`, when it answered again after a silence, by `Peers.returned`.
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
    other_hash: bytes | None = None
    rotated_at: datetime | None = None
    allowed: tuple[str, ...] | None = None
    profile: PeerProfile = PeerProfile()
    detected: Detected = Detected()
    pulled_at: datetime | None = None
    returned_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def token_encoding(self) -> TokenEncoding | None:
        """How our token stands in the header: as a person said, else as found out."""
        return self.profile.token_encoding or self.detected.token_encoding

    @property
    def patches(self) -> bool:
        """Whether a PATCH is tried at all."""
        return self.detected.refuses_patch is not True if self.profile.patch is None else self.profile.patch

    @cached_property
    def plays(self) -> frozenset[Role]:
        """The roles of all its parties."""
        return frozenset([role.role for role in self.roles])

    @cached_property
    def parties(self) -> tuple[str, ...]:
        """The keys (`SERES`) of all parties on the peer's platform."""
        return tuple(sorted({party_key(role) for role in self.roles}))

    @cached_property
    def addressee(self) -> PartyId | None:
        """Whom a message to the platform as a whole is for: the hub, else its only party; None when there are several
        (transport_and_format, "Broadcast Push", "GET All via Hubs")."""
        if self.hub_party is not None:
            return PartyId.parse(self.hub_party)
        return PartyId.parse(self.parties[0]) if len(self.parties) == 1 else None


class FindingKind(StrEnum):
    """What is counted against a peer when it happens. `leniency`: understood all the same. `push`, `pull`: an object
    that was refused. `changed_cdr`: another CDR under an id that we have. `list`: a list that is not as it should be.
    `circuit`: it did not answer for so long that nobody called it for a while."""

    LENIENCY = "leniency"
    PUSH = "push"
    PULL = "pull"
    CHANGED_CDR = "changed_cdr"
    LIST = "list"
    CIRCUIT = "circuit"


#: Whose, of which kind, in which module, where in the object, and what was expected there.
LeniencyKey = tuple[int, FindingKind, ModuleID, str, str]
#: Objects that a finding names at most.
MOST_EXAMPLES = 5


class Leniency(Record, frozen=True, kw_only=True):
    """What a peer sends that is not as the standard says, `count` times.

    `place` is a JSON path without numbers in its brackets (`$.evses[].uid`); `example` is what was found there last,
    `objects` are ids of up to five objects it was found in.
    """

    peer_id: int
    kind: FindingKind = FindingKind.LENIENCY
    module: ModuleID
    place: str
    expected: str
    example: str
    count: int
    first_at: datetime
    last_at: datetime
    objects: tuple[str, ...] = ()


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


#: What is not settled.
UNFINISHED = frozenset({DeliveryState.WAITING, DeliveryState.DEAD})


class Delivery(Record, frozen=True, kw_only=True):
    """What became of one object for one peer. CDRs always have one; other objects only after a failure.

    `refusals` are the attempts that the peer answered with an error; `unsure`: the last one may have arrived, though
    its answer did not; `nonsense_since`: since when it gets no verdict from a peer that judges others
    (`roaming/retry.py`).
    """

    peer_id: int
    key: ObjectKey
    state: DeliveryState
    attempts: int = 0
    refusals: int = 0
    unsure: bool = False
    nonsense_since: datetime | None = None
    next_at: datetime | None = None
    last_error: str | None = None
    remote_url: str | None = None
    updated_at: datetime
