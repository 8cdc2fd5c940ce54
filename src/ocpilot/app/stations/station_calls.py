"""Any OCPP call to a station, as a person or program writes it: checked first, asked, and learnt from."""

from ocpilot.app.kept.charge_records import Station
from ocpilot.app.kept.station_events import Payload
from ocpilot.app.platform import Platform
from ocpilot.app.stations import station_notices
from ocpilot.base.errors import InvalidObject, StationRefused, StationUnreachable


async def call(platform: Platform, station: Station, action: str, payload: Payload) -> Payload:
    """The payload with which the station answers.

    InvalidObject with all that is wrong by the schema of the station's version; StationRefused when it answers with an
    error, StationUnreachable, StationTimeout.
    """
    if station.protocol is None:
        raise StationUnreachable(f"station {station.id} has never connected")
    problems = platform.call_schemas.problems(station.protocol, action, payload)
    if problems:
        raise InvalidObject(problems, action)
    answer = await platform.stations.call(station.id, action, payload)
    if answer.payload is None:
        raise StationRefused(action, answer.error or "", answer.description)
    await station_notices.answered(platform, station.id, action, payload, answer.payload)
    return answer.payload
