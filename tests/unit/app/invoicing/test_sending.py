"""Invoices go out once, the way their customer wants them; what cannot be sent says why and keeps no other."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

import billed
from mail_server import MailServer, running_mail_server
from ocpilot.app.invoicing import invoicing, rating, sending
from ocpilot.app.invoicing.invoice_worker import InvoiceWorker
from ocpilot.app.invoicing.sending import Outcome
from ocpilot.app.kept.bill_records import InvoiceQuery
from ocpilot.app.kept.customer_records import InvoiceFormat
from ocpilot.app.kept.sending_records import Sending, Way
from ocpilot.base.errors import NotFound
from ocpilot.base.money_settings import MailSettings, MailTls
from ocpilot.mail.smtp import SmtpMailer

WHO = "test"


@pytest.fixture
async def posted(provider, tmp_path):
    """A provider with a mail server and an outbox, and the server."""
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    async with asyncio.timeout(60), running_mail_server(MailServer()) as server:
        said = MailSettings(host="127.0.0.1", port=server.port, sender="faktura@resa.example", tls=MailTls.NONE)
        settings = provider.settings
        billing = msgspec.structs.replace(settings.billing, peppol_outbox=str(outbox), automatic_sending=True)
        settings = msgspec.structs.replace(settings, billing=billing, mail=said)
        yield replace(provider, settings=settings, mailer=SmtpMailer(said)), server, outbox


async def customers(platform, *formats, **said):
    """A driver each, with an e-mail address and an invoice; by format."""
    for driver, wanted in zip(await billed.drivers(platform.store, len(formats), **said), formats, strict=True):
        facts = msgspec.structs.replace(driver.party_facts, email=f"{driver.number}@example.org")
        await platform.store.customers.save(msgspec.structs.replace(driver, party_facts=facts, invoice_format=wanted))
    tokens = [f"T{number}" for number in range(len(formats))]
    await billed.accepted(platform, 3 * len(formats), tokens, billed.OPERATORS[:1])
    await rating.rate(platform)
    return [kept async for kept, _, _ in invoicing.run(platform)]


async def all_sent(platform):
    return [sent async for sent in sending.send_all(platform, WHO)]


async def test_each_goes_the_way_its_customer_wants_it_and_only_once(posted):
    platform, server, outbox = posted
    paper, both, peppol = await customers(
        platform, InvoiceFormat.PDF, InvoiceFormat.FACTUR_X, InvoiceFormat.PEPPOL, language="sv"
    )
    assert [one.outcome for one in await all_sent(platform)] == [Outcome.SENT] * 3
    assert await all_sent(platform) == []
    first, second = server.taken
    assert first["Subject"] == f"Faktura {paper.number} från Resa Elektriskt AB"
    assert "Hej Förare 0!" in first.get_body().get_content()
    assert "Bankgiro: 5050-1055" in first.get_body().get_content()
    names = [one.get_filename() for mail in server.taken for one in mail.iter_attachments()]
    assert names == [f"{paper.number}.pdf", f"{both.number}.factur-x.pdf"]
    assert first["Message-ID"] != second["Message-ID"]
    [file] = outbox.iterdir()
    assert file.name == f"{peppol.number}.xml"
    assert peppol.number in file.read_text()
    kept = await platform.store.invoices.get(paper.number)
    assert kept.sent_at == billed.NOW
    [said] = await platform.store.sendings.of(peppol.number)
    assert (said.way, said.recipient, said.who, said.problem) == (Way.PEPPOL, "0007:5560360793", WHO, None)


async def test_of_several_who_send_at_once_one_does(posted):
    platform, server, _ = posted
    await customers(platform, *[InvoiceFormat.PDF] * 4)
    tried = await asyncio.gather(*(all_sent(platform) for _ in range(3)))
    assert sorted(one.number for some in tried for one in some if one.outcome is Outcome.SENT) == [
        f"F-{number:06}" for number in range(1, 5)
    ]
    assert len(server.taken) == 4


async def test_on_purpose_it_goes_out_again_with_a_message_id_of_its_own(posted):
    platform, server, _ = posted
    [kept] = await customers(platform, InvoiceFormat.PDF)
    assert (await sending.send(platform, kept.number, WHO)).outcome is Outcome.SENT
    again = await sending.send(platform, kept.number, WHO)
    assert (again.outcome, again.problem) == (Outcome.SKIPPED, "it was sent already")
    assert (await sending.send(platform, kept.number, WHO, again=True)).outcome is Outcome.SENT
    first, second = server.taken
    assert kept.number in first["Message-ID"]
    assert second["Message-ID"] == first["Message-ID"].replace("@", ".2@")
    with pytest.raises(NotFound):
        await sending.send(platform, "F-999999", WHO)


async def test_what_cannot_be_sent_says_why_and_keeps_no_other(posted):
    platform, server, _ = posted
    kept = await customers(platform, *[InvoiceFormat.PDF] * 3, InvoiceFormat.PEPPOL)
    store = platform.store.customers
    without = await store.get(kept[0].customer_id)
    nowhere = msgspec.structs.replace(without.party_facts, email="")
    await store.save(msgspec.structs.replace(without, party_facts=nowhere))
    server.unknown = {(await store.get(kept[1].customer_id)).party_facts.email}
    billing = msgspec.structs.replace(platform.settings.billing, peppol_outbox="/no/such/folder")
    platform = replace(platform, settings=msgspec.structs.replace(platform.settings, billing=billing))
    said = await all_sent(platform)
    assert [one.outcome for one in said] == [Outcome.FAILED, Outcome.FAILED, Outcome.SENT, Outcome.FAILED]
    assert said[0].problem == f"customer {without.number} Förare 0 has no e-mail address"
    assert "550 5.1.1 no such user here" in said[1].problem
    assert said[3].problem == "billing.peppol_outbox: /no/such/folder: No such file or directory"
    unsent = await platform.store.invoices.listed(InvoiceQuery(only_unsent=True))
    assert {one.kept.number for one in unsent} == {said[0].number, said[1].number, said[3].number}


async def test_a_mail_server_that_is_not_there_is_asked_once_and_told_with_every_invoice(provider):
    kept = await customers(provider, InvoiceFormat.PDF, InvoiceFormat.PDF)
    asked = []

    class Away(SmtpMailer):
        async def send(self, mail):
            asked.append(mail)
            await super().send(mail)

    mailer = Away(MailSettings(host="127.0.0.1", port=1, sender="a@b.example", tls=MailTls.NONE))
    said = await all_sent(replace(provider, mailer=mailer))
    assert [one.outcome for one in said] == [Outcome.FAILED] * 2
    assert said[0].problem == said[1].problem
    assert len(asked) == 1
    without = await sending.send(provider, kept[0].number, WHO)
    assert without.problem.startswith("mail.host: found nothing")


async def test_what_somebody_else_is_sending_is_left_alone_until_he_must_be_dead(posted):
    platform, server, _ = posted
    [kept] = await customers(platform, InvoiceFormat.PDF)
    begun = Sending(number=kept.number, way=Way.EMAIL, recipient="", who="the other", at=billed.NOW)
    assert await platform.store.sendings.begin(begun, billed.NOW - timedelta(minutes=5), again=False)
    found = await sending.send(platform, kept.number, WHO)
    assert (found.outcome, found.problem) == (Outcome.SKIPPED, "somebody else is sending it")
    assert await all_sent(platform) == []
    later = replace(platform, clock=lambda: billed.NOW + timedelta(minutes=16))
    assert [one.outcome for one in await all_sent(later)] == [Outcome.SENT]
    assert len(server.taken) == 1


async def test_by_itself_what_failed_is_tried_again_an_hour_later(posted):
    platform, server, _ = posted
    [kept] = await customers(platform, InvoiceFormat.PDF)
    server.unknown = {"example.org"}
    await InvoiceWorker(platform).once()
    server.unknown = set()
    await InvoiceWorker(platform).once()
    assert server.taken == []
    [failing] = await platform.store.sendings.failing(10)
    assert (failing.number, "no such user" in failing.problem) == (kept.number, True)
    await InvoiceWorker(replace(platform, clock=lambda: billed.NOW + timedelta(minutes=61))).once()
    assert len(server.taken) == 1
    assert await platform.store.sendings.failing(10) == ()
    assert [one.problem is None for one in await platform.store.sendings.of(kept.number)] == [False, True]


async def test_pauses_between_attempts_grow_to_a_day(posted):
    platform, server, _ = posted
    [kept] = await customers(platform, InvoiceFormat.PDF)
    server.unknown = {"example.org"}
    look = timedelta(minutes=61)
    for number in range(73):
        await sending.send_some(replace(platform, clock=lambda at=billed.NOW + number * look: at), WHO)
    tried = [(one.at - billed.NOW) // look for one in await platform.store.sendings.of(kept.number)]
    assert tried == [0, 1, 3, 7, 15, 31, 55]
