"""Conversion of JSON objects between versions, as a chain of steps between neighbours."""

from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.protocol import Version
from ocpilot.wire.steps import v221_v230
from ocpilot.wire.steps.walk import Converted, Loss, walk

__all__ = ["Converted", "Loss", "convert"]

#: From a version to its neighbour. 2.1.1 is added as two more rows, and `convert` then goes through 2.2.1.
_STEPS = {
    (Version.V2_2_1, Version.V2_3_0): v221_v230.UP,
    (Version.V2_3_0, Version.V2_2_1): v221_v230.DOWN,
}


def convert(cls: type[Wire], body: Body, source: Version, target: Version) -> Converted:
    """`body`, a checked object of the 2.3.0 class `cls` in version `source`, in version `target`.

    What could not be carried over is in `losses`. The body given is not changed.
    """
    if source == target:
        return Converted(body, ())
    return walk(cls, body, _STEPS[source, target])
