"""Sending invoices: by e-mail or into the outbox of an access point to Peppol, each once, and if not, why not.

An attempt is kept before anything leaves the house (`Sendings.begin`), so that nobody else sends the same meanwhile.
Who dies between the mail server's yes and the note of it sends a second message with the same Message-ID.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from enum import StrEnum

from ocpilot.app.invoicing import invoice_mail, peppol_outbox
from ocpilot.app.invoicing.invoicing import numbered
from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.customer_records import Customer, InvoiceFormat
from ocpilot.app.kept.mailing import Mail, Mailer
from ocpilot.app.kept.records import Record
from ocpilot.app.kept.sending_records import Sending, Way
from ocpilot.app.platform import Platform
from ocpilot.base.errors import MailServerFailed, NotFound, OcpilotError, UserError
from ocpilot.billing.invoice import InvoiceKind

_PAGE = 100
#: An attempt that has not ended after so long died.
_STALE = timedelta(minutes=15)
#: How long what could not be sent waits until it is tried again by itself; twice as long each time, a day at most.
_AGAIN = timedelta(hours=1)


class Outcome(StrEnum):
    """What came of it."""

    SENT = "sent"
    FAILED = "failed"
    #: It went out before, or somebody else is sending it now.
    SKIPPED = "skipped"


class Sent(Record, frozen=True, kw_only=True):
    """What became of one invoice; `problem` says why it failed or was left out."""

    number: str
    outcome: Outcome
    way: Way
    recipient: str
    problem: str | None = None


async def send(platform: Platform, number: str, who: str, *, again: bool = False) -> Sent:
    """Send one, `again` though it was sent. NotFound; what keeps it from going out is said in the answer."""
    return await _send(platform, platform.mailer, await numbered(platform, number), who, again=again)


async def send_all(platform: Platform, who: str) -> AsyncIterator[Sent]:
    """Everything that was not sent, oldest first; each is tried once."""
    began, mailer = platform.clock(), _UntilItFails(platform.mailer)
    while found := await _waiting(platform, began, timedelta()):
        for kept in found:
            yield await _send(platform, mailer, kept, who)


async def send_some(platform: Platform, who: str) -> int:
    """A page of what was not tried lately; how many were tried."""
    mailer = _UntilItFails(platform.mailer)
    found = await _waiting(platform, platform.clock(), _AGAIN)
    for kept in found:
        await _send(platform, mailer, kept, who)
    return len(found)


async def _waiting(platform: Platform, now: datetime, pause: timedelta) -> tuple[KeptInvoice, ...]:
    return await platform.store.sendings.waiting(now, pause, platform.clock() - _STALE, _PAGE)


async def _send(platform: Platform, mailer: Mailer, kept: KeptInvoice, who: str, *, again: bool = False) -> Sent:
    customer = await platform.store.customers.get(kept.customer_id)
    if customer is None:
        raise NotFound(f"invoice {kept.number}: no customer {kept.customer_id}")
    way = way_of(kept, customer)
    recipient = customer.party_facts.electronic_address if way is Way.PEPPOL else customer.party_facts.email
    now = platform.clock()
    wanted = Sending(number=kept.number, way=way, recipient=recipient, who=who, at=now)
    sending = await platform.store.sendings.begin(wanted, now - _STALE, again=again)
    if sending is None:
        why = "it was sent already" if kept.sent_at else "somebody else is sending it"
        return Sent(number=kept.number, outcome=Outcome.SKIPPED, way=way, recipient=recipient, problem=why)
    problem: str | None = "interrupted: it may have gone out"
    try:
        await _deliver(platform, mailer, kept, customer, sending)
        problem = None
    except OcpilotError as error:
        problem = str(error)
    finally:
        await platform.store.sendings.end(sending, platform.clock(), problem)
    outcome = Outcome.FAILED if problem else Outcome.SENT
    return Sent(number=kept.number, outcome=outcome, way=way, recipient=recipient, problem=problem)


def way_of(kept: KeptInvoice, customer: Customer) -> Way:
    """As the customer wants it; what we tell a person who gets money is no invoice and never an e-invoice."""
    wants_peppol = customer.invoice_format is InvoiceFormat.PEPPOL
    return Way.PEPPOL if wants_peppol and kept.kind is not InvoiceKind.CREDIT_ADVICE else Way.EMAIL


async def _deliver(platform: Platform, mailer: Mailer, kept: KeptInvoice, customer: Customer, sending: Sending) -> None:
    if sending.way is Way.PEPPOL:
        await peppol_outbox.put(platform.settings.billing.peppol_outbox, kept)
        return
    if not sending.recipient:
        raise UserError(f"customer {customer.number} {customer.name} has no e-mail address")
    went_out = [one for one in await platform.store.sendings.of(kept.number) if one.ended_at and not one.problem]
    await mailer.send(await invoice_mail.mail_of(platform, kept, customer, len(went_out)))


class _UntilItFails:
    """The mail server of one batch: that it cannot be reached is found out once, not for every invoice."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self._failed: MailServerFailed | None = None

    async def send(self, mail: Mail) -> None:
        """See `Mailer`."""
        if self._failed is not None:
            raise self._failed
        try:
            await self._mailer.send(mail)
        except MailServerFailed as error:
            self._failed = error
            raise
