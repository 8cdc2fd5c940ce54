"""Where a charge is, when that is not known at its start: the station says it later, or a person says it.

In 2.x a transaction may begin before a cable is plugged in, and its EVSE is in the first event that knows it
("TransactionEventRequest", evse). A connector that we do not know is refused a new charge; energy that flowed there all
the same is held until a person says which EVSE the connector is.
"""

import msgspec

from ocpilot.app.charges.meant import NOT_AVAILABLE
from ocpilot.app.kept.charge_records import Station, StationConnector, Transaction, TransactionState
from ocpilot.app.kept.station_events import IdToken, StartEvent
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.app.stations.stations import evse_key
from ocpilot.app.transactions import transactions
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.base.ids import fold
from ocpilot.wire.v230 import EVSE


async def place(
    platform: Platform, station: Station, transaction: Transaction, connector: StationConnector
) -> Transaction:
    """It is at this connector; one that may charge is a Session there from now on, under the terms of its start as far
    as they are still those."""
    wanted = await transactions.under_terms(platform, station, connector, transaction)

    def change(kept: Transaction) -> Transaction:
        if kept.evse_uid != NOT_AVAILABLE:
            return kept
        fields = ("evse_id", "evse_uid", "ocpi_connector_id", "terms", "session_id", "authorization_reference")
        return msgspec.structs.replace(kept, **{name: getattr(wanted, name) for name in fields})

    running = await platform.store.transactions.open_on(station.id, connector.evse_id)
    placed = await platform.store.transactions.modify(transaction.id, change) or wanted
    await transactions.after_start(platform, placed)
    if running is not None and placed.state == TransactionState.OPEN:
        await transactions.two_on_one(platform, running, placed)
    return placed


async def connect(platform: Platform, transaction: Transaction, evse_uid: str) -> Transaction:
    """A person says which EVSE the connector is at which a held charge began: the station has it from now on, and all
    that is held there is judged again, each for its Token.

    NotFound without such an EVSE; Conflict for one that is another connector of the station, or when it is known where
    the charge was.
    """
    station = await platform.store.stations.get(transaction.station_id)
    if station is None or transaction.evse_uid != NOT_AVAILABLE:
        raise Conflict(f"transaction {transaction.id}: it is known where it was, or its station is gone")
    connector = await _connector(platform, station, transaction.evse_id, evse_uid)
    if connector.evse_id and connector not in station.connectors:
        station = msgspec.structs.replace(station, connectors=(*station.connectors, connector))
        await platform.store.stations.save(station)
    for one in await platform.store.transactions.in_state(TransactionState.HELD):
        same = (one.station_id, one.evse_id, one.evse_uid) == (station.id, transaction.evse_id, NOT_AVAILABLE)
        if one.id == transaction.id or (same and one.evse_id):
            await _judge_there(platform, station, one, connector)
    return await platform.store.transactions.get(transaction.id) or transaction


async def _connector(platform: Platform, station: Station, number: int, evse_uid: str) -> StationConnector:
    """The connector of the station with that number as the first of an EVSE; 0 is no connector of its own, so there
    it must be one that the station has."""
    known = next((one for one in station.connectors if fold(one.evse_uid) == fold(evse_uid)), None)
    if known is not None and not number:
        return known
    if known is not None:
        raise Conflict(f"EVSE {evse_uid} is connector {known.evse_id} of {station.id}")
    other = await platform.store.stations.at_evse(station.location_id, evse_uid)
    if other is not None and other.id != station.id:
        raise Conflict(f"EVSE {evse_uid} is of station {other.id}")
    stored = await platform.store.locations.get(evse_key(station, evse_uid))
    if stored is None or not number:
        raise NotFound(f"no EVSE {evse_uid} of {station.id} at Location {station.location_id}")
    evse = value_of(EVSE, stored)
    return StationConnector(evse_id=number, evse_uid=evse.uid, ocpi_connector_id=evse.connectors[0].id)


async def _judge_there(platform: Platform, station: Station, held: Transaction, connector: StationConnector) -> None:
    placed = await place(platform, station, held, connector)
    if placed.id_tag and not placed.accepted:
        shown = StartEvent(evse_id=connector.evse_id, token=IdToken(placed.id_tag), at=placed.started_at)
        await transactions.identify(platform, station, placed, shown, arrived=placed.start_arrived)
    await platform.store.transactions.judge_again(held.id, platform.clock())
