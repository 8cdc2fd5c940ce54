"""Taking a CDR back: a Credit CDR for one we sent (mod_cdrs, "Credit CDRs")."""

from ocpilot.app.bodies import own, value_of
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey, StoredObject
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.billing.cdr import credit_ids, credit_of
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR


async def credit(
    platform: Platform, cdr_id: str, remark: str | None = None, party: PartyId | None = None
) -> StoredObject:
    """The Credit CDR of a CDR of ours (of this party): the one there is, or a new one, which is sent like every CDR.

    NotFound for a CDR that is not ours, Conflict for one that is itself a Credit CDR.
    """
    named = await platform.store.objects.find(ModuleID.CDRS, cdr_id)
    found = [one for one in named if one.peer_id is None and party in (None, one.key.party)]
    if not found:
        raise NotFound(f"no CDR {cdr_id} of ours")
    original = value_of(CDR, found[0])
    if original.credit:
        raise Conflict(f"CDR {cdr_id} is a Credit CDR itself")
    credited = credit_of(original, platform.clock(), remark)
    key = ObjectKey(module=ModuleID.CDRS, party=found[0].key.party, id=credited.id)
    there = await platform.store.objects.some(ModuleID.CDRS, key.party, credit_ids(cdr_id))
    if there:
        return there[0]
    made = own(key, credited, credited.last_updated)
    await platform.store.objects.put(made)
    return made
