"""E-mail as the platform writes it, and what it needs of whoever sends it."""

from typing import Protocol

from ocpilot.app.kept.records import Record
from ocpilot.base.errors import SettingsError


class Attachment(Record, frozen=True, kw_only=True):
    """A file that goes with it; `media_type` such as `application/pdf`."""

    name: str
    media_type: str
    data: bytes


class Mail(Record, frozen=True, kw_only=True):
    """One message to one reader. `message_id` is derived from what it is about: who gets it twice can tell."""

    to: str
    subject: str
    text: str
    message_id: str
    attachments: tuple[Attachment, ...] = ()


class Mailer(Protocol):
    """A mail server."""

    async def send(self, mail: Mail) -> None:
        """It took the message. MailServerFailed, MailRefused, SettingsError."""


class NoMailer:
    """A platform without a mail server."""

    async def send(self, mail: Mail) -> None:
        """SettingsError."""
        raise SettingsError(f"mail.host: found nothing, expected the mail server by which {mail.to} can be reached")
