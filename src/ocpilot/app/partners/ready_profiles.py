"""Ready profiles: kinds of platforms that public sources describe, as data, each with what it is for and its source.

Names are of behaviours, not of products: what one product does changes with its releases, and a platform that behaves
so is served so whatever it is called. A setting that is found out by itself (`Detected`) stands here only where not to
have to find it out saves requests that would fail.
"""

from decimal import Decimal

from ocpilot.app.kept.peer_records import DeliveryPolicy
from ocpilot.app.kept.records import Record
from ocpilot.base.errors import UserError
from ocpilot.base.texts import mark
from ocpilot.wire.protocol import TokenEncoding, Version


class ReadyProfile(Record, frozen=True, kw_only=True):
    """`changes` are settings of `PeerProfile`; what is not named stays as it is. `source` is where this is told."""

    name: str
    about: str
    source: str
    changes: dict[str, object]


READY: tuple[ReadyProfile, ...] = (
    ReadyProfile(
        name="plain-token",
        about=mark("sends and expects the credentials token as it is, as nearly all of 2.1.1 and many of 2.2.1 do"),
        source="https://github.com/ocpi/ocpi/issues/212 and https://github.com/ocpi/ocpi/pull/369",
        changes={"token_encoding": TokenEncoding.PLAIN},
    ),
    ReadyProfile(
        name="trailing-slash",
        about=mark("answers only URLs that end with a slash, as web frameworks do that redirect the others"),
        source="https://github.com/extrawest/extrawest_ocpi/pull/26",
        changes={"trailing_slash": True},
    ),
    ReadyProfile(
        name="only-2.2.1",
        about=mark(
            "reads no list of versions that has one it does not know, and registers with nobody who speaks 2.3.0"
        ),
        source="https://github.com/citrineos/citrineos-ocpi (00_Base/src/model/VersionNumber.ts, read at 6b7e17d)",
        changes={"versions": (Version.V2_2_1,)},
    ),
    ReadyProfile(
        name="no-patch",
        about=mark("takes whole objects only: every change is a PUT"),
        source="OCPI 2.3.0 transport_and_format, 'PATCH': a client puts the object when a PATCH fails",
        changes={"patch": False},
    ),
    ReadyProfile(
        name="pull-only",
        about=mark("fetches by itself and takes no pushes"),
        source="OCPI 2.3.0 transport_and_format, 'Pull and Push': pull is required, push is not",
        changes={"policy": DeliveryPolicy.NONE},
    ),
    ReadyProfile(
        name="push-only",
        about=mark("pushes, and has no lists that can be crawled: nothing is pulled"),
        source="OCPI 2.3.0 mod_locations, mod_tokens: push and pull are each an interface of its own",
        changes={"pull": ()},
    ),
    ReadyProfile(
        name="no-queue",
        about=mark("does not want a status again that could not be pushed: it fetches by itself when it is back"),
        source="OCPI 2.3.0 transport_and_format, 'Offline behaviour', and https://github.com/ocpi/ocpi/issues/121",
        changes={"status_after_failed_push": False},
    ),
    ReadyProfile(
        name="fifo-hub",
        about=mark(
            "a hub that hands on what it gets in the order it came: one message at a time, none overtakes another"
        ),
        source="https://github.com/ocpi/ocpi/issues/79 (what becomes of messages while a party is off-line)",
        changes={"policy": DeliveryPolicy.FIFO, "window": 1},
    ),
    ReadyProfile(
        name="direct-only",
        about=mark("no hub: answers oddly to routing headers, which it does not need"),
        source="OCPI 2.2.1 transport_and_format, 'Message Routing': headers are for platforms with a hub between",
        changes={"routing_headers": False},
    ),
    ReadyProfile(
        name="small-and-slow",
        about=mark("small pages, long waits, one request at a time"),
        source="OCPI 2.3.0 transport_and_format, 'Pagination': a server may limit what it returns",
        changes={"page_size": 20, "timeout_seconds": 60.0, "window": 1},
    ),
    ReadyProfile(
        name="silent-provider",
        about=mark("a provider that tells no Tokens: it is asked about every card we do not know"),
        source="OCPI 2.3.0 mod_tokens, 'Real-time authorization'",
        changes={"tokens_on_demand": True},
    ),
    ReadyProfile(
        name="four-decimals",
        about=mark("an operator whose CDRs carry amounts with four decimals, as the standard's number may have"),
        source="OCPI 2.3.0 types, 'number'",
        changes={"amount_decimals": 4, "tolerance": Decimal("0.01")},
    ),
)


def ready(name: str) -> ReadyProfile:
    """The profile of this name; UserError names those there are."""
    for one in READY:
        if one.name == name:
            return one
    raise UserError(f"no ready profile is called {name!r}, expected one of {', '.join(one.name for one in READY)}")
