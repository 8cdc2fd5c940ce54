"""Sending a message of ours again: the same method, URL and body to the same peer, with today's token.

It sends what was sent then, also where the object has changed since; a person decides that.
"""

from contextlib import suppress
from urllib.parse import urlsplit

from ocpilot.app.kept.messages import Direction, Message, MessageQuery
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.logs.message_rows import LONGEST_URL, VERSIONS
from ocpilot.app.logs.message_secrets import MASK
from ocpilot.app.platform import Platform
from ocpilot.base.errors import OcpilotError, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.texts import mark
from ocpilot.wire.protocol import ModuleID

_CONFIGURING = frozenset({str(ModuleID.CREDENTIALS), VERSIONS})


async def replay(platform: Platform, message: Message) -> int:
    """Send it again; the number of the new message, which tells what came of it. UserError when that must not be."""
    refusal = await why_not(platform, message)
    peer = await platform.store.peers.get(message.peer_id or 0)
    if refusal is not None or peer is None:
        raise UserError(f"message {message.id} cannot be sent again: {refusal}")
    # Whatever the peer says stands in the log, refusals too.
    with suppress(OcpilotError):
        await platform.partners.call_url(
            peer,
            message.method,
            _whole_url(message),
            message.request_body or None,
            sender=_party(message.sender),
            receiver=_party(message.receiver),
            correlation_id=message.correlation_id,
            replay_of=message.id,
        )
    await platform.messages.write(platform.store.messages)
    sent = await platform.store.messages.find(MessageQuery(replay_of=message.id, limit=1))
    if not sent:
        raise OcpilotError(f"message {message.id} was sent again, but the database could not log it")
    return sent[0].id


async def why_not(platform: Platform, message: Message) -> str | None:
    """Why it cannot be sent again, None when it can."""
    refusal = _by_itself(message)
    if refusal is not None:
        return refusal
    peer = await platform.store.peers.get(message.peer_id or 0)
    if peer is None or peer.state is not PeerState.REGISTERED or peer.token_sealed is None:
        return mark("we are not connected with that peer")
    if is_below_endpoint(peer, message.url):
        return None
    if await platform.store.commands.is_response_url(peer.id, _whole_url(message)):
        return None
    return mark("its address is no longer one of that peer's endpoints")


def _by_itself(message: Message) -> str | None:
    if message.direction is not Direction.OUT:
        return mark("it came from a peer; only our own messages are sent")
    if message.module in _CONFIGURING:
        return mark("it is about credentials, whose tokens are not kept")
    if message.request_cut is not None:
        return mark("its body was not kept whole")
    if MASK in _whole_url(message) or max(len(message.url), len(message.query)) >= LONGEST_URL:
        return mark("its address was not kept whole")
    return None


def is_below_endpoint(peer: Peer, url: str) -> bool:
    """Whether a URL, without query, is an endpoint of the peer or below it."""
    asked = urlsplit(url)
    # Dots would lead out again, written plainly or not.
    if any(part.lower().replace("%2e", ".") in (".", "..") for part in asked.path.split("/")):
        return False
    for endpoint in peer.endpoints:
        base = urlsplit(endpoint.url.rstrip("/"))
        same_place = (asked.scheme, asked.netloc) == (base.scheme, base.netloc)
        if same_place and f"{asked.path.rstrip('/')}/".startswith(f"{base.path}/"):
            return endpoint.identifier != ModuleID.CREDENTIALS
    return False


def _whole_url(message: Message) -> str:
    return f"{message.url}?{message.query}" if message.query else message.url


def _party(key: str | None) -> PartyId | None:
    return PartyId.parse(key) if key else None
