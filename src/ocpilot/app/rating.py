"""What of each CDR is billed to whom: its driver or company, its partner, the host of the site, whoever is paid back.

A job: CDRs that may be billed and of which it was not worked out yet what. Each purpose of a CDR is billed once.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import msgspec

from ocpilot.app.bill_records import BillItem, Purpose
from ocpilot.app.bodies import value_of
from ocpilot.app.clearing_records import Clearing, Unrated
from ocpilot.app.cdrs import verdict_of
from ocpilot.app.customer_records import Customer, CustomerKind, CustomerToken
from ocpilot.app.payers import Payers
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey
from ocpilot.base.errors import OcpilotError
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
            items += await _items(platform, payers, one)
        except OcpilotError as error:
            log.warning("CDR %s of %s cannot be billed: %s", one.stored.key.id, one.stored.key.party, error)
            await platform.store.clearings.could_not_rate(one.stored.key, str(error), platform.clock())
        else:
            done.append(one.stored.key)
    await platform.store.bill_items.rated(done, items)
    return len(found)
