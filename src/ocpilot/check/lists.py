"""Lists of Sender interfaces: pages, filters, and every object in them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ocpilot.base import time
from ocpilot.base.ids import fold
from ocpilot.check import rules
from ocpilot.check.desk import Desk
from ocpilot.check.exchange import Answer
from ocpilot.check.objects import judge_object
from ocpilot.wire.codec import Body
from ocpilot.wire.fields import Wire
from ocpilot.wire.paging import PageHeaders, read_headers

#: Objects of a list that are looked at; a longer list is judged by its beginning.
MOST = 1000
#: Pages a whole list is cut into, so that there are Links to follow.
_PAGES = 4
#: Links do not end when so many pages come behind the last object, full or empty.
_SPARE = 5

_ALL = (
    rules.LIST,
    rules.TOTAL_HEADER,
    rules.LIMIT_HEADER,
    rules.LIMIT,
    rules.LIMIT_CAP,
    rules.LINK,
    rules.LINK_END,
    rules.OFFSET,
    rules.TOTAL,
    rules.COMPLETE,
    rules.ONCE,
    rules.LINK_FILTERS,
    rules.DATE_FROM,
    rules.DATE_TO,
    rules.BAD_PARAMETER,
    rules.VALID,
)


@dataclass(frozen=True)
class Listed:
    """What a list holds: a kind of objects below `segments`, each named by these fields."""

    cls: type[Wire]
    names: tuple[str, ...] = ("country_code", "party_id", "id")
    segments: tuple[str, ...] = ()

    def key(self, body: Body) -> tuple[str, ...]:
        """What tells an object from all others of the list."""
        return tuple(fold(str(body.get(name))) for name in self.names)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list."""

    answer: Answer
    items: Sequence[object]
    headers: PageHeaders

    @property
    def bodies(self) -> list[Body]:
        """The objects of the page; what is none is not valid anyway."""
        return [one for one in self.items if isinstance(one, dict)]


@dataclass(frozen=True, kw_only=True)
class Crawl:
    """A list from its first page to its last. `whole`: it ended by itself."""

    pages: Sequence[Page]
    whole: bool
    endless: bool

    @property
    def bodies(self) -> list[Body]:
        """All objects in the order of their pages."""
        return [body for page in self.pages for body in page.bodies]


async def check_list(desk: Desk, listed: Listed) -> list[Body]:
    """Judge a list by all rules; returns its objects (at most `MOST`)."""
    first = await _page(desk, listed, {})
    if first is None:
        desk.skip("there is no list", *(rule for rule in _ALL if rule is not rules.LIST))
        return []
    _judge_headers(desk, first)
    total = first.headers.total if first.headers.total is not None else len(first.bodies)
    limit = _limit_of(first, total)
    crawl = await _crawl(desk, listed, {"limit": str(limit)}, limit, first.headers.total)
    await _judge_crawl(desk, listed, crawl)
    bodies = list({listed.key(body): body for body in crawl.bodies}.values())[:MOST]
    for page in crawl.pages:
        for item in page.items:
            judge_object(desk, listed.cls, item, page.answer)
    await _check_limits(desk, listed, bodies)
    await _check_dates(desk, listed, crawl)
    await _check_bad_parameters(desk, listed)
    return bodies


def _limit_of(first: Page, total: int) -> int:
    """So small that there are several pages, so large that there are not hundreds."""
    most = first.headers.limit or max(len(first.bodies), 1)
    return max(1, min(most, -(-total // _PAGES) if total <= MOST else most))


async def _page(desk: Desk, listed: Listed, params: Mapping[str, str], url: str | None = None) -> Page | None:
    """One page, None when the answer holds no list."""
    answer = await desk.ask("GET", *listed.segments, params=params, url=url)
    data = answer.data
    right = answer.ok and (isinstance(data, list) or data is None) and "data" in answer.envelope
    if not desk.expect(rules.LIST, right, f"{answer.said}, data: {type(data).__name__}", answer):
        return None
    items = data if isinstance(data, list) else []
    return Page(answer=answer, items=items, headers=read_headers(answer.headers, answer.url))


def _judge_headers(desk: Desk, page: Page) -> None:
    headers = page.headers
    total, limit = page.answer.header("X-Total-Count"), page.answer.header("X-Limit")
    desk.expect(rules.TOTAL_HEADER, headers.total is not None, f"found {total}, expected a number", page.answer)
    desk.expect(rules.LIMIT_HEADER, headers.limit is not None, f"found {limit}, expected a number", page.answer)
    if headers.limit is not None:
        wrong = f"X-Limit is {headers.limit}, the page has {len(page.items)} objects"
        desk.expect(rules.LIMIT_CAP, len(page.items) <= headers.limit, wrong, page.answer)


async def _crawl(desk: Desk, listed: Listed, params: Mapping[str, str], limit: int, expected: int | None) -> Crawl:
    """All pages, following the Links as they are, until they end, or clearly do not."""
    most = MOST if expected is None or expected > MOST else expected + _SPARE * limit
    pages: list[Page] = []
    seen: set[str] = set()
    url: str | None = None
    while sum(len(page.items) for page in pages) < most:
        page = await _page(desk, listed, params, url)
        if page is None:
            return Crawl(pages=pages, whole=False, endless=False)
        pages.append(page)
        wrong = f"asked for {limit}, found {len(page.items)}"
        desk.expect(rules.LIMIT, len(page.items) <= limit, wrong, page.answer)
        url = page.headers.next_url
        if url is None:
            return Crawl(pages=pages, whole=True, endless=False)
        if not desk.is_here(url):
            desk.skip(f"the Link leads to another host, where our token does not go: {url}", rules.LINK_END)
            return Crawl(pages=pages, whole=False, endless=False)
        if url in seen or (len(pages) >= _SPARE and not any(page.items for page in pages[-_SPARE:])):
            return Crawl(pages=pages, whole=False, endless=True)
        seen.add(url)
    return Crawl(pages=pages, whole=False, endless=expected is not None and expected <= MOST)


# ---- the whole list ------------------------------------------------------------------------------------------------


async def _judge_crawl(desk: Desk, listed: Listed, crawl: Crawl) -> None:
    if not crawl.pages:
        return
    last = crawl.pages[-1].answer
    many = f"{len(crawl.pages)} pages and still a Link behind the last object"
    desk.expect(rules.LINK_END, not crawl.endless, many, last)
    keys = [listed.key(body) for body in crawl.bodies]
    twice = [key for key, times in Counter(keys).items() if times > 1]
    named = "/".join(twice[0]) if twice else ""
    if not crawl.endless:
        desk.expect(rules.ONCE, not twice, f"{len(twice)} objects came more than once, such as {named}", last)
    totals = {page.headers.total for page in crawl.pages}
    counted = (rules.TOTAL, rules.COMPLETE, rules.LINK)
    if not crawl.whole:
        desk.skip(f"the list does not end, or has more than {MOST} objects", *counted)
    elif None in totals:
        desk.skip("there is no X-Total-Count", *counted)
    elif len(totals) > 1:
        desk.skip("the list changed while it was read", *counted)
    else:
        await _judge_numbers(desk, listed, crawl, set(keys), max(total or 0 for total in totals))


async def _judge_numbers(desk: Desk, listed: Listed, crawl: Crawl, keys: set[tuple[str, ...]], total: int) -> None:
    """Fewer objects than the total: a Link is missing, an object is lost, or the total is wrong."""
    last = crawl.pages[-1].answer
    received = len(crawl.bodies)
    wrong = f"{len(keys)} different objects came, X-Total-Count is {total}"
    if len(keys) >= total:
        desk.expect(rules.TOTAL, len(keys) == total, wrong, last)
        desk.judge(rules.COMPLETE, None)
        desk.judge(rules.LINK, None)
        return
    following = await _page(desk, listed, {"offset": str(received), "limit": "1"})
    if following is not None and any(listed.key(body) not in keys for body in following.bodies):
        desk.judge(rules.LINK, f"no Link after {received} objects, though there is one at offset {received}", last)
        return
    at_end = await _page(desk, listed, {"offset": str(total - 1), "limit": "1"})
    there = at_end is not None and bool(at_end.bodies)
    desk.judge(rules.COMPLETE if there else rules.TOTAL, wrong, last)


# ---- limits and dates ----------------------------------------------------------------------------------------------


async def _check_limits(desk: Desk, listed: Listed, bodies: Sequence[Body]) -> None:
    huge = await _page(desk, listed, {"limit": "1000000"})
    if huge is not None:
        _judge_headers(desk, huge)
    if len(bodies) < 2:
        desk.skip("the list has fewer than two objects", rules.LIMIT, rules.OFFSET)
        return
    second = await _page(desk, listed, {"offset": "1", "limit": "1"})
    if second is None:
        return
    found = [listed.key(body) for body in second.bodies]
    desk.expect(rules.LIMIT, len(found) <= 1, f"asked for 1, found {len(found)}", second.answer)
    wanted = listed.key(bodies[1])
    wrong = f"at offset 1 found {found[:1]}, the second object of the list is {wanted}"
    desk.expect(rules.OFFSET, found[:1] == [wanted], wrong, second.answer)


async def _check_dates(desk: Desk, listed: Listed, crawl: Crawl) -> None:
    """At the moment of an object in the middle of the list."""
    dated = [(moment, body) for body in crawl.bodies if (moment := _changed(body)) is not None]
    if not dated:
        reason = "no object says when it changed" if crawl.bodies else "the list is empty"
        desk.skip(reason, rules.DATE_FROM, rules.DATE_TO, rules.LINK_FILTERS)
        return
    middle = sorted(moment for moment, _ in dated)[len(dated) // 2]
    since = {listed.key(body) for moment, body in dated if moment >= middle}
    text, limit = time.write(middle), -(-len(since) // 2)
    crawled = await _crawl(desk, listed, {"date_from": text, "limit": str(limit)}, limit, len(since))
    _judge_early(desk, crawled, middle)
    all_came = crawled.whole and crawled.pages[-1].headers.total == len(crawled.bodies)
    if all_came and crawl.whole and desk.talk.row.closed_date_from:
        missing = since - {listed.key(body) for body in crawled.bodies}
        some = "/".join(sorted(missing)[0]) if missing else ""
        wrong = f"{len(missing)} objects that changed at {text} or later did not come, such as {some}"
        desk.expect(rules.DATE_FROM, not missing, wrong, crawled.pages[0].answer)
    page = await _page(desk, listed, {"date_to": text})
    if page is not None:
        after = [body for body in page.bodies if not _before(desk, _changed(body), middle)]
        wrong = f"{len(after)} objects came that changed at {text} or later"
        desk.expect(rules.DATE_TO, not after, wrong, page.answer)


def _judge_early(desk: Desk, crawled: Crawl, middle: datetime) -> None:
    """What is too early on the first page is date_from's fault, later on that of the Links."""
    for index, page in enumerate(crawled.pages):
        early = [body for body in page.bodies if (_changed(body) or middle) < middle]
        wrong = f"{len(early)} objects came that changed before {time.write(middle)}"
        desk.expect(rules.LINK_FILTERS if index else rules.DATE_FROM, not early, wrong, page.answer)
        if early:
            return
    if len(crawled.pages) < 2:
        desk.skip("what changed since fits on one page", rules.LINK_FILTERS)


def _before(desk: Desk, moment: datetime | None, end: datetime) -> bool:
    """Whether `date_to` lets it pass; 2.1.1 leaves the very moment open."""
    return moment is None or moment < end or (moment == end and not desk.talk.row.closed_date_from)


def _changed(body: Body) -> datetime | None:
    try:
        return time.parse(str(body.get("last_updated")))
    except ValueError:
        return None


async def _check_bad_parameters(desk: Desk, listed: Listed) -> None:
    for params in ({"limit": "many"}, {"date_from": "yesterday"}):
        answer = await desk.ask("GET", *listed.segments, params=params)
        wrong = f"{answer.said}, expected status 2001"
        desk.expect(rules.BAD_PARAMETER, answer.code == 2001, wrong, answer)
