"""Each OCPP version: how a station says and hears it."""

from collections.abc import Callable, Mapping
from functools import partial

import ocpp.v21.call
import ocpp.v21.call_result
import ocpp.v201.call
import ocpp.v201.call_result

from ocpilot.simulator.device import Device
from ocpilot.simulator.make import OcppVersion, StationMake
from ocpilot.simulator.orders import Orders
from ocpilot.simulator.signing import Signer
from ocpilot.simulator.speech import Reactions, Speech, Stamp
from ocpilot.simulator.v2_reactions import V2Reactions
from ocpilot.simulator.v2_speech import V2Speech
from ocpilot.simulator.v16_reactions import V16Reactions
from ocpilot.simulator.v16_speech import V16Speech
from ocpilot.simulator.v21_reactions import V21Reactions

_SPEECH: Mapping[OcppVersion, Callable[[StationMake, Stamp, Signer | None], Speech]] = {
    OcppVersion.V16: V16Speech,
    OcppVersion.V201: partial(V2Speech, ocpp.v201.call),
    OcppVersion.V21: partial(V2Speech, ocpp.v21.call),
}
_REACTIONS: Mapping[OcppVersion, Callable[[Orders, Device, Stamp], V16Reactions | V2Reactions]] = {
    OcppVersion.V16: V16Reactions,
    OcppVersion.V201: partial(V2Reactions, ocpp.v201.call, ocpp.v201.call_result),
    OcppVersion.V21: partial(V21Reactions, ocpp.v21.call, ocpp.v21.call_result),
}


def speech(version: OcppVersion, make: StationMake, stamp: Stamp, signer: Signer | None) -> Speech:
    """How a station says it."""
    return _SPEECH[version](make, stamp, signer)


def reactions(version: OcppVersion, orders: Orders, device: Device, stamp: Stamp) -> Reactions:
    """How a station hears it."""
    return _REACTIONS[version](orders, device, stamp).table()
