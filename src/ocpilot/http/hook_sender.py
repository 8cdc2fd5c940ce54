"""The network of web hooks: one POST, under the SSRF rule, of which little is read."""

import ssl
from collections.abc import Mapping
from io import BytesIO
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from ocpilot.app.kept.hook_ports import HookAnswer
from ocpilot.base import time
from ocpilot.base.errors import PeerUnreachable
from ocpilot.base.settings import Settings
from ocpilot.http.outward import in_words, outward_session
from ocpilot.roaming.addresses import check_url
from ocpilot.roaming.retry import retry_after_seconds

#: Seconds an answer may take, and bytes of it that are read so that the connection can be used again.
_TIMEOUT = 10.0
_MOST_READ = 16 * 1024


class HttpHooks:
    """`app.kept.hook_ports.HookSender`. Use as `async with`."""

    def __init__(self, settings: Settings, seconds: float = _TIMEOUT) -> None:
        self._allow_inner = settings.security.allow_inner_addresses
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> HookAnswer:
        """See the port."""
        check_url(url, allow_inner=self._allow_inner)
        if self._session is None:
            self._session = outward_session(allow_inner=self._allow_inner)
        where = f"POST {urlsplit(url)._replace(query='').geturl()}"
        try:
            async with self._session.post(
                URL(url, encoded=True),
                data=BytesIO(body),
                headers=headers,
                allow_redirects=False,
                timeout=self._timeout,
            ) as response:
                # A longer answer is left unread, which closes its connection.
                await response.content.read(_MOST_READ)
                after = retry_after_seconds(response.headers.get("Retry-After"), time.now())
                return HookAnswer(http_status=response.status, retry_after=after)
        except (TimeoutError, aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
            raise PeerUnreachable(f"{where}: {in_words(error)}") from error
