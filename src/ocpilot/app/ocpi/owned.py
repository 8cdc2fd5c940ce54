"""Client Owned Objects: what a URL names, whether the body agrees, and what is kept of it.

(transport_and_format, "Client Owned Object Push")
"""

from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.bodies import context_of
from ocpilot.app.ocpi.exchange import Call
from ocpilot.app.ocpi.in_version import body_in
from ocpilot.app.ocpi.visibility import require_sender
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import fold
from ocpilot.base.problem import Problem
from ocpilot.wire import codec
from ocpilot.wire.codec import NOTHING, Context
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import PROTOCOLS, Version

#: Fields that 2.1.1 has only in URLs; where they must be in a body, it was refused without them already.
_OWNER = frozenset({"country_code", "party_id"})


def key_in_url(call: Call, sub: str = "") -> ObjectKey:
    """The object a receiver URL names; NotFound when its party is none of the peer's."""
    party = require_sender(call.peer, call.module, call.path["country_code"], call.path["party_id"])
    return ObjectKey(module=call.module, party=party, id=call.path["id"], sub=sub)


def check_same(body: codec.Body, url: dict[str, str], what: str) -> None:
    """InvalidObject (2001) when a field of the body differs from the URL; ids compare case-insensitively."""
    problems = [
        Problem(path=f"$.{name}", found=repr(body.get(name)), expected=f"{wanted!r} as in the URL")
        for name, wanted in url.items()
        if not (name in _OWNER and body.get(name) is None) and fold(str(body.get(name))) != fold(wanted)
    ]
    if problems:
        raise InvalidObject(problems, what)


def checked(
    call: Call, cls: type[Wire], body: codec.Body, url: dict[str, str], context: Context = NOTHING
) -> codec.Body:
    """The body in the version of the call, its leniencies mended; InvalidObject with every problem."""
    received = call.read(cls, body, context, owned=True)
    check_same(received.body, url, cls.__name__)
    return received.body


def kept(call: Call, key: ObjectKey, body: codec.Body, context: Context = NOTHING) -> StoredObject:
    """A checked body of the caller, ready for the store."""
    audience = call.at_hub.audience if call.at_hub else None
    return from_peer(call.peer, call.version, key, body, context, audience=audience)


def from_peer(
    peer: Peer,
    version: Version,
    key: ObjectKey,
    body: codec.Body,
    context: Context = NOTHING,
    *,
    audience: str | None = None,
) -> StoredObject:
    """A checked body of a peer, ready for the store; what its version has no field for is kept beside it. `audience`
    matters at a hub only."""
    token = None if PROTOCOLS[version].owners else context.token
    return StoredObject(
        key=key,
        version=version,
        body=codec.dumps(body).decode(),
        last_updated=time.parse(str(body["last_updated"])),
        peer_id=peer.id,
        audience=audience,
        context=None if token is None else codec.dumps(token).decode(),
    )


def patched(call: Call, cls: type[Wire], stored: StoredObject, patch: codec.Body, url: dict[str, str]) -> StoredObject:
    """The stored object with a PATCH applied, checked as a whole in the version of the call."""
    context = context_of(stored)
    received = codec.read_patch(cls, call.version, body_in(cls, stored, call.version), patch, context)
    call.findings.extend(received.findings)
    check_same(received.body, url, cls.__name__)
    return kept(call, stored.key, received.body, context)


def patch_in(platform: Platform, call: Call) -> codec.Body:
    """The PATCH in the request; where the version does not ask for `last_updated`, a change without it is of now."""
    patch = call.object()
    if PROTOCOLS[call.version].stamped_patches or patch.get("last_updated") is not None:
        return patch
    return patch | {"last_updated": time.write(platform.clock())}
