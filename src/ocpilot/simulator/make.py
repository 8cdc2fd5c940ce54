"""What a simulated station is: its version, what it says of itself, and its habits."""

import random
from collections.abc import Iterator
from enum import StrEnum

import msgspec


class OcppVersion(StrEnum):
    """The versions a station can speak."""

    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"

    @property
    def subprotocol(self) -> str:
        """As the websocket handshake names it (OCPP-J, "Subprotocols")."""
        return f"ocpp{self}"


class IdToken(msgspec.Struct, frozen=True):
    """What a driver identifies with; 1.6 knows only the value."""

    value: str
    kind: str = "ISO14443"


class Backoff(msgspec.Struct, frozen=True):
    """Seconds of real time: the first wait, doubled up to `most`, each with a jitter of a half."""

    first: float = 1.0
    most: float = 60.0

    def waits(self) -> Iterator[float]:
        """Endless."""
        wait = self.first
        while True:
            yield wait * random.uniform(0.5, 1.0)  # noqa: S311 - a jitter, no secret
            wait = min(wait * 2, self.most)


class StationMake(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds of simulated time. `heartbeat` None takes the interval of the central system.

    `checked`: every message is checked against its JSON schema by the `ocpp` package (2 ms of CPU each).
    `answer_within`: seconds of real time the central system has to answer a call.
    """

    vendor: str = "OCPIlot"
    model: str = "Simulated 22"
    serial: str = "SIM-0001"
    firmware: str = "1.0"
    meter_interval: float = 60.0
    heartbeat: float | None = None
    connection_timeout: float = 120.0
    offline_starts: bool = True
    boot_on_reconnect: bool = False
    dc: bool = False
    signed: bool = False
    checked: bool = True
    answer_within: float = 30.0
    backoff: Backoff = Backoff()
