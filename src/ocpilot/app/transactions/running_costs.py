"""What a charge costs so far and came to, told to stations that can show it (OCPP 2.x, I02 and I03)."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from ocpilot.app.charges import sessions
from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.station_events import StationCost
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.app.transactions import transactions
from ocpilot.base.errors import StationError
from ocpilot.base.money import HALF_UP
from ocpilot.metering.findings import Oddity
from ocpilot.wire.v230 import Price, Session

log = logging.getLogger(__name__)


async def cost_of(platform: Platform, transaction: Transaction) -> Decimal | None:
    """What its Session says, with the taxes on it; None when nobody knows a price or there is no Session."""
    session = await _session(platform, transaction)
    cost = session.total_cost if session else None
    return None if cost is None else _after_taxes(cost)


async def compare(platform: Platform, transaction: Transaction, shown: StationCost) -> None:
    """What the station counted beside what its Session says: a finding when they are further apart than the smallest
    coin. Without its taxes only what is before them can be compared."""
    session = await _session(platform, transaction)
    if session is None or session.total_cost is None:
        return
    cost, theirs, ours = session.total_cost, shown.before_taxes, session.total_cost.before_taxes
    if shown.after_taxes is not None and cost.taxes:
        theirs, ours = shown.after_taxes, _after_taxes(cost)
    coin = Decimal(1).scaleb(-HALF_UP.decimals_for(session.currency))
    if theirs is not None and (shown.currency != session.currency or abs(theirs - ours) > coin):
        said = (
            f"{theirs} {shown.currency} at the station, {HALF_UP.round(ours, session.currency)} {session.currency} here"
        )
        await transactions.note(platform, transaction, Oddity.COST_DISAGREES, said)


async def _session(platform: Platform, transaction: Transaction) -> Session | None:
    stored = await platform.store.objects.get(sessions.key_of(transaction))
    return value_of(Session, stored) if stored else None


def _after_taxes(cost: Price) -> Decimal:
    return cost.before_taxes + sum((tax.amount for tax in cost.taxes), Decimal(0))


class RunningCosts:
    """Tells each station at most every `stations.cost_interval` seconds, and not at all when it has no use for it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._told: dict[tuple[str, str], tuple[datetime, Decimal | None]] = {}
        #: Stations that know no such message, until they boot again.
        self._deaf: set[str] = set()

    def booted(self, station_id: str) -> None:
        """It may have new firmware."""
        self._deaf.discard(station_id)

    def goes_on(self, station_id: str, station_key: str) -> None:
        """Something came in about a charge: when its station has not heard for a while, it is told beside this."""
        interval, now = self._platform.settings.stations.cost_interval, self._platform.clock()
        if not interval or station_id in self._deaf:
            return
        # at its begin it has cost nothing yet
        at, cost = self._told.setdefault((station_id, station_key), (now, None))
        if now - at >= timedelta(seconds=interval):
            self._told[station_id, station_key] = now, cost
            self._platform.background.start(self._tell(station_id, station_key), f"cost at {station_id}")

    def over(self, station_id: str, station_key: str) -> None:
        """The charge has ended: what it came to is in the answer to its last event."""
        self._told.pop((station_id, station_key), None)

    async def _tell(self, station_id: str, station_key: str) -> None:
        transaction = await self._platform.store.transactions.keyed(station_id, station_key)
        cost = await cost_of(self._platform, transaction) if transaction else None
        at, before = self._told.get((station_id, station_key), (None, None))
        if transaction is None or at is None or cost is None or cost == before:
            return
        try:
            word = await self._platform.stations.cost_updated(transaction, cost)
        except StationError as error:
            log.info("%s: what its charge costs could not be told: %s", station_id, error)
            return
        if word == "NotSupported":
            self._deaf.add(station_id)
        if (station_id, station_key) in self._told:
            self._told[station_id, station_key] = at, cost
