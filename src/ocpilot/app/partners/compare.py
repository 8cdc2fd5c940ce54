"""What a peer lists beside what we hold of it: pushes get lost, lists tell. Nothing is written unless asked to mend.

(transport_and_format, "Pull and Push")
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from msgspec.structs import replace

from ocpilot.app.kept.comparison_records import Comparison, Found, Gap
from ocpilot.app.kept.crawl_records import Crawl, CrawlState, Purpose
from ocpilot.app.kept.peer_records import MOST_EXAMPLES, Peer
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.classes import class_of
from ocpilot.app.ocpi.homes import home
from ocpilot.app.partners import crawling, pull
from ocpilot.app.partners.crawling import Told, Wish, quietly
from ocpilot.app.partners.vanished import take_away, tells
from ocpilot.app.platform import Platform
from ocpilot.base.errors import BadRequest, Conflict, InvalidObject, NotFound
from ocpilot.base.ids import fold, new_id
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Location, Status

#: What is compared; of Sessions and CDRs those of this time.
COMPARED = (ModuleID.LOCATIONS, ModuleID.TARIFFS, ModuleID.TOKENS, ModuleID.SESSIONS, ModuleID.CDRS)
_RECENT = timedelta(days=30)


async def compare(
    platform: Platform, peer: Peer, *, mend: bool = False, told: Told = quietly
) -> tuple[Comparison, ...]:
    """Crawl and compare; kept as the last comparison of each module. With `mend` what is missing or older here is
    taken over, and what is missing there is treated as the peer's profile says."""
    modules = [module for module in COMPARED if module in pull.wanted(platform, peer)]
    return tuple([await _Comparing(platform, peer, module, mend).run(told) for module in modules])


class _Comparing:
    """One module of one peer."""

    def __init__(self, platform: Platform, peer: Peer, module: ModuleID, mend: bool) -> None:
        self._platform = platform
        self._peer = peer
        self._module = module
        self._mend = mend
        self._count: Counter[Gap] = Counter()
        self._examples: dict[Gap, list[str]] = defaultdict(list)
        self._same = 0
        self._mended = 0

    async def run(self, told: Told) -> Comparison:
        at = self._platform.clock()
        since = max(at - _RECENT, self._peer.created_at) if self._module in pull.OF_OUR_TIME else None
        wish = Wish(
            module=self._module,
            purpose=Purpose.COMPARE,
            since=since,
            owner=new_id(),
            takes_over=True,
            goes_on=False,
            asker=pull.asker(self._platform, self._module),
        )
        crawl = await crawling.crawl(self._platform, self._peer, wish, self._take, told, self._at_end)
        comparison = Comparison(
            peer_id=self._peer.id,
            module=self._module,
            at=at,
            since=since,
            listed=crawl.listed,
            same=self._same,
            mended=self._mended,
            found=tuple(
                Found(gap=gap, count=self._count[gap], examples=tuple(self._examples[gap]))
                for gap in Gap
                if self._count[gap]
            ),
            error=crawl.error if crawl.state is not CrawlState.COMPLETE else None,
        )
        await self._platform.store.comparisons.save(comparison)
        return comparison

    async def _take(self, body: object) -> crawling.Word:
        gap = await self._gap(body)
        if gap is None:
            self._same += 1
            return "known"
        self._note(gap, crawling.label_of(self._module, body))
        if self._mend and gap in {Gap.MISSING_HERE, Gap.OLDER_HERE}:
            taken = await pull.take(self._platform, self._peer, self._module, "", body)
            self._mended += taken == "kept"
        return "bad" if gap is Gap.BROKEN else "known"

    def _note(self, gap: Gap, name: str) -> None:
        self._count[gap] += 1
        if len(self._examples[gap]) < MOST_EXAMPLES and name not in self._examples[gap]:
            self._examples[gap].append(name)

    async def _gap(self, body: object) -> Gap | None:
        try:
            theirs = await pull.read(self._platform, self._peer, self._module, "", body)
        except (BadRequest, NotFound, Conflict):
            return Gap.BROKEN
        ours = await home(self._platform, self._module).get(theirs.key, self._peer.id)
        return Gap.MISSING_HERE if ours is None else _difference(ours, theirs)

    async def _at_end(self, crawl: Crawl) -> Crawl:
        """What we hold and the list does not."""
        if not tells(crawl):
            return crawl
        crawls = self._platform.store.crawls
        count = await crawls.count_unseen(crawl, since=crawl.since)
        if not count:
            return crawl
        self._count[Gap.MISSING_THERE] = count
        examples = await crawls.unseen(crawl, MOST_EXAMPLES, since=crawl.since)
        self._examples[Gap.MISSING_THERE] = [key.id for key in examples]
        return await take_away(self._platform, self._peer, crawl) if self._mend else crawl


def _difference(ours: StoredObject, theirs: StoredObject) -> Gap | None:
    cls = class_of(ours.key.module, ours.key.sub if ours.key.module is not ModuleID.TOKENS else "")
    try:
        here, there = _shown(value_of(cls, ours)), _shown(value_of(cls, theirs))
    except InvalidObject:
        return Gap.BROKEN
    if _moment(here) != _moment(there):
        return Gap.OLDER_HERE if _moment(here) < _moment(there) else Gap.NEWER_HERE
    return None if here == there else Gap.OTHER


def _shown(value: Wire) -> Wire:
    """The object with what says nothing made equal: EVSEs of a Location in one order, without those that are gone, and
    its last_updated that of its newest part."""
    if not isinstance(value, Location):
        return value
    evses = sorted((evse for evse in value.evses if evse.status is not Status.REMOVED), key=lambda evse: fold(evse.uid))
    newest = max([value.last_updated, *(evse.last_updated for evse in value.evses)])
    return replace(value, evses=tuple(evses), last_updated=newest)


def _moment(value: Wire) -> datetime:
    moment = getattr(value, "last_updated", None)
    if not isinstance(moment, datetime):
        raise TypeError(f"{type(value).__name__} has no last_updated")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
