"""Conversion of JSON objects between versions, as a chain of steps between neighbours."""

from enum import StrEnum
from itertools import pairwise

from msgspec.structs import replace

from ocpilot.base.errors import BadRequest
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.packages import exists_in
from ocpilot.wire.protocol import CANONICAL, Version
from ocpilot.wire.steps import v211_v221, v221_v230
from ocpilot.wire.steps.context import NOTHING, Context
from ocpilot.wire.steps.v211_charges import provider_in
from ocpilot.wire.steps.walk import Assumption, Converted, Loss, Step, walk
from ocpilot.wire.v230 import Location

__all__ = ["NOTHING", "Assumption", "Context", "Converted", "Loss", "convert", "provider_in", "word_in"]

#: From a version to its neighbour.
_STEPS: dict[tuple[Version, Version], Step] = {
    (Version.V2_1_1, Version.V2_2_1): v211_v221.UP,
    (Version.V2_2_1, Version.V2_1_1): v211_v221.DOWN,
    (Version.V2_2_1, Version.V2_3_0): v221_v230.UP,
    (Version.V2_3_0, Version.V2_2_1): v221_v230.DOWN,
}


def convert(cls: type[Wire], body: Body, source: Version, target: Version, context: Context = NOTHING) -> Converted:
    """`body`, a checked object of the 2.3.0 class `cls` in version `source`, in version `target`.

    What could not be carried over is in `losses`, what nobody said in `assumptions`; paths of losses are those of the
    version each step starts from. The body given is not changed. BadRequest when `target` has no such object.
    """
    converted = Converted(body, ())
    if source == target:
        return converted
    for old, new in pairwise(_way(source, target)):
        if not exists_in(cls, new):
            raise BadRequest(f"OCPI {new} has no {cls.__name__}")
        converted, context = _step(cls, converted, _STEPS[old, new], context)
    return converted


def word_in(enum: type[StrEnum], word: str, version: Version) -> str:
    """A word of an enum of 2.3.0 in `version`: the nearest right one, the word itself where there is none."""
    for step in (_STEPS[way] for way in pairwise(_way(CANONICAL, version))):
        table = step.words.get(enum.__name__)
        word = (table.word(word) if table else word) or word
    return word


def _way(source: Version, target: Version) -> list[Version]:
    """All versions from `source` to `target`."""
    versions = list(Version)
    start, end = versions.index(source), versions.index(target)
    return versions[start : end + 1] if start <= end else versions[end : start + 1][::-1]


def _step(cls: type[Wire], so_far: Converted, step: Step, context: Context) -> tuple[Converted, Context]:
    """One step further, the Location in the context too."""
    if context.location is not None:
        context = replace(context, location=walk(Location, context.location, step, context).body)
    done = walk(cls, so_far.body, step, context)
    losses, assumptions = so_far.losses + done.losses, so_far.assumptions + done.assumptions
    return Converted(done.body, losses, assumptions), context
