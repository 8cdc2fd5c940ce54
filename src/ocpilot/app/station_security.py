"""Security events about stations: in the log, and kept with the station for those who run it."""

import logging

from ocpilot.app import station_notices
from ocpilot.app.platform import Platform

log = logging.getLogger(__name__)

#: The action under which they are kept: no OCPP message has this name.
SECURITY = "security"


async def happened(platform: Platform, station_id: str, what: str, *, kept: bool = True) -> None:
    """Log what happened to a station, in words that follow its name; and keep it when the station is one of ours, for
    whoever is not could fill the database."""
    log.warning("security: station %s %s", station_id, what)
    if kept and await platform.store.stations.get(station_id) is not None:
        await station_notices.notice(platform, station_id, SECURITY, {"event": what})
