"""Texts on the screens of stations (OCPP 2.x, O01 to O06): shown, asked for and taken away."""

import asyncio
from datetime import datetime
from enum import StrEnum

import msgspec

from ocpilot.app.kept.charge_records import Station
from ocpilot.app.kept.station_events import Payload
from ocpilot.app.platform import Platform
from ocpilot.app.stations import station_calls
from ocpilot.base import time
from ocpilot.base.errors import UserError

#: Seconds between two looks for what a station tells after it said that it will, and how many there are.
_LOOK, _LOOKS = 0.2, 50
_TELLS = "NotifyDisplayMessages"


class Priority(StrEnum):
    """How a message is shown ("MessagePriorityEnumType"): among others, before them, or alone."""

    NORMAL = "normal"
    FRONT = "front"
    ALWAYS = "always"


_PRIORITIES = {Priority.NORMAL: "NormalCycle", Priority.FRONT: "InFront", Priority.ALWAYS: "AlwaysFront"}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A text for drivers; `until` None: until it is taken away."""

    text: str
    language: str = "en"
    priority: Priority = Priority.NORMAL
    until: datetime | None = None


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a NotifyDisplayMessages says."""

    request: int = msgspec.field(name="requestId")
    messages: tuple[Payload, ...] = msgspec.field(name="messageInfo", default=())
    more: bool = msgspec.field(name="tbc", default=False)


async def show(platform: Platform, station: Station, message: Message) -> tuple[int, str]:
    """SetDisplayMessage: the number by which it can be taken away, and the station's word. UserError where its version
    has no such messages; else as `station_calls.call`."""
    number = _number(platform)
    about: Payload = {
        "id": number,
        "priority": _PRIORITIES[message.priority],
        "message": {"format": "UTF8", "language": message.language, "content": message.text},
    }
    if message.until is not None:
        about["endDateTime"] = time.write(message.until)
    answer = await _ask(platform, station, "SetDisplayMessage", {"message": about})
    return number, str(answer["status"])


async def clear(platform: Platform, station: Station, number: int) -> str:
    """ClearDisplayMessage: `Accepted`, `Unknown` or `Rejected`."""
    return str((await _ask(platform, station, "ClearDisplayMessage", {"id": number}))["status"])


async def shown(platform: Platform, station: Station) -> tuple[Payload, ...]:
    """GetDisplayMessages, and what the station tells soon after: its messages, as OCPP writes them."""
    number = _number(platform)
    answer = await _ask(platform, station, "GetDisplayMessages", {"requestId": number})
    if answer["status"] != "Accepted":
        return ()
    for _ in range(_LOOKS):
        told = [one for one in await _told(platform, station) if one.request == number]
        if any(not one.more for one in told):
            return tuple(message for one in reversed(told) for message in one.messages)
        await asyncio.sleep(_LOOK)
    raise UserError(f"station {station.id} said that it tells its messages, and did not")


async def _told(platform: Platform, station: Station) -> list[_Told]:
    """Newest first."""
    notices = await platform.store.station_notices.of(station.id)
    return [msgspec.json.decode(one.payload, type=_Told) for one in notices if one.action == _TELLS]


async def _ask(platform: Platform, station: Station, action: str, payload: Payload) -> Payload:
    if station.protocol == "ocpp1.6":
        raise UserError(
            f"station {station.id} speaks OCPP 1.6, which has no messages for screens (expected 2.0.1 or 2.1)"
        )
    return await station_calls.call(platform, station, action, payload)


def _number(platform: Platform) -> int:
    """One that no earlier message had."""
    return int(platform.clock().timestamp() * 10) % 2**31
