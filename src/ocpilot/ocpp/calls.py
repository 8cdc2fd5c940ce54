"""What the platform asks of stations, put into the words of each station's OCPP version."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol, cast

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.station_events import (
    ActiveProfileAnswer,
    CallAnswer,
    IdToken,
    ListUpdate,
    LocalListLimits,
    Payload,
    StationReservation,
    TariffAnswer,
)
from ocpilot.base import time
from ocpilot.base.time import Clock
from ocpilot.ocpp.frames import CallError, CallResult
from ocpilot.ocpp.station_password import change_of, is_taken
from ocpilot.ocpp.v21_tariffs import Inexpressible
from ocpilot.ocpp.version import Asked, OcppVersion, payload_of
from ocpilot.wire.v230 import ChargingProfile, ChargingRateUnit, DisplayText, Tariff


class Lines(Protocol):
    """Ways to stations. Both methods that reach one raise StationUnreachable; a call also StationTimeout."""

    async def call(self, station_id: str, action: str, payload: Payload) -> CallResult | CallError:
        """Call a station and wait for its answer."""

    async def version_of(self, station_id: str) -> OcppVersion:
        """Which OCPP version a connected station speaks."""

    async def is_connected(self, station_id: str) -> bool:
        """Does it have a live connection?"""


class StationCaller:
    """`StationCalls` over any `Lines`."""

    def __init__(self, lines: Lines, clock: Clock = time.now) -> None:
        self.lines = lines
        self._clock = clock

    async def remote_start(self, station_id: str, evse_id: int | None, token: IdToken, remote_start_id: int) -> str:
        """See `StationCalls`."""
        return await self._ask(station_id, lambda version: version.remote_start(evse_id, token, remote_start_id))

    async def remote_stop(self, transaction: Transaction) -> str:
        """See `StationCalls`."""
        return await self._ask(transaction.station_id, lambda version: version.remote_stop(transaction))

    async def unlock(self, station_id: str, evse_id: int, connector_id: int = 1) -> str:
        """See `StationCalls`."""
        return await self._ask(station_id, lambda version: version.unlock(evse_id, connector_id))

    async def reserve(self, station_id: str, reservation: StationReservation) -> str:
        """See `StationCalls`."""
        return await self._ask(station_id, lambda version: version.reserve(reservation))

    async def cancel_reservation(self, station_id: str, reservation_id: int) -> str:
        """See `StationCalls`."""
        return await self._ask(station_id, lambda version: version.cancel_reservation(reservation_id))

    async def set_charging_profile(self, transaction: Transaction, profile: ChargingProfile) -> str:
        """See `StationCalls`."""
        return await self._ask(
            transaction.station_id, lambda version: version.set_charging_profile(transaction, profile)
        )

    async def clear_charging_profile(self, transaction: Transaction) -> str:
        """See `StationCalls`."""
        return await self._ask(transaction.station_id, lambda version: version.clear_charging_profile(transaction))

    async def active_charging_profile(
        self, transaction: Transaction, seconds: int, unit: ChargingRateUnit
    ) -> ActiveProfileAnswer:
        """See `StationCalls`."""
        version = await self.lines.version_of(transaction.station_id)
        asked = version.active_charging_profile(transaction, seconds, unit)
        answer = await self.lines.call(transaction.station_id, asked.action, asked.payload)
        return version.active_profile_of(asked, answer, self._clock())

    async def local_list_limits(self, station_id: str) -> LocalListLimits | None:
        """See `StationCalls`."""
        version = await self.lines.version_of(station_id)
        asked = version.local_list_limits()
        return version.local_list_limits_of(asked, await self.lines.call(station_id, asked.action, asked.payload))

    async def local_list_version(self, station_id: str) -> int | None:
        """See `StationCalls`. Its field is named anew in 2.x; -1 is what 1.6 says of a list it does not have."""
        version, asked = await self.lines.version_of(station_id), Asked(action="GetLocalListVersion", payload={})
        answer = await self.lines.call(station_id, asked.action, asked.payload)
        payload = payload_of(version.schemas, asked, answer) or {}
        number = payload.get("listVersion", payload.get("versionNumber"))
        return number if isinstance(number, int) and number >= 0 else None

    async def send_local_list(self, station_id: str, update: ListUpdate) -> str:
        """See `StationCalls`."""
        return await self._ask(station_id, lambda version: version.send_local_list(update))

    async def clear_cache(self, station_id: str) -> str:
        """See `StationCalls`."""
        return await self._ask(station_id, lambda _: Asked(action="ClearCache", payload={}))

    async def cost_updated(self, transaction: Transaction, cost: Decimal) -> str:
        """See `StationCalls`."""
        return await self._ask(transaction.station_id, lambda version: version.cost_updated(transaction, cost))

    async def set_default_tariff(
        self, station_id: str, evse_id: int, tariff: Tariff, name: str, texts: Sequence[DisplayText]
    ) -> TariffAnswer:
        """See `StationCalls`."""
        try:
            status = await self._ask(
                station_id, lambda version: version.set_default_tariff(evse_id, tariff, name, texts)
            )
        except Inexpressible as error:
            return TariffAnswer(status="Inexpressible", why="; ".join(error.reasons))
        return TariffAnswer(status=status)

    async def clear_tariff(self, station_id: str, evse_id: int, name: str) -> str:
        """See `StationCalls`. Each tariff has a status of its own."""
        version = await self.lines.version_of(station_id)
        asked = Asked(action="ClearTariffs", payload={"evseId": evse_id, "tariffIds": [name]})
        answer = await self.lines.call(station_id, asked.action, asked.payload)
        results = cast(list[Payload], (payload_of(version.schemas, asked, answer) or {}).get("clearTariffsResult", []))
        return str(results[0]["status"]) if results else version.status_of(asked, answer)

    async def call(self, station_id: str, action: str, payload: Payload) -> CallAnswer:
        """See `StationCalls`."""
        answer = await self.lines.call(station_id, action, payload)
        if isinstance(answer, CallError):
            return CallAnswer(error=answer.code, description=answer.description)
        return CallAnswer(payload=answer.payload)

    async def set_password(self, station_id: str, password: str) -> bool:
        """See `StationCalls`."""
        version = await self.lines.version_of(station_id)
        action, payload = change_of(version.subprotocol, password)
        return is_taken(await self.lines.call(station_id, action, payload))

    async def is_connected(self, station_id: str) -> bool:
        """See `StationCalls`."""
        return await self.lines.is_connected(station_id)

    async def _ask(self, station_id: str, words: Callable[[OcppVersion], Asked | None]) -> str:
        """What the station says to a call in the words of its version, `NotSupported` where that has none for it."""
        version = await self.lines.version_of(station_id)
        asked = words(version)
        if asked is None:
            return "NotSupported"
        return version.status_of(asked, await self.lines.call(station_id, asked.action, asked.payload))
