"""How the mock calls its partner: one request, the token in the encoding that works."""

from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlsplit

import aiohttp

from ocpilot.base.errors import PeerRefused, PeerUnreachable
from ocpilot.base.ids import new_id
from ocpilot.roaming.tokens import encodings_to_try, header_value
from ocpilot.wire import codec
from ocpilot.wire.envelope import Envelope, read_response
from ocpilot.wire.protocol import PROTOCOLS, SUPPORTED, TokenEncoding, Version

_SECONDS = 15.0


@dataclass(frozen=True)
class Caller:
    """Calls in one connection pool."""

    session: aiohttp.ClientSession
    #: The one encoding of tokens to use; None tries both.
    encoding: TokenEncoding | None = None

    async def ask(
        self, method: str, url: str, token: str, version: Version | None = None, body: object = None
    ) -> object:
        """The data of the answer. PeerUnreachable, PeerNonsense, or PeerRefused with what the partner said."""
        usual = PROTOCOLS[version or SUPPORTED[0]].token_encoding
        said = Envelope(status_code=0)
        http = 0
        for encoding in encodings_to_try(self.encoding, usual):
            http, said = await self._exchange(method, url, header_value(token, encoding), body)
            if http != 401:
                break
        if http >= 300 or not said.ok:
            where = f"{method} {urlsplit(url)._replace(query='').geturl()}"
            message = f"{where}: HTTP {http}, status {said.status_code} {said.status_message or ''}".rstrip()
            raise PeerRefused(message, http, said.status_code)
        return said.data

    async def _exchange(self, method: str, url: str, authorization: str, body: object) -> tuple[int, Envelope]:
        headers = {"Authorization": authorization, "X-Request-ID": new_id(), "X-Correlation-ID": new_id()}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else BytesIO(codec.dumps(body))
        try:
            async with self.session.request(
                method, url, data=data, headers=headers, timeout=aiohttp.ClientTimeout(total=_SECONDS)
            ) as response:
                content = await response.read()
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise PeerUnreachable(f"{method} {url}: {type(error).__name__} {error}".rstrip()) from error
        if response.status >= 300:
            return response.status, Envelope(status_code=0, status_message=content[:200].decode("utf-8", "replace"))
        return response.status, read_response(content)
