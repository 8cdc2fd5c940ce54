"""Objects of our own between typed class and stored body."""

from datetime import datetime
from typing import TypeVar

import msgspec

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi import visibility
from ocpilot.app.ports import OWN_VERSION
from ocpilot.wire import codec
from ocpilot.wire.codec import Context
from ocpilot.wire.fields import Wire

T = TypeVar("T", bound=Wire)


def text_of(value: Wire) -> str:
    """The JSON text of a 2.3.0 object."""
    return codec.dumps(codec.body_of(value)).decode()


def own(key: ObjectKey, value: Wire, last_updated: datetime) -> StoredObject:
    """A 2.3.0 object of ours, ready for the store, for those who may see it."""
    return StoredObject(
        key=key,
        version=OWN_VERSION,
        body=text_of(value),
        last_updated=last_updated,
        audience=visibility.audience_of(value),
    )


def value_of(cls: type[T], stored: StoredObject) -> T:
    """The 2.3.0 object a stored body says, whatever version it came in; InvalidObject when it breaks the standard."""
    return codec.read(cls, stored.version, codec.loads(stored.body.encode()), context_of(stored)).value


def context_of(stored: StoredObject) -> Context:
    """What a stored body of 2.1.1 does not say by itself."""
    token = None if stored.context is None else msgspec.convert(codec.loads(stored.context.encode()), dict[str, object])
    return Context(party=stored.key.party, token=token)


def object_in(stored: StoredObject) -> codec.Body:
    """The JSON object in a stored body, in the version it is stored in."""
    return msgspec.convert(codec.loads(stored.body.encode()), dict[str, object])


def parsed(cls: type[T], text: str) -> T:
    """The 2.3.0 object in a JSON text of ours."""
    return codec.read(cls, OWN_VERSION, codec.loads(text.encode())).value
