"""Security events about stations: in the log, and kept with the station for those who run it."""

import json
import logging

from ocpilot.app.kept.station_notice_records import StationNotice
from ocpilot.app.logs.log_writing import storable
from ocpilot.app.platform import Platform

log = logging.getLogger(__name__)

#: The action under which they are kept: no OCPP message has this name.
SECURITY = "security"


async def happened(platform: Platform, station_id: str, what: str, *, kept: bool = True) -> None:
    """Log what happened to a station, in words that follow its name; and keep it when the station is one of ours, for
    whoever is not could fill the database."""
    log.warning("security: station %s %s", station_id, what)
    if kept and await platform.store.stations.get(station_id) is not None:
        notice = StationNotice(action=SECURITY, at=platform.clock(), payload=json.dumps({"event": storable(what)}))
        await platform.store.station_notices.add(station_id, notice)
