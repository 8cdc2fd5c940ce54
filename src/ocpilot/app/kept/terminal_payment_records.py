"""Charges paid at a terminal provider's terminals whose receipts are ours: what was to be captured, what was, and who
stores it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.billing.captures import CaptureState


class TerminalPayment(Record, frozen=True, kw_only=True):
    """One charge: its CDR (`key`), the receipt, `due` with taxes. `reference` is the authorization_reference that the
    provider (`peer_id`) gave. `advice` is the id of his Financial Advice Confirmation, of the moment `advice_at`, and
    `captured` what it says, None as long as there is none or its currency is another. `why` says what a person should
    know."""

    key: ObjectKey
    peer_id: int
    reference: str
    receipt: str
    currency: str
    due: Decimal
    captured: Decimal | None = None
    state: CaptureState = CaptureState.WAITING
    advice: str | None = None
    advice_at: datetime | None = None
    why: str = ""
    at: datetime


class TerminalPayments(Protocol):
    """Storage of them."""

    async def add(self, payment: TerminalPayment) -> None:
        """Store a new one; nothing when its CDR has one."""

    async def take_over(self, payment: TerminalPayment, earlier: Sequence[str]) -> None:
        """The one of an earlier receipt is this one's from now on, as if nobody had looked at what its provider said;
        nothing where there is none."""

    async def save(self, payment: TerminalPayment, before: datetime | None) -> bool:
        """Replace what a confirmation changes, if the last one was of that moment; False when not."""

    async def with_reference(self, reference: str) -> tuple[TerminalPayment, ...]:
        """By authorization_reference: of whichever provider."""

    async def of_receipt(self, number: str) -> TerminalPayment | None:
        """By receipt."""

    async def unheard(self, since: datetime, limit: int) -> tuple[tuple[TerminalPayment, StoredObject], ...]:
        """Those that are not paid, or of which a provider said something `since` then, each with his newest
        confirmation, when nobody has looked at that yet."""

    async def confirmation(self, payment: TerminalPayment) -> StoredObject | None:
        """The confirmation it was compared with last, as its provider sent it."""

    async def terminals_at(self, peer_id: int, location_id: str, evse_uid: str) -> tuple[StoredObject, ...]:
        """Terminals of a provider that serve this EVSE, by itself or by its Location."""

    async def terminals(self) -> tuple[StoredObject, ...]:
        """Every terminal that a provider sent, by provider and id."""

    async def newest(self, limit: int) -> tuple[TerminalPayment, ...]:
        """The newest first."""
