"""What the platform needs of a provider of card payments: reserve an amount, take part of it, let the rest go.

Card data never reaches us: a driver enters it on a page of the provider, and comes back.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.records import Record


class CardState(StrEnum):
    """Where a payment stands at its provider. `open`: the driver has not finished at the provider's page."""

    OPEN = "open"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    RELEASED = "released"
    DECLINED = "declined"
    EXPIRED = "expired"


class CardOrder(Record, frozen=True, kw_only=True):
    """What is to be reserved. `id` is ours and goes with everything the provider tells about it; the driver is led to
    `return_url` when he is done, whatever came of it. `what` he reads on the provider's page, in `language`."""

    id: str
    amount: Decimal
    currency: str
    what: str
    language: str
    return_url: str


class AtProvider(Record, frozen=True, kw_only=True):
    """A payment as its provider tells it. `reference` is its id there, `url` the page the driver goes to while it is
    open, `card` such as `Visa •••• 4242`, `message` why it was declined, in its words."""

    reference: str
    state: CardState
    url: str | None = None
    authorised: Decimal = Decimal(0)
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    card: str = ""
    message: str = ""


class CardProvider(Protocol):
    """A provider. Every call that changes something carries a `key`: the same key does it once, however often it is
    sent. All raise CardUnreachable when it is not known what became of the call, CardRefused when nothing did."""

    async def authorise(self, order: CardOrder, key: str) -> AtProvider:
        """Begin to reserve an amount."""

    async def state(self, reference: str) -> AtProvider:
        """How it stands."""

    async def capture(self, reference: str, amount: Decimal, currency: str, key: str) -> AtProvider:
        """Take `amount`, at most what was reserved; the rest is released."""

    async def release(self, reference: str, key: str) -> AtProvider:
        """Take nothing: let go what was reserved, or end what the driver has not finished."""

    async def refund(self, reference: str, amount: Decimal, currency: str, key: str) -> AtProvider:
        """Give back `amount` of what was taken."""

    def heard(self, body: bytes, signature: str) -> str | None:
        """The id (ours) of the payment that a message of the provider is about, None when it is about none.
        NotAuthorized when the message is not signed by it, or is too old."""

    async def close(self) -> None:
        """Let go of connections."""


class PlayedPayment(Record, frozen=True, kw_only=True):
    """A payment at the provider that is built in. `asked`: the driver is to confirm it. `keys` are those of calls that
    changed it, `takes` counts captures."""

    reference: str
    key: str
    order: CardOrder
    state: CardState = CardState.OPEN
    asked: bool = False
    card: str = ""
    message: str = ""
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    keys: tuple[str, ...] = ()
    takes: int = 0
    created_at: datetime
