"""What the platform needs to know about the calls of each OCPP version (`ports.py`)."""

from typing import Protocol

from ocpilot.app.kept.station_events import Payload
from ocpilot.base.problem import Problem


class CallSchemas(Protocol):
    """The schemas of the standard, by subprotocol (`ocpp1.6`, `ocpp2.0.1`, `ocpp2.1`)."""

    def problems(self, protocol: str, action: str, payload: Payload) -> tuple[Problem, ...]:
        """All that is wrong with a call; of an action that the version does not have, only that."""

    def actions(self, protocol: str) -> tuple[str, ...]:
        """Every action of a version, by name."""


class NoSchemas:
    """`CallSchemas` of a platform that has none: it finds fault with nothing, and the station judges."""

    def problems(self, protocol: str, action: str, payload: Payload) -> tuple[Problem, ...]:  # noqa: ARG002 - protocol
        """See `CallSchemas`."""
        return ()

    def actions(self, protocol: str) -> tuple[str, ...]:  # noqa: ARG002 - protocol
        """See `CallSchemas`."""
        return ()
