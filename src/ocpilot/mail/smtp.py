"""A mail server by SMTP: one message, one connection, in a thread."""

import asyncio
import contextlib
import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from ocpilot.app.kept.mailing import Mail
from ocpilot.base.errors import MailRefused, MailServerFailed, SettingsError
from ocpilot.base.money_settings import MailSettings, MailTls


class SmtpMailer:
    """`app.kept.mailing.Mailer`."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._domain = parseaddr(settings.sender)[1].rpartition("@")[2]
        if not self._domain:
            found = settings.sender or "nothing"
            raise SettingsError(f"mail.sender: found {found}, expected such as Resa AB <invoices@resa.example>")

    async def send(self, mail: Mail) -> None:
        """See the port."""
        await asyncio.to_thread(self._send, self._message(mail))

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = _address(mail.to)
        message["Subject"] = mail.subject
        message["Message-ID"] = mail.message_id
        message["Date"] = formatdate()
        # Nobody's holiday note is to answer it (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        for one in mail.attachments:
            kind, _, subtype = one.media_type.partition("/")
            message.add_attachment(one.data, maintype=kind, subtype=subtype, filename=one.name)
        return message

    def _send(self, message: EmailMessage) -> None:
        server = f"mail server {self._settings.host}:{self._settings.port}"
        try:
            smtp = self._connected()
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerFailed(f"{server}: {_said(error)}") from error
        try:
            smtp.send_message(message)
        except smtplib.SMTPSenderRefused as error:
            raise MailServerFailed(f"{server} refused the sender {error.sender}: {_said(error)}") from error
        except smtplib.SMTPServerDisconnected as error:
            raise MailServerFailed(f"{server}: {_said(error)}") from error
        except smtplib.SMTPException as error:
            raise MailRefused(f"{server} refused {message['To']}: {_said(error)}") from error
        except OSError as error:
            raise MailServerFailed(f"{server}: {_said(error)}") from error
        finally:
            # The message is theirs or not by now, whatever comes of the good-bye.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    def _connected(self) -> smtplib.SMTP:
        said = self._settings
        safe = ssl.create_default_context()
        if said.tls is MailTls.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                said.host, said.port, self._domain, timeout=said.timeout, context=safe
            )
        else:
            smtp = smtplib.SMTP(said.host, said.port, self._domain, timeout=said.timeout)
        try:
            if said.tls is MailTls.STARTTLS:
                smtp.starttls(context=safe)
            if said.user:
                smtp.login(said.user, said.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _address(text: str) -> Address:
    try:
        found = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError) as error:
        raise MailRefused(f"{text!r} is no e-mail address") from error
    if not (found.username and found.domain):
        raise MailRefused(f"{text!r} is no e-mail address")
    return found


def _said(error: Exception) -> str:
    """In its own words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {text.decode(errors='replace')}" for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return str(error) or type(error).__name__
