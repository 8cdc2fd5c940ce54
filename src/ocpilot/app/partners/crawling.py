"""Reading one list of a peer to its end, page by page, with the place kept after each: a crawl that is stopped, by us
or by the peer, goes on where it was (transport_and_format, "Pagination")."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from ocpilot.app.kept.crawl_records import Crawl, CrawlState, Purpose, Seen
from ocpilot.app.kept.peer_records import Detected, FindingKind, Peer
from ocpilot.app.kept.records import PartnerPage, Record
from ocpilot.app.ocpi import heard
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.base.errors import (
    Conflict,
    ForbiddenAddress,
    NoMatchingEndpoints,
    OcpilotError,
    PeerError,
    PeerNonsense,
    PeerRefused,
)
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.lines import storable
from ocpilot.roaming import crawling
from ocpilot.roaming.retry import BackOff
from ocpilot.wire.kinds import NAMES
from ocpilot.wire.protocol import ModuleID

#: What became of one object of a list.
Word = Literal["kept", "known", "bad"]
Take = Callable[[object], Awaitable[Word]]
#: Hears how far a crawl is, after every page and at its end.
Told = Callable[[Crawl], None]
#: Looks at a list that was read to its end, before what it met is forgotten.
AtEnd = Callable[[Crawl], Awaitable[Crawl]]

#: Links are kept so long: later a list is read from its beginning.
_LINK_LIVES = timedelta(hours=24)
#: One who reads and was not heard of for so long has died.
_SILENCE = timedelta(minutes=2)
#: Characters of an id that are believed: no object of the standard has longer ones.
_LONGEST = 300
#: Whose list is never read at the same time as somebody else's: `Changes.lead` keeps it to one process.
LOOP = "loop"


class Wish(Record, frozen=True, kw_only=True):
    """A list to read: from `since` on, None for all of it. `owner` is who reads; `takes_over` from whoever does now.

    `goes_on` where an earlier crawl was stopped. `may_lack`: of several kinds one may be missing; a terminal provider
    that writes the invoices itself has no confirmations.
    """

    module: ModuleID
    kind: str = ""
    purpose: Purpose = Purpose.PULL
    since: datetime | None = None
    owner: str
    takes_over: bool = False
    goes_on: bool = True
    asker: PartyId | None = None
    may_lack: bool = False


def quietly(_: Crawl) -> None:
    """Nobody listens."""


def label_of(module: ModuleID, body: object) -> str:
    """What an object of a list calls itself, `?` when it does not."""
    named = body if isinstance(body, dict) else {}
    if module is ModuleID.HUB_CLIENT_INFO:
        parts = [str(named.get(name) or "?") for name in ("country_code", "party_id", "role")]
        return "?" if parts == ["?"] * 3 else "/".join(parts)
    return str(next((named[name] for name in NAMES if named.get(name)), "?"))


def seen_in(module: ModuleID, body: object) -> Seen | None:
    """Which object this is, as far as it says, whether it can be read or not; None when it does not say."""
    ident = label_of(module, body)
    if ident == "?" or not isinstance(body, dict):
        return None
    country, party = body.get("country_code"), body.get("party_id")
    whole = isinstance(country, str) and isinstance(party, str)
    owner = f"{country}{party}".upper() if whole else ""
    sub = body.get("type") if module is ModuleID.TOKENS else None
    texts = [ident, owner, sub if isinstance(sub, str) else ""]
    if any(storable(text) != text or len(text) > _LONGEST for text in texts):
        return None
    return Seen(id=fold(texts[0]), party=texts[1], sub=fold(texts[2]))


async def crawl(  # noqa: PLR0917 - whose list, what of it, and what is done with its objects
    platform: Platform, peer: Peer, wish: Wish, take: Take, told: Told = quietly, at_end: AtEnd | None = None
) -> Crawl:
    """Read the list, on from where an earlier crawl of as much was stopped; errors of the peer end up in it."""
    reader = _Reader(platform, peer, wish, take, told)
    return await reader.read(at_end)


class _Reader:
    """One crawl. `crawl` is where it is."""

    def __init__(self, platform: Platform, peer: Peer, wish: Wish, take: Take, told: Told) -> None:
        self._platform = platform
        self._peer = peer
        self._wish = wish
        self._take = take
        self._told = told
        self._resumed = False
        roaming = platform.settings.roaming
        self._back_off = BackOff(first=roaming.retry_first, longest=roaming.retry_longest)
        self.crawl = self._new()

    def _new(self) -> Crawl:
        now, wish = self._platform.clock(), self._wish
        return Crawl(
            peer_id=self._peer.id,
            module=wish.module,
            kind=wish.kind,
            purpose=wish.purpose,
            owner=wish.owner,
            since=wish.since,
            began_at=now,
            updated_at=now,
        )

    async def read(self, at_end: AtEnd | None) -> Crawl:
        """To the end, or as far as it goes."""
        if not await self._begin():
            return replace(self.crawl, state=CrawlState.STOPPED, error="somebody else reads this list now")
        try:
            await self._all_rounds()
            done = replace(self.crawl, next_url=None, updated_at=self._platform.clock())
            done = await at_end(done) if at_end else done
            self.crawl = replace(done, state=CrawlState.COMPLETE)
            self._compare_total()
        except (PeerError, NoMatchingEndpoints, ForbiddenAddress, Conflict) as failure:
            self.crawl = self._stopped(failure)
        except BaseException:
            self.crawl = replace(self.crawl, state=CrawlState.STOPPED)
            raise
        finally:
            await self._platform.store.crawls.end(self.crawl)
        self._told(self.crawl)
        return self.crawl

    def _stopped(self, failure: OcpilotError) -> Crawl:
        if self._wish.may_lack and isinstance(failure, PeerRefused) and failure.http == 404:
            return replace(self.crawl, state=CrawlState.COMPLETE, next_url=None)
        return replace(self.crawl, state=CrawlState.STOPPED, error=storable(failure.in_full))

    # ---- where to begin --------------------------------------------------------------------------------------------

    async def _begin(self) -> bool:
        last = await self._platform.store.crawls.last(self.crawl) if self._wish.goes_on else None
        self._resumed = last is not None and self._covers(last)
        if last is not None and self._resumed:
            now = self._platform.clock()
            self.crawl = replace(last, owner=self._wish.owner, state=CrawlState.RUNNING, updated_at=now, error=None)
        return await self._claim()

    def _covers(self, last: Crawl) -> bool:
        """Whether an unfinished crawl leads at least to what is wanted now."""
        is_fresh = self._platform.clock() - last.updated_at < _LINK_LIVES
        since = self._wish.since
        enough = last.since is None or (since is not None and last.since <= since)
        return last.state is not CrawlState.COMPLETE and last.next_url is not None and is_fresh and enough

    async def _claim(self) -> bool:
        now = self._platform.clock()
        before = now if self._wish.takes_over else now - _SILENCE
        begun = await self._platform.store.crawls.begin(self.crawl, anew=not self._resumed, before=before)
        if begun is None:
            return False
        self.crawl = begun
        return True

    async def _from_the_beginning(self) -> None:
        self._resumed = False
        self.crawl = self._new()
        if not await self._claim():
            raise Conflict("somebody else reads this list now")

    # ---- pages -----------------------------------------------------------------------------------------------------

    async def _all_rounds(self) -> None:
        await self._round()
        while crawling.goes_again(self.crawl.done):
            self.crawl = replace(self.crawl, round=self.crawl.round + 1, fresh=0, met=0, repeated=0, next_url=None)
            await self._round()

    async def _round(self) -> None:
        page = await self._first_page()
        await self._note_clock(page)
        walked, empty = {self.crawl.next_url}, 0
        while True:
            await self._turn(page)
            if page.next_url is None:
                return
            empty = 0 if page.items else empty + 1
            if page.next_url in walked or len(walked) >= crawling.MOST_PAGES or empty >= crawling.MOST_EMPTY:
                self._end_of_circle()
                return
            walked.add(page.next_url)
            page = await self._page(page.next_url)

    async def _note_clock(self, page: PartnerPage) -> None:
        """What the peer changed is found by its own clock: it is asked for from earlier on where that is behind."""
        behind = crawling.clock_behind(page.said_at, self._platform.clock())
        if behind is not None and behind != (self._peer.detected.clock_behind or 0):
            await self._platform.store.peers.noticed(self._peer.id, Detected(clock_behind=behind))

    async def _first_page(self) -> PartnerPage:
        """Where we are; from the beginning when the Link that we kept leads nowhere any more."""
        try:
            page = await self._page(self.crawl.next_url)
        except PeerError as error:
            if not (self._resumed and crawling.is_gone(error)):
                raise
        else:
            self._resumed = False
            return page
        await self._from_the_beginning()
        return await self._page(None)

    async def _page(self, url: str | None) -> PartnerPage:
        wish = self._wish
        since = self.crawl.since
        params = None if since is None else {"date_from": time.write(since)}
        segments = (wish.kind,) if wish.kind else ()
        tries = 0
        while True:
            try:
                return await self._platform.partners.page(
                    self._peer, wish.module, params, segments, url=url, sender=wish.asker
                )
            except PeerError as error:
                tries += 1
                chance = random.random()  # noqa: S311 - spreads load, hides nothing
                seconds = crawling.wait_before(error, tries, self._back_off, chance)
                if seconds is None or (self._resumed and crawling.is_gone(error)):
                    raise
            await asyncio.sleep(seconds)

    async def _turn(self, page: PartnerPage) -> None:
        """Take what is on a page, and keep where we are."""
        words: Counter[Word] = Counter()
        for body in page.items:
            words[await self._take(body)] += 1
        named = [seen_in(self._wish.module, body) for body in page.items]
        seen = [one for one in named if one is not None]
        before = self.crawl
        told = before.told if page.total is None else page.total
        turned = replace(
            before,
            updated_at=self._platform.clock(),
            pages=before.pages + 1,
            next_url=page.next_url,
            told=told,
            shrunk_in=before.round if (told or 0) < (before.told or 0) else before.shrunk_in,
            received=before.received + len(page.items),
            kept=before.kept + words["kept"],
            known=before.known + words["known"],
            bad=before.bad + words["bad"],
            nameless=before.nameless + len(named) - len(seen),
        )
        self.crawl = await self._platform.store.crawls.turn(turned, seen)
        self._told(self.crawl)

    # ---- what is odd about the list --------------------------------------------------------------------------------

    def _end_of_circle(self) -> None:
        """A Link leads back, or on and on: the end of a list that has all it promised, nonsense otherwise."""
        name = self._wish.kind or self._wish.module
        if self.crawl.told is None or not crawling.has_all(self.crawl.done):
            raise PeerNonsense(f"{self._peer.name}: the Links of {name} never end")
        self._note("Link", "no Link on the last page", "a Link that leads back")

    def _compare_total(self) -> None:
        done = self.crawl
        if done.told is not None and done.told != done.listed + done.nameless:
            self._note("X-Total-Count", "the number of objects in the list", f"{done.told} told, {done.listed} listed")
        if done.repeated:
            self._note("data[]", "each object once in a list", f"{done.repeated} twice")

    def _note(self, place: str, expected: str, found: str) -> None:
        heard.count(
            self._platform, self._peer, FindingKind.LIST, self._wish.module, place=place, expected=expected, found=found
        )
