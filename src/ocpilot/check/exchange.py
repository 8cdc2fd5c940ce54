"""One request to the platform and its answer, raw: what a rule can be judged on, and the evidence."""

import asyncio
import time as clock
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

import aiohttp
from yarl import URL

from ocpilot.base import time
from ocpilot.base.errors import BadJson, OcpilotError, TooLarge
from ocpilot.base.ids import new_id
from ocpilot.check.verdicts import Evidence
from ocpilot.roaming.retry import retry_after_seconds
from ocpilot.roaming.tokens import header_value
from ocpilot.wire import codec
from ocpilot.wire.protocol import TokenEncoding

REQUEST_ID = "X-Request-ID"
CORRELATION_ID = "X-Correlation-ID"
#: Characters of a body in the evidence.
_SHOWN = 2000
#: Headers of a response that rules look at.
_TELLING = ("content-type", "link", "x-total-count", "x-limit", "location", "allow", "retry-after")


class Unanswered(OcpilotError):
    """No answer that could be judged: no connection, a time-out, or HTTP 429 for too long."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response. `json` is None when the body is no JSON."""

    method: str
    url: str
    sent: Mapping[str, str] = field(repr=False)
    sent_body: bytes | None = field(repr=False)
    http: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    json: object = field(repr=False)

    @property
    def envelope(self) -> Mapping[str, object]:
        """The members of the answer; none when it is no object."""
        return self.json if isinstance(self.json, dict) else {}

    @property
    def code(self) -> int | None:
        """The status code, when it is a whole number."""
        code = self.envelope.get("status_code")
        return code if isinstance(code, int) and not isinstance(code, bool) else None

    @property
    def data(self) -> object:
        """What the answer is about."""
        return self.envelope.get("data")

    @property
    def ok(self) -> bool:
        """Success of HTTP and of OCPI."""
        return self.http < 300 and self.code is not None and 1000 <= self.code < 2000

    @property
    def said(self) -> str:
        """HTTP and OCPI status in a few words."""
        return f"HTTP {self.http}, status {'none' if self.code is None else self.code}"

    def header(self, name: str) -> str | None:
        """A header of the response, its name in any case."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)

    @property
    def evidence(self) -> Evidence:
        """For a person to read, without tokens."""
        sent = "\n".join(f"{name}: {_hidden(name, value)}" for name, value in self.sent.items())
        got = "\n".join(
            f"{name}: {value}"
            for name, value in self.headers.items()
            if name.lower() in _TELLING or name.lower().startswith(("x-", "ocpi-"))
        )
        return Evidence(
            request=f"{self.method} {self.url}\n{sent}{_shown(self.sent_body)}",
            response=f"HTTP {self.http}\n{got}{_shown(self.body)}",
        )


def _hidden(name: str, value: str) -> str:
    return "Token ***" if name.lower() == "authorization" else value


def _shown(body: bytes | None) -> str:
    if not body:
        return ""
    text = _without_token(body)
    return "\n\n" + (text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)")


def _without_token(body: bytes) -> str:
    """A body as text, the credentials token that it may hold hidden."""
    if b'"token"' not in body:
        return body.decode("utf-8", "replace")
    value = _json(body)
    for place in (value, value.get("data") if isinstance(value, dict) else None):
        if isinstance(place, dict) and isinstance(place.get("token"), str):
            place["token"] = "***"  # noqa: S105 - this is what hides a secret
    return "(not shown: it may hold a token)" if value is None else codec.dumps(value).decode()


def _json(body: bytes) -> object:
    try:
        return codec.loads(body) if body.strip() else None
    except (BadJson, TooLarge):
        return None


@dataclass(kw_only=True)
class Line:
    """The way to the platform. `seconds` is how long an answer may take, `patience` how long we obey HTTP 429."""

    session: aiohttp.ClientSession
    seconds: float
    patience: float
    requests: int = 0

    async def send(
        self,
        method: str,
        url: str,
        token: tuple[str, TokenEncoding] | None,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        """One exchange; HTTP 429 is obeyed for a while. Unanswered when there is no answer."""
        sent = {**headers, REQUEST_ID: new_id(), CORRELATION_ID: new_id(), "Accept": "application/json"}
        if token is not None:
            sent["Authorization"] = header_value(*token)
        if body is not None:
            sent["Content-Type"] = "application/json"
        until = clock.monotonic() + self.patience
        while True:
            answer = await self._once(method, url, sent, body)
            if answer.http != 429:
                return answer
            pause = retry_after_seconds(answer.header("Retry-After"), time.now()) or 1.0
            if clock.monotonic() + pause > until:
                raise Unanswered(f"{method} {url}: HTTP 429 for longer than {self.patience:g} s")
            await asyncio.sleep(pause)

    async def _once(self, method: str, url: str, sent: Mapping[str, str], body: bytes | None) -> Answer:
        self.requests += 1
        try:
            async with self.session.request(
                method,
                URL(url, encoded=True),
                data=None if body is None else BytesIO(body),
                headers=sent,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.seconds),
            ) as response:
                content = await response.read()
        except TimeoutError as error:
            raise Unanswered(f"{method} {url}: no answer within {self.seconds:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unanswered(f"{method} {url}: {type(error).__name__} {error}".rstrip()) from error
        return Answer(
            method=method,
            url=url,
            sent=sent,
            sent_body=body,
            http=response.status,
            headers=dict(response.headers),
            body=content,
            json=_json(content),
        )
