"""What of each CDR is billed to whom: its driver or company, its partner, the host of the site, whoever is paid back.

A job: CDRs that may be billed and of which it was not worked out yet what. Each purpose of a CDR is billed once.
"""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec

from ocpilot.app.customers.payers import Payers
from ocpilot.app.invoicing import charge_lines
from ocpilot.app.invoicing.charge_lines import Rating
from ocpilot.app.kept.bill_records import BillItem, Purpose
from ocpilot.app.kept.clearing_records import Unrated
from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.tokens import is_ours
from ocpilot.app.platform import Platform
from ocpilot.base.errors import OcpilotError
from ocpilot.base.ids import PartyId
from ocpilot.billing.invoice import negated
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

log = logging.getLogger(__name__)

#: CDRs in one transaction.
BATCH = 500
#: How long what could not be rated waits: a price or a rate that was missing may be there then.
_AGAIN = timedelta(minutes=10)


async def rate(platform: Platform, limit: int = BATCH) -> int:
    """Work out what of the next CDRs is billed, and keep it; how many CDRs that were."""
    found = await platform.store.clearings.unrated(limit, platform.clock() - _AGAIN)
    if not found:
        return 0
    payers = await Payers.of(platform, found)
    done: list[ObjectKey] = []
    items: list[BillItem] = []
    for one in found:
        try:
            items += [item async for item in _items(platform, payers, one)]
        except OcpilotError as error:
            log.warning("CDR %s of %s cannot be billed: %s", one.stored.key.id, one.stored.key.party, error)
            await platform.store.clearings.could_not_rate(one.stored.key, str(error), platform.clock())
        else:
            done.append(one.stored.key)
    await platform.store.bill_items.rated(done, items)
    return len(found)


async def _items(platform: Platform, payers: Payers, one: Unrated) -> AsyncIterator[BillItem]:
    if one.clearing.credits is not None:
        for item in await _taken_back(platform, one):
            yield item
        return
    cdr = value_of(CDR, one.stored)
    rating = Rating(platform=platform, found=one, cdr=cdr)
    for item in await _of_driver(rating, payers):
        yield item
    for item in await _of_partner(rating, payers):
        yield item
    if one.clearing.peer_id is None:
        place, began = cdr.cdr_location.id, cdr.start_date_time
        for host in payers.at_place(place, CustomerKind.HOST, began):
            yield charge_lines.shared(rating, host)
        for home in payers.at_place(place, CustomerKind.HOME, began)[:1]:
            yield charge_lines.paid_back(rating, home)


async def _of_driver(rating: Rating, payers: Payers) -> tuple[BillItem, ...]:
    """What a customer of ours pays whose Token it was."""
    token = rating.cdr.cdr_token
    if not is_ours(rating.platform, PartyId.of(token.country_code, token.party_id)):
        return ()
    found = payers.of_token(token.uid, rating.cdr.start_date_time)
    if found is None:
        return ()
    customer, theirs = found
    return (await charge_lines.sold(rating, customer, theirs, payers.plan(customer, rating.cdr.start_date_time)),)


async def _of_partner(rating: Rating, payers: Payers) -> tuple[BillItem, ...]:
    """What a provider pays us for his driver, or we an operator for ours."""
    token = rating.cdr.cdr_token
    driver, operator = PartyId.of(token.country_code, token.party_id), rating.found.stored.key.party
    ours, began = rating.found.clearing.peer_id is None, rating.cdr.start_date_time
    if ours and rating.cdr.invoice_reference_id is not None:
        return ()  # paid at a terminal, and its receipt is ours (mod_payments, "InvoiceCreator")
    if ours and not is_ours(rating.platform, driver):
        provider = await payers.partner(driver, CustomerKind.PROVIDER, began)
        return () if provider is None else (charge_lines.roamed(rating, provider, Purpose.ROAMING),)
    if not ours and is_ours(rating.platform, driver):
        seller = await payers.partner(operator, CustomerKind.OPERATOR, began)
        return () if seller is None else (charge_lines.roamed(rating, seller, Purpose.PURCHASE),)
    return ()


async def _taken_back(platform: Platform, one: Unrated) -> list[BillItem]:
    """What a Credit CDR takes back: what was billed of the CDR it is of, where no credit note did so before."""
    credits = one.clearing.credits or ""
    original = ObjectKey(module=ModuleID.CDRS, party=one.stored.key.party, id=credits)
    newest = {
        (item.purpose, item.customer_id if item.purpose is Purpose.HOST else None): item
        for item in await platform.store.bill_items.of(original)
    }
    return [_against(item, one) for item in newest.values() if not item.taken_back]


def _against(item: BillItem, one: Unrated) -> BillItem:
    return msgspec.structs.replace(
        item,
        id=0,
        key=one.stored.key,
        at=one.clearing.ended_at,
        kwh=-item.kwh,
        seconds=-item.seconds,
        net=-item.net,
        exact=None if item.exact is None else -item.exact,
        lines=tuple(negated(line) for line in item.lines),
        invoice=None,
        turn=1,
    )
