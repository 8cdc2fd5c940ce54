"""The OCPI client: one typed call, whatever the peer's habits, and never to an inner address."""

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from time import perf_counter
from types import TracebackType
from typing import Self

import aiohttp
from msgspec.structs import replace

from ocpilot.app.kept.peer_records import Detected, Peer
from ocpilot.app.kept.records import PartnerAnswer, PartnerPage
from ocpilot.app.logs.message_log import MessageLog
from ocpilot.app.logs.message_rows import VERSIONS, Exchanged
from ocpilot.app.ports import Sealing
from ocpilot.base.errors import OcpilotError, PeerNonsense, PeerRefused, PeerTimeout, PeerUnreachable
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import Logged, LogSettings, Settings
from ocpilot.http.answers import answer_of, limited
from ocpilot.http.asking import Ask, host_of
from ocpilot.http.outward import in_words, outward_session
from ocpilot.http.peer_urls import checked, has_slash, page_of, resource_url, same_place
from ocpilot.roaming import routing, ways
from ocpilot.roaming.tokens import header_value
from ocpilot.wire.protocol import PROTOCOLS, InterfaceRole, ModuleID, TokenEncoding, Version

#: Bytes of a body that aiohttp rather sends in pieces.
_LARGE = 2**19
_timeout = lru_cache(maxsize=64)(aiohttp.ClientTimeout)


async def _forget(_: int, __: Detected) -> None:
    """Nobody wants to know what is found out about a peer."""


class HttpPartners:
    """`Partners` over HTTP. One connection pool; use as `async with`, or call `close`.

    `noticed` is told what is found out about how a peer talks (`Peers.noticed`); every exchange is added to `messages`.
    """

    def __init__(
        self,
        settings: Settings,
        sealing: Sealing,
        messages: MessageLog | None = None,
        noticed: Callable[[int, Detected], Awaitable[None]] = _forget,
    ) -> None:
        self._messages = messages or MessageLog(LogSettings(messages=Logged.NONE))
        self._allow_inner = settings.security.allow_inner_addresses
        self._sealing = sealing
        self._session: aiohttp.ClientSession | None = None
        self._noticed = noticed
        #: The token encoding that worked, where a profile does not say.
        self._worked: dict[str, TokenEncoding] = {}
        #: What worked in calls to a peer: whether URLs of its endpoints, and those below them, end with a slash.
        self._slashes: dict[tuple[int, bool], bool] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    # ---- Partners --------------------------------------------------------------------------------------------------

    async def get(
        self,
        url: str,
        token: str,
        *,
        encoding: str | None = None,
        version: Version | None = None,
        peer: Peer | None = None,
    ) -> PartnerAnswer:
        """One GET outside a registration."""
        ask = Ask(method="GET", url=url, version=version, module=VERSIONS, peer_id=peer.id if peer else 0)
        return await self._outside(ask, token, encoding)

    async def post_credentials(
        self,
        method: str,
        url: str,
        token: str,
        body: bytes,
        *,
        encoding: str | None = None,
        version: Version | None = None,
        peer: Peer | None = None,
    ) -> PartnerAnswer:
        """POST, PUT or DELETE of credentials."""
        ask = Ask(
            method=method,
            url=url,
            body=body or None,
            version=version,
            module=ModuleID.CREDENTIALS,
            peer_id=peer.id if peer else 0,
        )
        return await self._outside(ask, token, encoding)

    async def call(
        self,
        peer: Peer,
        method: str,
        module: ModuleID,
        interface: InterfaceRole,
        segments: Sequence[str] = (),
        *,
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
        sender: PartyId | None = None,
        receiver: PartyId | None = None,
        correlation_id: str | None = None,
    ) -> PartnerAnswer:
        """One call to a module of a registered peer."""
        ask = Ask(
            method=method,
            url=resource_url(peer, module, interface, segments, params or {}),
            body=body,
            module=module,
            interface=interface,
            segments=segments,
            route=_route(peer, module, sender, receiver),
            correlation_id=correlation_id,
        )
        return await self._to_peer(peer, ask)

    async def call_url(
        self,
        peer: Peer,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        sender: PartyId | None = None,
        receiver: PartyId | None = None,
        correlation_id: str | None = None,
        replay_of: int | None = None,
    ) -> PartnerAnswer:
        """One call to a URL the peer gave us."""
        ask = Ask(
            method=method,
            url=url,
            body=body,
            route=_route(peer, None, sender, receiver),
            correlation_id=correlation_id,
            replay_of=replay_of,
        )
        return await self._to_peer(peer, ask, given=True)

    async def page(
        self,
        peer: Peer,
        module: ModuleID,
        params: Mapping[str, str] | None = None,
        segments: Sequence[str] = (),
        *,
        url: str | None = None,
        sender: PartyId | None = None,
    ) -> PartnerPage:
        """One page of a peer's Sender interface, the first or the one that a Link leads to."""
        asked = {"limit": str(peer.profile.page_size), **(params or {})}
        start = resource_url(peer, module, InterfaceRole.SENDER, segments, asked)
        here = start if url is None else same_place(start, url)
        ask = Ask(
            method="GET",
            url=here,
            module=module,
            interface=InterfaceRole.SENDER,
            segments=segments,
            route=_route(peer, module, sender, peer.addressee),
            listed=True,
        )
        answer = await self._to_peer(peer, ask, given=url is not None)
        # Some peers write an empty list as null, or leave it out.
        items = [] if answer.data is None else answer.data
        if not isinstance(items, list):
            raise PeerNonsense(f"{peer.name}: {module} returned no list")
        return replace(page_of(start, here, items, answer.headers), said_at=answer.said_at)

    # ---- one exchange ----------------------------------------------------------------------------------------------

    async def _outside(self, ask: Ask, token: str, encoding: str | None) -> PartnerAnswer:
        """A request before a registration, or about it: the URL is as it was given, only its slash may be wrong."""
        usual = TokenEncoding.BASE64 if ask.version is None else PROTOCOLS[ask.version].token_encoding
        host = host_of(ask.url)
        way = ways.Way(
            encoding=TokenEncoding(encoding) if encoding else self._worked.get(host, usual), slash=has_slash(ask.url)
        )
        answer, used = await self._send(ask, token, way, ways.Fixed(encoding=encoding is not None, slash=False))
        self._worked[host] = used.encoding
        return answer

    async def _to_peer(self, peer: Peer, ask: Ask, *, given: bool = False) -> PartnerAnswer:
        """A call to a registered peer. `given`: the URL is one that it gave us, and stays as it is."""
        if peer.token_sealed is None:
            raise PeerUnreachable(f"{peer.name} is not registered")
        ask = replace(ask, peer_id=peer.id, version=peer.version, seconds=peer.profile.timeout_seconds)
        host = host_of(ask.url)
        way = ways.Way(
            encoding=self._encoding(peer, host), slash=has_slash(ask.url) if given else self._slash(peer, ask)
        )
        fixed = ways.Fixed(
            encoding=peer.profile.token_encoding is not None, slash=given or peer.profile.trailing_slash is not None
        )
        settled = not self._slashes.keys().isdisjoint(((peer.id, True), (peer.id, False)))
        answer, used = await self._send(ask, self._sealing.open(peer.token_sealed), way, fixed, settled=settled)
        self._worked[host] = used.encoding
        if not given:
            self._slashes[peer.id, bool(ask.segments)] = used.slash
        if used != way:
            await self._remember(peer, way, used)
        return answer

    def _encoding(self, peer: Peer, host: str) -> TokenEncoding:
        usual = TokenEncoding.BASE64 if peer.version is None else PROTOCOLS[peer.version].token_encoding
        if peer.profile.token_encoding is not None:
            return peer.profile.token_encoding
        return self._worked.get(host) or peer.detected.token_encoding or usual

    def _slash(self, peer: Peer, ask: Ask) -> bool:
        """Some frameworks want one after an endpoint, and none after an object below it."""
        if peer.profile.trailing_slash is not None:
            return peer.profile.trailing_slash
        return self._slashes.get((peer.id, bool(ask.segments)), bool(peer.detected.trailing_slash))

    async def _remember(self, peer: Peer, first: ways.Way, used: ways.Way) -> None:
        """What had to be found out, or is not what was found out before."""
        found = Detected(
            token_encoding=used.encoding if used.encoding is not first.encoding else None,
            trailing_slash=used.slash if used.slash is not first.slash else None,
        )
        await self._noticed(peer.id, found)

    async def _send(
        self, ask: Ask, token: str, first: ways.Way, fixed: ways.Fixed, *, settled: bool = False
    ) -> tuple[PartnerAnswer, ways.Way]:
        """Try one way after the other, as their answers tell (`roaming/ways.py`). `settled`: URLs of this peer have
        worked as they are, so an unknown one is no sign."""
        tried = [first]
        while True:
            way = tried[-1]
            try:
                answer = await self._exchange(ask.written(way.url(ask.url)), token, way.encoding)
            except PeerRefused as error:
                following = ways.another(tried, error, fixed, settled=settled)
                if following is None:
                    raise
                tried.append(following)
            else:
                return answer, way

    async def _exchange(self, ask: Ask, token: str, encoding: TokenEncoding) -> PartnerAnswer:
        """One request and its answer, which goes into the message log whatever comes of it."""
        sent = ask.sent(header_value(token, encoding))
        noted, started = ask.noted(sent, token), perf_counter()
        try:
            return answer_of(ask, await self._fetch(ask, sent, noted), noted, encoding)
        except OcpilotError as error:
            if not isinstance(error, PeerRefused):
                noted.error = str(error)
            raise
        except BaseException as error:
            # Whoever waited for it was cancelled.
            noted.error = f"given up before there was an answer ({type(error).__name__})"
            raise
        finally:
            noted.seconds = perf_counter() - started
            self._messages.add(noted)

    async def _fetch(self, ask: Ask, sent: Mapping[str, str], noted: Exchanged) -> Mapping[str, str]:
        """Send it; the headers of the answer, the rest of which stands in `noted`."""
        url = checked(ask.url, allow_inner=self._allow_inner)
        try:
            response = await self._pool().request(
                ask.method,
                url,
                data=ask.body if ask.body is None or len(ask.body) < _LARGE else BytesIO(ask.body),
                headers=sent,
                allow_redirects=False,
                timeout=_timeout(ask.seconds),
            )
            noted.request_headers = response.request_info.headers
            noted.http_status, noted.response_headers = response.status, response.raw_headers
            noted.response_body = await limited(response, ask)
            return response.headers
        except (TimeoutError, aiohttp.ClientError, ssl.SSLError, OSError) as error:
            late = isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError)
            kind = PeerTimeout if late else PeerUnreachable
            raise kind(f"{ask.where}: {in_words(error)}") from error
        except ValueError as error:
            raise PeerNonsense(f"{ask.where}: {error}") from error

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = outward_session(allow_inner=self._allow_inner)
        return self._session


def _route(peer: Peer, module: ModuleID | None, sender: PartyId | None, receiver: PartyId | None) -> routing.Route:
    """What the routing headers of a request say, where this peer and module (None: a URL it gave us) have them."""
    knows = peer.version is None or PROTOCOLS[peer.version].routing_headers
    if not (knows and peer.profile.routing_headers) or module in routing.UNROUTED:
        return routing.DIRECT
    return routing.Route(sender=sender, receiver=receiver)
