"""The OCPI client: one typed call, whatever the peer's habits, and never to an inner address."""

import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from io import BytesIO
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
from yarl import URL

from ocpilot.app.peer_records import Peer
from ocpilot.app.ports import Sealing
from ocpilot.app.records import PartnerAnswer
from ocpilot.base import time
from ocpilot.base.errors import NoMatchingEndpoints, PeerNonsense, PeerRefused, PeerTimeout, PeerUnreachable
from ocpilot.base.ids import PartyId, new_id
from ocpilot.base.settings import Settings
from ocpilot.roaming import routing
from ocpilot.roaming.addresses import check_addresses, check_url
from ocpilot.roaming.retry import retry_after_seconds
from ocpilot.roaming.tokens import encodings_to_try, header_value
from ocpilot.wire import envelope
from ocpilot.wire.jsontext import MAX_BYTES
from ocpilot.wire.paging import read_headers
from ocpilot.wire.protocol import PROTOCOLS, InterfaceRole, ModuleID, TokenEncoding, Version
from ocpilot.wire.v230 import Endpoint

#: Seconds for a call outside a registered connection, where no profile says.
_TIMEOUT = 15.0
#: A crawl that gets this many pages has met a peer that never ends.
_MOST_PAGES = 100_000
#: So do so many empty pages in a row: some peers hand out a Link behind the end of a list.
_MOST_EMPTY = 10
_CORRELATION_ID = "X-Correlation-ID"


class HttpPartners:
    """`Partners` over HTTP. One connection pool; use as `async with`, or call `close`."""

    def __init__(self, settings: Settings, sealing: Sealing) -> None:
        self._allow_inner = settings.security.allow_inner_addresses
        self._sealing = sealing
        self._session: aiohttp.ClientSession | None = None
        #: The token encoding that worked, where a profile does not say.
        self._worked: dict[str, TokenEncoding] = {}

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
        self, url: str, token: str, *, encoding: str | None = None, version: Version | None = None
    ) -> PartnerAnswer:
        """One GET outside a registration."""
        return await self._send("GET", url, token, encoding=encoding, version=version)

    async def post_credentials(
        self,
        method: str,
        url: str,
        token: str,
        body: bytes,
        *,
        encoding: str | None = None,
        version: Version | None = None,
    ) -> PartnerAnswer:
        """POST, PUT or DELETE of credentials."""
        return await self._send(method, url, token, encoding=encoding, version=version, body=body or None)

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
        url = _resource_url(peer, module, interface, segments, params or {})
        headers = _routed(peer, module, sender, receiver) | _correlated(correlation_id)
        return await self._to_peer(peer, method, url, body, headers)

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
    ) -> PartnerAnswer:
        """One call to a URL the peer gave us."""
        headers = _routed(peer, None, sender, receiver) | _correlated(correlation_id)
        return await self._to_peer(peer, method, url, body, headers)

    async def pages(
        self,
        peer: Peer,
        module: ModuleID,
        params: Mapping[str, str] | None = None,
        segments: Sequence[str] = (),
        *,
        sender: PartyId | None = None,
    ) -> AsyncIterator[Sequence[object]]:
        """All pages of a peer's Sender interface, following its Links."""
        headers = _routed(peer, module, sender, peer.addressee)
        asked = {"limit": str(peer.profile.page_size), **(params or {})}
        start = _resource_url(peer, module, InterfaceRole.SENDER, segments, asked)
        url: str | None = start
        seen: set[str] = set()
        empty = 0
        while url is not None:
            if url in seen or len(seen) >= _MOST_PAGES or empty >= _MOST_EMPTY:
                raise PeerNonsense(f"{peer.name}: the Links of {module} never end")
            seen.add(url)
            answer = await self._to_peer(peer, "GET", url, None, headers)
            # Some peers write an empty list as null, or leave it out.
            page = [] if answer.data is None else answer.data
            if not isinstance(page, list):
                raise PeerNonsense(f"{peer.name}: {module} returned no list")
            yield page
            empty = 0 if page else empty + 1
            url = _next_page(start, url, answer.headers)

    # ---- one exchange ----------------------------------------------------------------------------------------------

    async def _to_peer(
        self, peer: Peer, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> PartnerAnswer:
        if peer.token_sealed is None:
            raise PeerUnreachable(f"{peer.name} is not registered")
        return await self._send(
            method,
            url,
            self._sealing.open(peer.token_sealed),
            encoding=peer.profile.token_encoding,
            version=peer.version,
            body=body,
            headers=headers,
            seconds=peer.profile.timeout_seconds,
        )

    async def _send(
        self,
        method: str,
        url: str,
        token: str,
        *,
        encoding: str | None = None,
        version: Version | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = _TIMEOUT,
    ) -> PartnerAnswer:
        """Try the token encodings in turn; a 401 was not processed, so the second try is safe for every method."""
        check_url(url, allow_inner=self._allow_inner)
        host = urlsplit(url).netloc
        usual = TokenEncoding.BASE64 if version is None else PROTOCOLS[version].token_encoding
        encodings = encodings_to_try(encoding, self._worked.get(host, usual))
        for attempt, chosen in enumerate(encodings, 1):
            sent = {**(headers or {}), "Authorization": header_value(token, chosen)}
            try:
                answer = await self._exchange(method, url, sent, body, seconds)
            except PeerRefused as error:
                if error.http == 401 and attempt < len(encodings):
                    continue
                raise
            self._worked[host] = chosen
            return answer
        raise PeerRefused(f"{method} {host}: HTTP 401", 401, None)

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> PartnerAnswer:
        own = {"X-Request-ID": new_id(), _CORRELATION_ID: headers.get(_CORRELATION_ID) or new_id()}
        sent = {**headers, **own, "Accept": "application/json"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        where = f"{method} {urlsplit(url)._replace(query='').geturl()}"
        try:
            async with self._pool().request(
                method,
                URL(url, encoded=True),
                data=None if body is None else BytesIO(body),
                headers=sent,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds),
            ) as response:
                data = await _limited(response, where)
        except (TimeoutError, aiohttp.ClientError, ssl.SSLError, OSError) as error:
            late = isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError)
            kind = PeerTimeout if late else PeerUnreachable
            raise kind(f"{where}: {type(error).__name__} {error}".rstrip()) from error
        except ValueError as error:
            raise PeerNonsense(f"{where}: {error}") from error
        return _answer(where, response.status, response.headers, data)

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=200, limit_per_host=32, socket_factory=self._socket)
            self._session = aiohttp.ClientSession(
                connector=connector, auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session

    def _socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """The moment of connecting, with the address that will be used: a name cannot mean another one any more."""
        family, kind, protocol, _, target = address
        check_addresses("connection", [str(target[0])], allow_inner=self._allow_inner)
        return socket.socket(family, kind, protocol)


async def _limited(response: aiohttp.ClientResponse, where: str) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        data += chunk
        if len(data) > MAX_BYTES:
            raise PeerNonsense(f"{where}: the answer is larger than {MAX_BYTES} bytes")
    return bytes(data)


def _answer(where: str, http: int, headers: Mapping[str, str], data: bytes) -> PartnerAnswer:
    """What the peer said; PeerRefused for an error of HTTP or OCPI, PeerNonsense for what is no OCPI."""
    retry_after = retry_after_seconds(headers.get("Retry-After"), time.now())
    try:
        said = envelope.read_response(data)
    except PeerNonsense as error:
        if http >= 300:
            raise PeerRefused(f"{where}: HTTP {http}", http, None, retry_after) from error
        if data.strip():
            raise PeerNonsense(f"{where}: {error}") from error
        said = envelope.Envelope(status_code=envelope.SUCCESS)
    if http >= 300 or not said.ok:
        message = f"{where}: HTTP {http}, status {said.status_code} {said.status_message or ''}".rstrip()
        raise PeerRefused(message, http, said.status_code, retry_after, said.status_message)
    return PartnerAnswer(
        http_status=http,
        status_code=said.status_code,
        status_message=said.status_message,
        data=said.data,
        headers=headers,
    )


def _routed(peer: Peer, module: ModuleID | None, sender: PartyId | None, receiver: PartyId | None) -> dict[str, str]:
    """The routing headers of a request, where this peer and module (None: a URL it gave us) have them."""
    knows = peer.version is None or PROTOCOLS[peer.version].routing_headers
    if not (knows and peer.profile.routing_headers) or module in routing.UNROUTED:
        return {}
    return routing.headers(routing.Route(sender=sender, receiver=receiver))


def _correlated(correlation_id: str | None) -> dict[str, str]:
    """The id of the message that is passed on (transport_and_format, "Unique message IDs"); a new one otherwise."""
    return {} if correlation_id is None else {_CORRELATION_ID: correlation_id}


def _resource_url(
    peer: Peer, module: ModuleID, interface: InterfaceRole, segments: Sequence[str], params: Mapping[str, str]
) -> str:
    base = _endpoint(peer, module, interface).url.rstrip("/")
    path = "/".join([base, *(quote(segment, safe="") for segment in segments)])
    slash = "/" if peer.profile.trailing_slash else ""
    return f"{path}{slash}?{urlencode(params)}" if params else path + slash


def _endpoint(peer: Peer, module: ModuleID, interface: InterfaceRole) -> Endpoint:
    for endpoint in peer.endpoints:
        if endpoint.identifier == module and (endpoint.role is interface or module is ModuleID.CREDENTIALS):
            return endpoint
    raise NoMatchingEndpoints(f"{peer.name} offers no {module} {interface.lower()} interface")


def _next_page(start: str, url: str, headers: Mapping[str, str]) -> str | None:
    """Where the Link of a page leads. PeerNonsense when that is no URL: the list must not seem to end there."""
    try:
        return _same_place(start, read_headers(headers, url).next_url)
    except ValueError as error:
        raise PeerNonsense(f"the Link of {url} is no URL: {error}") from error


def _same_place(start: str, following: str | None) -> str | None:
    """The next page, which must be where the first one was: our token goes nowhere else.

    Behind a proxy, Links name the scheme and port inside; those of the first page are the ones that work.
    """
    if following is None:
        return None
    here, there = urlsplit(start), urlsplit(following)
    if there.hostname != here.hostname:
        raise PeerNonsense(f"the Link of {start} leads to another host: {following}")
    return there._replace(scheme=here.scheme, netloc=here.netloc).geturl()
