"""The EVSEs of a station that waits: proposed from what it reports, and put into its Location when it is approved."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from ocpilot.app.kept.newcomer_records import WaitingStation
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.app.kept.station_events import Payload
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.ocpi.homes import put_ours
from ocpilot.app.platform import Platform
from ocpilot.base.errors import StationError, UserError
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.texts import mark
from ocpilot.wire.v230 import EVSE, Capability, Connector, ConnectorFormat, ConnectorType, PowerType, Status

log = logging.getLogger(__name__)

#: Seconds a station may take to tell how many EVSEs it has: a page waits for it.
_PATIENCE = 4.0
#: EVSEs a station of OCPP 2.x is asked for; one with more is told so by hand.
_MOST = 8
_NONE_CHOSEN = mark("Name at least one EVSE.")


class ProposedEvse(Record, frozen=True, kw_only=True):
    """What EVSE `number` of a station may be called. The EVSE id is as ISO 15118 and eMI3 write it."""

    number: int
    uid: str
    evse_id: str


class EvseKind(Record, frozen=True, kw_only=True):
    """What new EVSEs of a station are: one Connector each, in the words of OCPI (mod_locations, "Connector")."""

    standard: ConnectorType
    format: ConnectorFormat
    power_type: PowerType
    max_voltage: int
    max_amperage: int
    tariff_ids: tuple[str, ...] = ()


async def reported(platform: Platform, station: WaitingStation) -> int | None:
    """How many EVSEs the station says it has; None when it is away, silent or does not tell."""
    if station.protocol is None:
        return None
    old = station.protocol == "ocpp1.6"
    action, payload = _OLD if old else _NEW
    try:
        async with asyncio.timeout(_PATIENCE):
            answer = await platform.stations.call(station.id, action, payload)
    except (StationError, TimeoutError) as error:
        log.info("%s does not say how many EVSEs it has: %s", station.id, error or "no answer in time")
        return None
    return (_connectors if old else _evses)(answer.payload or {})


def proposed(station_id: str, party: PartyId, count: int) -> tuple[ProposedEvse, ...]:
    """Names for so many EVSEs of a station."""
    word = "".join(letter for letter in station_id.upper() if letter.isascii() and letter.isalnum()) or "STATION"
    prefix = f"{party.country_code}*{party.party_id}*E{word[:25]}"
    return tuple(
        ProposedEvse(number=number, uid=f"{station_id[:30]}-{number}", evse_id=f"{prefix}*{number}")
        for number in range(1, count + 1)
    )


async def put_new(platform: Platform, location: ObjectKey, wanted: Sequence[ProposedEvse], kind: EvseKind) -> None:
    """EVSEs that the Location does not have are put into it; nobody knows their status until the station says it."""
    if not wanted:
        raise UserError(_NONE_CHOSEN)
    now = platform.clock()
    for one in wanted:
        key = replace(location, sub=one.uid)
        if await platform.store.locations.get(key) is None:
            await put_ours(platform, own(key, _evse(one, kind, now), now))


def _evse(one: ProposedEvse, kind: EvseKind, now: datetime) -> EVSE:
    connector = Connector(
        id="1",
        standard=kind.standard,
        format=kind.format,
        power_type=kind.power_type,
        max_voltage=kind.max_voltage,
        max_amperage=kind.max_amperage,
        tariff_ids=kind.tariff_ids,
        last_updated=now,
    )
    return EVSE(
        uid=one.uid,
        evse_id=one.evse_id or None,
        status=Status.UNKNOWN,
        capabilities=(Capability.REMOTE_START_STOP_CAPABLE, Capability.RFID_READER),
        connectors=(connector,),
        last_updated=now,
    )


# ---- what stations say ---------------------------------------------------------------------------------------------

#: OCPP 1.6 (9.1.17, "NumberOfConnectors"); 2.x: every EVSE has an AvailabilityState (2.0.1 part 2, B06, and the
#: referenced components of its appendix).
_OLD: tuple[str, Payload] = ("GetConfiguration", {"key": ["NumberOfConnectors"]})
_NEW: tuple[str, Payload] = (
    "GetVariables",
    {
        "getVariableData": [
            {"component": {"name": "EVSE", "evse": {"id": number}}, "variable": {"name": "AvailabilityState"}}
            for number in range(1, _MOST + 1)
        ]
    },
)


def _connectors(answer: Payload) -> int | None:
    for key in _objects(answer, "configurationKey"):
        value = str(key.get("value", ""))
        if fold(str(key.get("key"))) == "numberofconnectors" and value.isdecimal() and 0 < int(value) < 100:
            return int(value)
    return None


def _evses(answer: Payload) -> int | None:
    known = [one for one in _objects(answer, "getVariableResult") if one.get("attributeStatus") == "Accepted"]
    return len(known) or None


def _objects(payload: Payload, name: str) -> list[Payload]:
    found = payload.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
