"""A whole run: discovery, registration, every interface of every version asked for, and away again."""

import asyncio
import socket
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

from ocpilot.base.errors import NoMatchingEndpoints, PeerError, PeerRefused, UnsupportedVersion
from ocpilot.base.ids import PartyId
from ocpilot.check import registration, rules
from ocpilot.check.desk import Desk, Talk
from ocpilot.check.exchange import Line, Unanswered
from ocpilot.check.partner import Us, listening
from ocpilot.check.registration import Offer
from ocpilot.check.tour import Visit, absent, sides, visit
from ocpilot.check.verdicts import Book
from ocpilot.roaming.offers import Interface
from ocpilot.wire.protocol import PROTOCOLS, SUPPORTED, InterfaceRole, ModuleID, Version

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to check, and how. `versions` empty: the newest one offered; `every`: all that are offered, in turn."""

    url: str
    token_a: str = field(repr=False)
    version: Version | None = None
    every: bool = False
    party: PartyId = field(default_factory=lambda: PartyId("SE", "CHK"))
    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""
    #: Seconds an answer may take, a result of a command may take, HTTP 429 is obeyed, and a replaced token may live.
    answer_seconds: float = 15.0
    result_seconds: float = 30.0
    patience: float = 60.0
    token_seconds: float = 20.0
    keep: bool = False


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of a plan."""

    book: Book
    url: str
    versions: Sequence[Version]
    requests: int
    seconds: float
    #: Why it could not take place or ended early.
    stopped: str | None = None


async def check(plan: Plan, say: Say) -> Run:
    """The run of a plan; `say` gets a line for each thing that begins.

    A platform that cannot be spoken with is no error but `Run.stopped`. OSError when our port is taken.
    """
    started, book = clock.monotonic(), Book()
    with socket.create_server((plan.host, plan.port)) as bound:
        # Connections inherit it; without it each of our answers waits for an acknowledgement.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        base_url = plan.public_url.rstrip("/") or f"http://{plan.host}:{bound.getsockname()[1]}"
        us = Us(base_url=base_url, party=plan.party)
        jar = aiohttp.DummyCookieJar()
        async with listening(us, bound), aiohttp.ClientSession(cookie_jar=jar) as session:
            line = Line(session=session, seconds=plan.answer_seconds, patience=plan.patience)
            talk = _talk(plan, line, book, us)
            checker = _Checker(plan, talk, say)
            stopped = await checker.run()
    return Run(
        book=book,
        url=plan.url,
        versions=checker.versions,
        stopped=stopped,
        requests=line.requests,
        seconds=clock.monotonic() - started,
    )


def _talk(plan: Plan, line: Line, book: Book, us: Us) -> Talk:
    version = plan.version or SUPPORTED[0]
    return Talk(
        line=line, book=book, us=us, token=plan.token_a, encoding=PROTOCOLS[version].token_encoding, version=version
    )


class _Checker:
    """The steps of one run."""

    def __init__(self, plan: Plan, talk: Talk, say: Say) -> None:
        self._plan, self._talk, self._say = plan, talk, say
        self._credentials: Desk | None = None
        self.versions: list[Version] = []

    async def run(self) -> str | None:
        """All versions asked for, one after the other; why it ended early, if it did."""
        try:
            await self._run()
        except (Unanswered, PeerError, UnsupportedVersion, NoMatchingEndpoints) as error:
            return str(error)
        return None

    async def _run(self) -> None:
        self._say(f"versions of {self._plan.url}")
        offered = await registration.read_versions(self._talk.desk("versions", self._plan.url))
        first = registration.choose(offered, self._plan.version)
        self.versions = list(offered) if self._plan.every else [first]
        try:
            for version in self.versions:
                await self._in_version(version, offered[version], first=version is self.versions[0])
        finally:
            await self._leave()

    async def _in_version(self, version: Version, url: str, *, first: bool) -> None:
        talk = self._talk
        registration.talk_in(talk, version)
        self._say(f"{version}: registration")
        offers = await registration.read_details(talk.desk("versions", url))
        talk.us.roles = registration.roles_for(offers)
        home = next(one for one in offers if one.module is ModuleID.CREDENTIALS)
        credentials = talk.desk("credentials", home.url)
        functional = [one for one in offers if one.module is not ModuleID.CREDENTIALS]
        if not functional:
            credentials.judge(rules.DETAILS, "no endpoint besides credentials")
            raise NoMatchingEndpoints(f"{url}: no endpoint besides credentials, so there is nothing to check")
        await self._register(credentials, functional, first=first)
        known = await sides(talk, functional)
        talk.book.absent += absent(credentials, [interface for interface, _ in known])
        for interface, desk in known:
            self._say(f"{version}: {desk.subject}")
            await visit(Visit(desk=desk, interface=interface, seconds=self._plan.result_seconds))
        await self._renew(credentials, known)

    async def _register(self, credentials: Desk, functional: list[Offer], *, first: bool) -> None:
        """With the first version by POST, with others by the PUT that changes to them."""
        one = functional[0]
        desk = self._talk.interface(one.module, one.role or InterfaceRole.SENDER, one.url)
        token_a = self._plan.token_a
        if first:
            await registration.check_token(desk, token_a, rules.TOKEN_A_LIMITED)
            await registration.check_before(credentials)
            await registration.register(credentials, token_a)
            self._credentials = credentials
            await registration.check_token(desk, token_a, rules.TOKEN_A_LIMITED)
        else:
            await registration.renew(credentials)
            self._credentials = credentials

    async def _renew(self, credentials: Desk, known: list[tuple[Interface, Desk]]) -> None:
        """New tokens, after which the old one opens nothing that matters."""
        try:
            old = await registration.renew(credentials)
        except PeerRefused:
            return
        desk = known[0][1]
        text = f"{self._talk.version}: waiting until the replaced token ends"
        await registration.await_end(desk, old, self._plan.token_seconds, lambda: self._say(text))
        await registration.check_token(desk, old, rules.OLD_TOKEN)

    async def _leave(self) -> None:
        """Unregister, unless we are to stay."""
        if self._credentials is None or self._plan.keep:
            return
        self._say("unregistering")
        try:
            async with asyncio.timeout(4 * self._plan.answer_seconds):
                await registration.unregister(self._credentials, self._plan.url)
        except (Unanswered, TimeoutError) as error:
            self._credentials.skip(f"no answer: {error}", rules.DEAD_TOKEN)
