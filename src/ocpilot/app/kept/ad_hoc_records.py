"""Charges of people without an account: what is kept of each, and who stores it."""

from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.records import Record


class AdHocCharge(Record, frozen=True, kw_only=True):
    """One charge: found by the hash of the secret in its link until `expires_at`. `command_id` started it with a Token
    that only it has; `language` is that of the receipt."""

    key_hash: bytes
    command_id: str
    token_uid: str
    evse_id: str
    language: str
    created_at: datetime
    expires_at: datetime


class AdHocCharges(Protocol):
    """Storage of them."""

    async def add(self, charge: AdHocCharge) -> None:
        """Store a new one; nothing when it is there."""

    async def get(self, key_hash: bytes, now: datetime) -> AdHocCharge | None:
        """The one whose link has a secret of this hash; None when there is none or the link works no longer."""

    async def by_token(self, token_uid: str) -> AdHocCharge | None:
        """The one of a Token."""

    async def forget(self, now: datetime) -> None:
        """Remove those whose link works no longer."""
