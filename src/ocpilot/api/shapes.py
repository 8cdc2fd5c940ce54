"""What back offices send that is no OCPI object, and what is made for them. Fields nobody knows are errors."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from ocpilot.app.shown import HookShown, Shown
from ocpilot.app.stations.display_messages import Priority
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import TokenType

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Country = Annotated[str, msgspec.Meta(min_length=2, max_length=2)]
Party = Annotated[str, msgspec.Meta(min_length=3, max_length=3)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=36)]


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is sent."""


class Credit(Order, frozen=True, kw_only=True):
    """Why a CDR is taken back."""

    remark: Annotated[str, msgspec.Meta(max_length=255)] | None = None


class InvoiceCredit(Order, frozen=True, kw_only=True):
    """Why an invoice is taken back, as it stands on the credit note; `again`: what was on it is billed again. With
    `charges` (ids of CDRs on it) only these."""

    why: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    again: bool = False
    charges: tuple[str, ...] = ()


class RunOrder(Order, frozen=True, kw_only=True):
    """Whose invoices are written; without `customer` (a customer number) everybody's."""

    customer: str | None = None


Why = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Decision(Order, frozen=True, kw_only=True):
    """What becomes of a CDR, and why."""

    action: Literal["accept", "hold", "dispute", "drop"]
    why: Why


class Reissue(Order, frozen=True, kw_only=True):
    """Why a CDR is made anew; maybe by another `tariff` of ours (its id), or with another energy in all."""

    why: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    tariff: str | None = None
    kwh: Decimal | None = None


class Invite(Order, frozen=True, kw_only=True):
    """What we call the platform that will register."""

    name: Name


class Register(Order, frozen=True, kw_only=True):
    """Where and with which token (CREDENTIALS_TOKEN_A) to register; `version` is the newest both speak when absent."""

    versions_url: str
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    version: str | None = None


class LetterOrder(Order, frozen=True, kw_only=True):
    """Which dead letter."""

    module: ModuleID
    party: str
    id: str
    sub: str = ""


class HookOrder(Order, frozen=True, kw_only=True):
    """A new web hook. No `events` are all; `party` limits it to one of ours."""

    name: Name
    url: Annotated[str, msgspec.Meta(max_length=2000)]
    events: tuple[str, ...] = ()
    party: str | None = None


class HookChange(Order, frozen=True, kw_only=True):
    """Whether it is to be told."""

    active: bool


class TokenNamed(Order, frozen=True, kw_only=True):
    """A Token of ours."""

    country_code: Country
    party_id: Party
    uid: Id
    type: str = TokenType.APP_USER


class ObjectNamed(Order, frozen=True, kw_only=True):
    """A Location or Session, ours or a peer's."""

    country_code: Country
    party_id: Party
    id: Id


class StartOrder(Order, frozen=True, kw_only=True):
    """Start a charge for the driver of a Token of ours."""

    token: TokenNamed
    location: ObjectNamed
    evse_uid: Id | None = None
    connector_id: Id | None = None
    authorization_reference: Id | None = None


class StopOrder(Order, frozen=True, kw_only=True):
    """Stop a Session with a Token of ours."""

    session: ObjectNamed


class UnlockOrder(Order, frozen=True, kw_only=True):
    """Unlock a Connector that is stuck."""

    location: ObjectNamed
    evse_uid: Id
    connector_id: Id


class ReserveOrder(Order, frozen=True, kw_only=True):
    """Keep an EVSE free for the driver of a Token of ours. `replacing` is the id of an earlier RESERVE_NOW command
    whose reservation it changes."""

    token: TokenNamed
    location: ObjectNamed
    evse_uid: Id | None = None
    until: datetime
    replacing: str | None = None


class CancelOrder(Order, frozen=True, kw_only=True):
    """Cancel what a RESERVE_NOW command of ours reserved."""

    command_id: str


class CallPayload(msgspec.Struct, frozen=True):
    """The payload of an OCPP call, as the version that the station speaks has it."""


class CallAnswered(Shown, frozen=True):
    """The payload of the station's answer, as it came."""


class MessageOrder(Order, frozen=True, kw_only=True):
    """A text for the screen of a station. `priority`: `normal` among others, `front` before them, `always` alone."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    language: Annotated[str, msgspec.Meta(min_length=2, max_length=8)] = "en"
    priority: Priority = Priority.NORMAL
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class MessageMade(Shown, frozen=True, kw_only=True):
    """`number` is what it is taken away by; `status` is the station's word (2.x, "DisplayMessageStatusEnumType")."""

    number: int
    status: str


class InvitationMade(Shown, frozen=True, kw_only=True):
    """What the other platform's people need; the token is shown once."""

    name: str
    versions_url: str
    token: str


class HookMade(Shown, frozen=True, kw_only=True):
    """A new web hook and the secret that its events are signed with, which is shown once."""

    hook: HookShown
    secret: str


class Accepted(Shown, frozen=True, kw_only=True):
    """It goes on in the background."""

    state: str


class Replayed(Shown, frozen=True, kw_only=True):
    """How many are sent again."""

    count: int


class LimitGroupOrder(Order, frozen=True, kw_only=True):
    """A part of a site with a fuse of its own; `parent` is a group before it, empty for the site, `evses` are uids."""

    name: Name
    amps: float | None = None
    watts: float | None = None
    parent: str = ""
    evses: tuple[str, ...] = ()


class SiteLimitOrder(Order, frozen=True, kw_only=True):
    """What a site may draw: ampere per phase, watts in all, or both. `offline_amps` is what an EVSE without connection
    may draw by itself; without it the most it can give counts."""

    amps: float | None = None
    watts: float | None = None
    offline_amps: float | None = None
    groups: tuple[LimitGroupOrder, ...] = ()
