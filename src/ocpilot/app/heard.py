"""Reading what a peer says: every leniency that it takes to understand it is counted against the peer.

Counts are kept in memory and written every few seconds (`Hearing.run`): they are statistics, and a process that is
killed loses the last of them.
"""

import asyncio
import logging
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from ocpilot.app.exchange import Answer, Call, Handler
from ocpilot.app.peer_records import Leniency, Peer
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.problem import Problem
from ocpilot.wire import codec
from ocpilot.wire.codec import NOTHING, Context, Received
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import ModuleID, Version

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Wire)

#: Seconds between two writings.
_PAUSE = 2.0
#: Kinds of leniencies that wait at most; a peer that finds ever new ones is counted no further until they are written.
_MOST = 5000
_INDEX = re.compile(r"\[\d+\]")


async def handled(platform: Platform, handler: Handler, call: Call) -> Answer:
    """The answer of a handler; what it had to mend in the request counts against the peer, refused or not."""
    try:
        return await handler(platform, call)
    finally:
        note(platform, call.peer, call.module, call.findings)


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
    note(platform, peer, module, received.findings)
    return received


def note(platform: Platform, peer: Peer, module: ModuleID, findings: Iterable[Problem]) -> None:
    """Count these against the peer."""
    for finding in findings:
        key = (peer.id, module, _INDEX.sub("[]", finding.path), finding.expected)
        known = platform.leniencies.get(key)
        now = platform.clock()
        if known is not None:
            platform.leniencies[key] = replace(known, count=known.count + 1, example=finding.found, last_at=now)
        elif len(platform.leniencies) < _MOST:
            platform.leniencies[key] = Leniency(
                peer_id=peer.id,
                module=module,
                place=key[2],
                expected=finding.expected,
                example=finding.found,
                count=1,
                first_at=now,
                last_at=now,
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
