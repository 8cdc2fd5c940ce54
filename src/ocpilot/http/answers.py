"""What a peer answered: read to its end, and understood as OCPI or as the error it is."""

from collections.abc import Mapping

import aiohttp

from ocpilot.app.kept.records import PartnerAnswer
from ocpilot.app.logs.message_rows import Exchanged, beginning
from ocpilot.base import time
from ocpilot.base.errors import PeerNonsense, PeerRefused
from ocpilot.http.asking import Ask
from ocpilot.roaming.retry import retry_after_seconds
from ocpilot.wire import envelope
from ocpilot.wire.jsontext import MAX_BYTES
from ocpilot.wire.protocol import TokenEncoding


async def limited(response: aiohttp.ClientResponse, ask: Ask) -> bytes:
    """The body, after which the response is done with; PeerNonsense when it never ends."""
    declared = response.content_length
    if declared is not None and declared <= MAX_BYTES and "Content-Encoding" not in response.headers:
        return await response.read()
    data = bytearray()
    async with response:
        async for chunk in response.content.iter_chunked(65536):
            data += chunk
            if len(data) > MAX_BYTES:
                raise PeerNonsense(f"{ask.where}: the answer is larger than {MAX_BYTES} bytes")
    return bytes(data)


def answer_of(ask: Ask, headers: Mapping[str, str], noted: Exchanged, encoding: TokenEncoding) -> PartnerAnswer:
    """What the peer said; PeerRefused for an error of HTTP or OCPI, PeerNonsense for what is no OCPI.

    `noted` learns its status.
    """
    http, data = noted.http_status or 0, noted.response_body
    try:
        said = envelope.read_response(data)
    except PeerNonsense as error:
        if http >= 300:
            message, page = f"{ask.where}: HTTP {http}", beginning(noted)
            raise PeerRefused(message, http, None, _retry_after(headers), page=page) from error
        if data.strip():
            raise PeerNonsense(f"{ask.where}: {error}") from error
        said = envelope.Envelope(status_code=envelope.SUCCESS)
    noted.ocpi_status, noted.said = said.status_code, said.status_message
    if http >= 300 or not said.ok:
        message = f"{ask.where}: HTTP {http}, status {said.status_code} {said.status_message or ''}".rstrip()
        raise PeerRefused(message, http, said.status_code, _retry_after(headers), said.status_message)
    return PartnerAnswer(
        http_status=http,
        status_code=said.status_code,
        status_message=said.status_message,
        data=said.data,
        headers=headers,
        encoding=encoding,
        said_at=said.timestamp,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    return retry_after_seconds(headers.get("Retry-After"), time.now())
