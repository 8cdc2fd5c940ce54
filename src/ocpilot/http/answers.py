"""What a peer answered: read to its end, and understood as OCPI or as the error it is."""

from collections.abc import Mapping

import aiohttp

from ocpilot.app.message_rows import Exchanged, beginning
from ocpilot.app.records import PartnerAnswer
from ocpilot.base import time
from ocpilot.base.errors import PeerNonsense, PeerRefused
from ocpilot.roaming.retry import retry_after_seconds
from ocpilot.wire import envelope
from ocpilot.wire.jsontext import MAX_BYTES


async def limited(response: aiohttp.ClientResponse, where: str) -> bytes:
    """The body; PeerNonsense when it never ends."""
    declared = response.content_length
    if declared is not None and declared <= MAX_BYTES and "Content-Encoding" not in response.headers:
        return await response.read()
    data = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        data += chunk
        if len(data) > MAX_BYTES:
            raise PeerNonsense(f"{where}: the answer is larger than {MAX_BYTES} bytes")
    return bytes(data)


def answer_of(where: str, headers: Mapping[str, str], noted: Exchanged) -> PartnerAnswer:
    """What the peer said; PeerRefused for an error of HTTP or OCPI, PeerNonsense for what is no OCPI.

    `noted` learns its status.
    """
    http, data = noted.http_status or 0, noted.response_body
    retry_after = retry_after_seconds(headers.get("Retry-After"), time.now())
    try:
        said = envelope.read_response(data)
    except PeerNonsense as error:
        if http >= 300:
            raise PeerRefused(f"{where}: HTTP {http}", http, None, retry_after, page=beginning(noted)) from error
        if data.strip():
            raise PeerNonsense(f"{where}: {error}") from error
        said = envelope.Envelope(status_code=envelope.SUCCESS)
    noted.ocpi_status, noted.said = said.status_code, said.status_message
    if http >= 300 or not said.ok:
        message = f"{where}: HTTP {http}, status {said.status_code} {said.status_message or ''}".rstrip()
        raise PeerRefused(message, http, said.status_code, retry_after, said.status_message)
    return PartnerAnswer(
        http_status=http,
        status_code=said.status_code,
        status_message=said.status_message,
        data=said.data,
        headers=headers,
        said_at=said.timestamp,
    )
