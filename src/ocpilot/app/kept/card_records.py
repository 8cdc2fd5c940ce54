"""Card payments for charges without an account: what is kept of each, every step of it, and who stores it."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.card_ports import CardState, PlayedPayment
from ocpilot.app.kept.records import Record
from ocpilot.base.ids import PartyId


class PaymentState(StrEnum):
    """Where a payment stands here.

    `new`: kept, the provider may not know of it yet. `open`: the driver is at the provider's page. `authorised`: the
    amount is reserved. `starting`: the station is about to be asked. `charging`: it was. `capturing`: what the charge
    came to is known and is to be taken. `captured`: it was taken and is to be booked. `releasing`: nothing is to be
    taken. `refunding`: some of it is to be given back. The others are ends.
    """

    NEW = "new"
    OPEN = "open"
    AUTHORISED = "authorised"
    STARTING = "starting"
    CHARGING = "charging"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    PAID = "paid"
    RELEASING = "releasing"
    RELEASED = "released"
    DECLINED = "declined"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


_S = PaymentState
#: Where it may go from where; nothing else is ever written.
MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    _S.NEW: frozenset({_S.OPEN, _S.DECLINED}),
    _S.OPEN: frozenset({_S.AUTHORISED, _S.DECLINED, _S.RELEASED, _S.RELEASING}),
    _S.AUTHORISED: frozenset({_S.STARTING, _S.RELEASING}),
    _S.STARTING: frozenset({_S.CHARGING, _S.RELEASING}),
    _S.CHARGING: frozenset({_S.CAPTURING, _S.RELEASING}),
    _S.CAPTURING: frozenset({_S.CAPTURED, _S.RELEASING}),
    _S.CAPTURED: frozenset({_S.PAID}),
    _S.PAID: frozenset({_S.REFUNDING}),
    _S.RELEASING: frozenset({_S.RELEASED, _S.CHARGING}),
    _S.REFUNDING: frozenset({_S.PAID, _S.REFUNDED}),
    _S.RELEASED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.REFUNDED: frozenset(),
}
#: In these a charge may begin with its Token.
MAY_CHARGE = frozenset({_S.STARTING, _S.CHARGING})


def heard_of(state: CardState) -> PaymentState | None:
    """What an open payment becomes by the word of its provider; None: it stays open. One that was captured by somebody
    else has been reserved, too: what follows finds out."""
    return _AFTER[state]


_AFTER = {
    CardState.OPEN: None,
    CardState.AUTHORISED: _S.AUTHORISED,
    CardState.CAPTURED: _S.AUTHORISED,
    CardState.DECLINED: _S.DECLINED,
    CardState.EXPIRED: _S.RELEASED,
    CardState.RELEASED: _S.RELEASED,
}


class CardPayment(Record, frozen=True, kw_only=True):
    """One payment, `amount` of it reserved. Its charge has the Token `token_uid`, and the link whose secret has the
    hash `key_hash`; `link` is that secret, sealed: the provider leads the driver back to it. `reference` and `url` are
    the provider's. `due` is what the charge came to with taxes, as `receipt` says.

    `attempt` is part of the key of a call: another one after the provider said no. `tries` failed in a row, the next
    one is at `next_at`. `needs` says what a person is to look at, `why` the last word about it. `version` counts
    changes.
    """

    id: str
    version: int = 1
    state: PaymentState = PaymentState.NEW
    amount: Decimal
    currency: str
    key_hash: bytes
    link: bytes
    token_uid: str
    party: PartyId
    location_id: str
    evse_uid: str
    evse_id: str
    connector_id: str | None
    language: str
    place: str
    reference: str | None = None
    url: str | None = None
    card: str = ""
    command_id: str | None = None
    session_id: str | None = None
    receipt: str | None = None
    due: Decimal | None = None
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    refunding: Decimal = Decimal(0)
    attempt: int = 1
    tries: int = 0
    needs: str = ""
    why: str = ""
    next_at: datetime | None
    created_at: datetime
    changed_at: datetime

    def may_become(self, state: PaymentState) -> bool:
        """Whether that is a step that may be taken, or none."""
        return state == self.state or state in MOVES[self.state]


class CardStep(Record, frozen=True, kw_only=True):
    """What was done about a payment, when, and by whom: an account's email, `cli`, or `platform`."""

    payment_id: str
    before: PaymentState | None
    after: PaymentState
    what: str
    who: str
    at: datetime


class CardPayments(Protocol):
    """Storage of them: steps are only ever added."""

    async def add(self, payment: CardPayment, step: CardStep) -> None:
        """Store a new one with its first step."""

    async def save(self, payment: CardPayment, step: CardStep | None) -> bool:
        """Replace it and add the step, if it still has the version before this one; False when not."""

    async def get(self, payment_id: str) -> CardPayment | None:
        """By id."""

    async def of_link(self, key_hash: bytes) -> CardPayment | None:
        """By the hash of the secret in its link."""

    async def of_token(self, token_uid: str) -> CardPayment | None:
        """By the uid of its charge's Token."""

    async def of_receipt(self, number: str) -> CardPayment | None:
        """By receipt."""

    async def due(self, now: datetime, limit: int) -> tuple[CardPayment, ...]:
        """Those whose next step is due, longest first."""

    async def steps(self, payment_id: str) -> tuple[CardStep, ...]:
        """All of one, oldest first."""

    async def page(self, limit: int, *, needing: bool = False) -> tuple[CardPayment, ...]:
        """The newest first; with `needing` only those that need a person."""


class PlayedPayments(Protocol):
    """Storage of the provider that is built in."""

    async def begin(self, payment: PlayedPayment) -> PlayedPayment:
        """Store a new one, or find the one with its key."""

    async def get(self, reference: str) -> PlayedPayment | None:
        """By its id."""

    async def modify(self, reference: str, change: Callable[[PlayedPayment], PlayedPayment]) -> PlayedPayment | None:
        """Read under a row lock, apply the pure `change`, write; None when it does not exist."""
