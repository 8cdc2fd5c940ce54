"""Objects that a peer no longer lists: what becomes of them says its profile (`VanishedPolicy`).

Only a list that was read to its end, whole and with all it promised, tells that something is gone. Sessions and CDRs
never vanish. What was pushed while the list was read is not meant: it may have come after its page had passed.
"""

import logging

import msgspec
from msgspec.structs import replace

from ocpilot.app.kept.crawl_records import Crawl
from ocpilot.app.kept.peer_records import MOST_EXAMPLES, Peer, VanishedPolicy
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.platform import Platform
from ocpilot.roaming.crawling import has_all
from ocpilot.wire.protocol import ModuleID

log = logging.getLogger(__name__)

#: Modules whose objects may vanish.
VANISHING = frozenset({ModuleID.LOCATIONS, ModuleID.TARIFFS, ModuleID.TOKENS})
_AT_ONCE = 500
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def tells(crawl: Crawl) -> bool:
    """Whether a list that was read to its end tells what is gone. One that is empty must say that it is."""
    return not crawl.nameless and has_all(crawl.done) and bool(crawl.listed or crawl.told == 0)


async def take_away(platform: Platform, peer: Peer, crawl: Crawl) -> Crawl:
    """Do as the policy says with what the list no longer has; counted and named in the crawl."""
    if crawl.module not in VANISHING or not tells(crawl):
        return crawl
    crawls, policy = platform.store.crawls, peer.profile.vanished
    count, examples = await crawls.count_unseen(crawl), await crawls.unseen(crawl, MOST_EXAMPLES)
    if count and _changes(policy, crawl.module):
        log.info("%s: %d %s are no longer listed: %s", peer.name, count, crawl.module, policy)
        while keys := await crawls.unseen(crawl, _AT_ONCE):
            for key in keys:
                await _take(platform, peer, key)
    return replace(crawl, vanished=count, gone=tuple(key.id for key in examples))


def _changes(policy: VanishedPolicy, module: ModuleID) -> bool:
    if module is ModuleID.LOCATIONS:
        return policy is not VanishedPolicy.KEEP
    return policy is VanishedPolicy.REMOVE


async def _take(platform: Platform, peer: Peer, key: ObjectKey) -> None:
    if key.module is not ModuleID.LOCATIONS:
        await platform.store.objects.delete(key, peer.id)
        return
    await platform.store.locations.modify(key, peer.id, _without_evses)
    await platform.store.crawls.note_vanished(peer.id, key, platform.clock())


def _without_evses(stored: StoredObject) -> StoredObject:
    """The Location with no EVSE in its list: those it had are kept as REMOVED (mod_locations, "Location object")."""
    fields = _FIELDS.decode(stored.body)
    fields.pop("evses", None)
    return replace(stored, body=msgspec.json.encode(fields).decode())
