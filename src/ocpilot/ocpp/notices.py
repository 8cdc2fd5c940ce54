"""What stations say that asks for no decision: passed on as it came, and the answer that the standard wants to it."""

from collections.abc import Callable

from ocpilot.app.kept.station_events import Payload
from ocpilot.ocpp.version import Handler, Station

Answer = Callable[[Payload], Payload]


def _nothing(_: Payload) -> Payload:
    return {}


def notice(action: str, answer: Answer = _nothing) -> Handler:
    """Passed on, and answered with what `answer` makes of its payload."""

    async def taken(station: Station, payload: Payload) -> Payload:
        await station.events.notice(station.id, action, payload)
        return answer(payload)

    return taken


def notices(*actions: str) -> dict[str, Handler]:
    """Those whose answer says nothing."""
    return {action: notice(action) for action in actions}


def always(**answer: object) -> Answer:
    """The same answer whatever was said."""
    return lambda _: dict(answer)
