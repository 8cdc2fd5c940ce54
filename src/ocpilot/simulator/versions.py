"""Each OCPP version: how a station says and hears it."""

from collections.abc import Callable

import msgspec

from ocpilot.simulator.device import Device
from ocpilot.simulator.make import OcppVersion, StationMake
from ocpilot.simulator.orders import Orders
from ocpilot.simulator.signing import Signer
from ocpilot.simulator.speech import Reactions, Speech, Stamp
from ocpilot.simulator.v16_reactions import V16Reactions
from ocpilot.simulator.v16_speech import V16Speech


class Spoken(msgspec.Struct, frozen=True):
    """The two halves of a version."""

    speech: Callable[[StationMake, Stamp, Signer | None], Speech]
    reactions: Callable[[Orders, Device, Stamp], Reactions]


def spoken(version: OcppVersion) -> Spoken:
    """How this version is spoken."""
    return _SPOKEN[version]


_SPOKEN = {
    OcppVersion.V16: Spoken(V16Speech, lambda orders, device, stamp: V16Reactions(orders, device, stamp).table()),
}
