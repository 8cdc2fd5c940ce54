"""When a charge has used up what was reserved for it, and how it is stopped."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from ocpilot.app import commands
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey
from ocpilot.base.errors import OcpilotError
from ocpilot.billing.numbers import after_taxes
from ocpilot.wire.v230 import Session

log = logging.getLogger(__name__)

#: A station that goes on charging is asked again after this.
_ASK_AGAIN = timedelta(seconds=60)


class CardLimits:
    """Watches running charges. What it remembers may be lost: it only lets a charge be stopped a report earlier."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        #: Of a Session: its cost when it was last seen, and by how much it grew from one report to the next.
        self._seen: dict[str, tuple[Decimal, Decimal]] = {}
        self._asked: dict[str, datetime] = {}

    def is_used_up(self, session: Session, reserved: Decimal) -> bool:
        """Whether the next report will say more than was reserved, if the charge goes on as it did."""
        if session.total_cost is None:
            return False
        cost = after_taxes(session.total_cost)
        before, growth = self._seen.get(session.id, (cost, Decimal(0)))
        if cost != before:
            growth = cost - before
        self._seen[session.id] = cost, growth
        return cost + growth > reserved

    async def stop(self, key: ObjectKey, session: Session) -> bool:
        """Ask the station to stop; False when it was asked a moment ago, or nobody can be asked."""
        now = self._platform.clock()
        asked = self._asked.get(session.id)
        stored = await self._platform.store.objects.get(key)
        if stored is None or (asked is not None and now - asked < _ASK_AGAIN):
            return False
        self._asked[session.id] = now
        try:
            await commands.stop(self._platform, stored, session)
        except OcpilotError as error:
            log.warning("the charge %s has used up what was reserved and cannot be stopped: %s", session.id, error)
            return False
        return True

    def forget(self, session_id: str | None) -> None:
        """It is over."""
        if session_id is not None:
            self._seen.pop(session_id, None)
            self._asked.pop(session_id, None)
