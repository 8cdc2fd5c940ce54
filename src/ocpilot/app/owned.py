"""Client Owned Objects: what a URL names, whether the body agrees, and what is kept of it.

(transport_and_format, "Client Owned Object Push")
"""

from ocpilot.app.exchange import Call
from ocpilot.app.pages import stored_body
from ocpilot.app.records import ObjectKey, Peer, StoredObject
from ocpilot.app.visibility import require_sender
from ocpilot.base import time
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import fold
from ocpilot.base.problem import Problem
from ocpilot.wire import codec
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import Version


def key_in_url(call: Call, sub: str = "") -> ObjectKey:
    """The object a receiver URL names; NotFound when its party is none of the peer's."""
    party = require_sender(call.peer, call.module, call.path["country_code"], call.path["party_id"])
    return ObjectKey(module=call.module, party=party, id=call.path["id"], sub=sub)


def check_same(body: codec.Body, url: dict[str, str], what: str) -> None:
    """InvalidObject (2001) when a field of the body differs from the URL; ids compare case-insensitively."""
    problems = [
        Problem(path=f"$.{name}", found=repr(body.get(name)), expected=f"{wanted!r} as in the URL")
        for name, wanted in url.items()
        if fold(str(body.get(name))) != fold(wanted)
    ]
    if problems:
        raise InvalidObject(problems, what)


def checked(call: Call, cls: type[Wire], body: codec.Body, url: dict[str, str]) -> codec.Body:
    """The body in the version of the call, its leniencies mended; InvalidObject with every problem."""
    received = codec.read(cls, call.version, body)
    check_same(received.body, url, cls.__name__)
    return received.body


def kept(call: Call, key: ObjectKey, body: codec.Body) -> StoredObject:
    """A checked body of the caller, ready for the store."""
    return from_peer(call.peer, call.version, key, body)


def from_peer(peer: Peer, version: Version, key: ObjectKey, body: codec.Body) -> StoredObject:
    """A checked body of a peer, ready for the store."""
    return StoredObject(
        key=key,
        version=version,
        body=codec.dumps(body).decode(),
        last_updated=time.parse(str(body["last_updated"])),
        peer_id=peer.id,
    )


def patched(call: Call, cls: type[Wire], stored: StoredObject, patch: codec.Body, url: dict[str, str]) -> StoredObject:
    """The stored object with a PATCH applied, checked as a whole in the version of the call."""
    received = codec.read_patch(cls, call.version, stored_body(cls, stored, call.version), patch)
    check_same(received.body, url, cls.__name__)
    return kept(call, stored.key, received.body)
