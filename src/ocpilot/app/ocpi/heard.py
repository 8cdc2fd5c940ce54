"""Reading what a peer says: every leniency that it takes to understand it is counted against the peer.

Counts are kept in memory and written every few seconds (`Hearing.run`): they are statistics, and a process that is
killed loses the last of them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from ocpilot.app.kept.peer_records import MOST_EXAMPLES, FindingKind, Leniency, Peer
from ocpilot.app.ocpi.exchange import Answer, Call, Handler
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import BadRequest, Conflict, InvalidObject, NotFound, OcpilotError
from ocpilot.base.lines import storable
from ocpilot.base.problem import Problem, place_of
from ocpilot.wire import codec
from ocpilot.wire.codec import NOTHING, Context, Received
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Wire)

#: Seconds between two writings.
_PAUSE = 2.0
#: Kinds of leniencies that wait at most; a peer that finds ever new ones is counted no further until they are written.
_MOST = 5000
#: Characters of a text that are kept.
_LONGEST = 500
#: Methods that bring an object.
_WRITES = frozenset({"PUT", "PATCH", "POST"})
#: Modules whose requests ask for something and bring no object.
_ORDERS = frozenset({ModuleID.COMMANDS, ModuleID.CHARGING_PROFILES, ModuleID.CREDENTIALS})
#: What was expected of an object that is refused as a whole.
_EXPECTED: dict[type[OcpilotError], str] = {
    NotFound: "an object of a party of this peer",
    Conflict: "an object that nobody else owns",
}


async def handled(platform: Platform, handler: Handler, call: Call) -> Answer:
    """The answer of a handler. What it had to mend in the request counts against the peer, refused or not; so does an
    object of the peer that is refused."""
    try:
        return await handler(platform, call)
    except (BadRequest, NotFound, Conflict) as error:
        if _brings_object(call):
            refused(platform, call.peer, FindingKind.PUSH, call.module, error, _name_in(call))
        raise
    finally:
        note(platform, call.peer, call.module, call.findings, _name_in(call) if call.findings else "")


def _brings_object(call: Call) -> bool:
    return call.interface is InterfaceRole.RECEIVER and call.method in _WRITES and call.module not in _ORDERS


def _name_in(call: Call) -> str:
    """Which object a request is about: as its URL says, else as its body does."""
    named = call.path.get("id")
    if named is not None or not call.body:
        return named or ""
    try:
        return str(call.object().get("id") or "")
    except BadRequest:
        return ""


def heard(
    platform: Platform,
    peer: Peer,
    module: ModuleID,
    cls: type[T],
    said: object,
    *,
    version: Version | None = None,
    context: Context = NOTHING,
    came_at: datetime | None = None,
) -> Received[T]:
    """What a peer said, in an answer or in one object of its list, read in `version`, else in the one it speaks.

    InvalidObject with all problems. `came_at` as for `codec.read`.
    """
    received = codec.read(cls, version or peer.version or OWN_VERSION, said, context, came_at)
    note(platform, peer, module, received.findings, str(received.body.get("id") or received.body.get("uid") or ""))
    return received


def note(platform: Platform, peer: Peer, module: ModuleID, findings: Iterable[Problem], named: str = "") -> None:
    """Count these against the peer, found in the object of this name."""
    for one in findings:
        _count_problem(platform, peer, FindingKind.LENIENCY, module, one, named)


def refused(  # noqa: PLR0917 - who sent what in which way, and what is wrong with it
    platform: Platform, peer: Peer, kind: FindingKind, module: ModuleID, error: OcpilotError, named: str
) -> None:
    """Count an object of the peer that we cannot keep, under each of its problems."""
    if isinstance(error, InvalidObject):
        for one in error.problems:
            _count_problem(platform, peer, kind, module, one, named)
        return
    expected = next((text for cls, text in _EXPECTED.items() if isinstance(error, cls)), "an object we can keep")
    count(platform, peer, kind, module, place="$", expected=expected, found=str(error), named=named)


def _count_problem(  # noqa: PLR0917 - as for `refused`
    platform: Platform, peer: Peer, kind: FindingKind, module: ModuleID, one: Problem, named: str
) -> None:
    count(platform, peer, kind, module, place=place_of(one.path), expected=one.expected, found=one.found, named=named)


def count(
    platform: Platform,
    peer: Peer,
    kind: FindingKind,
    module: ModuleID,
    *,
    place: str,
    expected: str,
    found: str,
    named: str = "",
) -> None:
    """Count one thing that is not as it should be against the peer."""
    now = platform.clock()
    key = (peer.id, kind, module, storable(place)[:_LONGEST], storable(expected)[:_LONGEST])
    known = platform.leniencies.get(key)
    if known is None and len(platform.leniencies) >= _MOST:
        return
    before = known or Leniency(
        peer_id=peer.id,
        kind=kind,
        module=module,
        place=key[3],
        expected=key[4],
        example="",
        count=0,
        first_at=now,
        last_at=now,
    )
    name = storable(named)[:_LONGEST]
    objects = (*before.objects, name) if name and name not in before.objects else before.objects
    platform.leniencies[key] = replace(
        before,
        count=before.count + 1,
        example=storable(found)[:_LONGEST],
        last_at=now,
        objects=objects[:MOST_EXAMPLES],
    )


class Hearing:
    """Writes what was counted."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def run(self) -> None:
        """Run until cancelled; the last is written then."""
        try:
            while True:
                await asyncio.sleep(_PAUSE)
                await self.write()
        finally:
            await self.write()

    async def write(self) -> None:
        """Write all that waits; what cannot be written waits on."""
        counted = dict(self._platform.leniencies)
        if not counted:
            return
        self._platform.leniencies.clear()
        try:
            await self._platform.store.leniencies.add(tuple(counted.values()))
        except Exception:
            # The database may be away for a moment.
            log.exception("leniencies cannot be written; they wait")
            self._platform.leniencies.update(counted | self._platform.leniencies)


@asynccontextmanager
async def noted(platform: Platform) -> AsyncIterator[None]:
    """What is counted in the block is written at its end: for a command, which has nobody that does it."""
    try:
        yield
    finally:
        await Hearing(platform).write()
