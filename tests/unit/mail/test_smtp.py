"""The mail server as the platform uses it: real sockets, TLS, a password, and what it says when it refuses."""

import asyncio
import ssl
from base64 import b64encode

import pytest

from authority import Authority
from mail_server import MailServer, running_mail_server
from ocpilot.app.kept.mailing import Attachment, Mail
from ocpilot.base.errors import MailRefused, MailServerFailed, SettingsError
from ocpilot.base.money_settings import MailSettings, MailTls
from ocpilot.mail.smtp import SmtpMailer

MAIL = Mail(
    to="anna@example.org",
    subject="Faktura F-000001 från Resa",
    text="Hej Anna!\n\n.En rad som börjar med punkt\n",
    message_id="<invoice.F-000001@resa.example>",
    attachments=(Attachment(name="F-000001.pdf", media_type="application/pdf", data=b"%PDF-1.7\n\0\xff"),),
)


def mailer(port, **said):
    usual = {"host": "127.0.0.1", "port": port, "sender": "Resa AB <faktura@resa.example>", "tls": MailTls.NONE}
    return SmtpMailer(MailSettings(**(usual | said)))


@pytest.fixture
async def server():
    async with asyncio.timeout(20), running_mail_server(MailServer()) as running:
        yield running


async def test_a_message_arrives_whole(server):
    await mailer(server.port).send(MAIL)
    [taken] = server.taken
    assert (taken["From"], taken["To"]) == ("Resa AB <faktura@resa.example>", "anna@example.org")
    assert (taken["Subject"], taken["Message-ID"]) == (MAIL.subject, MAIL.message_id)
    assert taken.get_body().get_content().replace("\r\n", "\n") == MAIL.text
    [attached] = taken.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("F-000001.pdf", "application/pdf")
    assert attached.get_content() == MAIL.attachments[0].data


async def test_an_address_that_is_unknown_there_is_refused_in_the_servers_words(server):
    server.unknown = {"anna@example.org"}
    with pytest.raises(MailRefused, match=r"refused anna@example\.org: 550 5\.1\.1 no such user here"):
        await mailer(server.port).send(MAIL)


@pytest.mark.parametrize("address", ["anna@example.org\nBcc: all@example.org", "no address", "a@@b", "anna", ""])
async def test_what_is_no_address_never_reaches_the_server(server, address):
    with pytest.raises(MailRefused, match="no e-mail address"):
        await mailer(server.port).send(Mail(to=address, subject="", text="", message_id="<1@x>"))
    assert server.said == []


async def test_a_server_without_tls_gets_nothing_when_tls_is_wanted(server):
    with pytest.raises(MailServerFailed, match="STARTTLS"):
        await mailer(server.port, tls=MailTls.STARTTLS, user="ocpilot", password="let me in").send(MAIL)
    assert not any("AUTH" in line for line in server.said)


async def test_a_server_that_goes_away_or_is_not_there_says_so(server):
    server.goes_away = True
    with pytest.raises(MailServerFailed, match="closed"):
        await mailer(server.port).send(MAIL)
    with pytest.raises(MailServerFailed, match=r"mail server 127.0.0.1:1: .*refused"):
        await mailer(1).send(MAIL)


async def test_by_starttls_with_a_password(tmp_path, monkeypatch):
    authority = Authority(tmp_path / "ca")
    files = authority.issue("127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.files.certificate))
    async with asyncio.timeout(20), running_mail_server(MailServer(tls=context, wants_login=True)) as server:
        wanted = {"tls": MailTls.STARTTLS, "user": "ocpilot"}
        await mailer(server.port, password="let me in", **wanted).send(MAIL)
        assert len(server.taken) == 1
        with pytest.raises(MailServerFailed, match=r"535 5\.7\.8 wrong password"):
            await mailer(server.port, password="wrong", **wanted).send(MAIL)
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(MailServerFailed, match="certificate verify failed"):
            await mailer(server.port, password="let me in", **wanted).send(MAIL)
        assert b64encode(b"\0ocpilot\0wrong").decode() in " ".join(server.said)


def test_without_a_sender_there_is_no_mail():
    with pytest.raises(SettingsError, match=r"mail\.sender: found nothing"):
        SmtpMailer(MailSettings(host="mail.example"))
