"""Fields of the body that the standard does not name: misspelled, or somebody's own."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import get_args, get_origin, get_type_hints

from ocpilot.pricing.lint.findings import Finding, Rule, Severity
from ocpilot.wire.check import plain_type
from ocpilot.wire.fields import Wire
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import CANONICAL, Version
from ocpilot.wire.v230 import Tariff

MISSPELLED = Rule(
    code="field.misspelled",
    severity=Severity.WARNING,
    section="mod_tariffs, Object description",
    meaning="No system reads this field: what it says does not count, so that a restriction holds always.",
    mend="Correct the name.",
)
UNKNOWN = Rule(
    code="field.unknown",
    severity=Severity.HINT,
    section="mod_tariffs, Object description",
    meaning="Most partners pass this field over: it changes no price.",
    mend="Nothing, if it is meant for those who know it; else remove it.",
)
RULES = (MISSPELLED, UNKNOWN)


def findings(body: Mapping[str, object], version: Version | None) -> Iterator[Finding]:
    """All of this file; `body` is a Tariff as it came in `version`."""
    yield from _of_object(class_in(Tariff, version or CANONICAL), body, "$")


def _of_object(cls: type[Wire], body: Mapping[str, object], path: str) -> Iterator[Finding]:
    known = _children(cls)
    missing = known.keys() - body.keys()
    for name, value in body.items():
        if name not in known:
            yield _unknown(name, missing, f"{path}.{name}")
            continue
        child = known[name]
        values = value if isinstance(value, list) else [value]
        for place, item in enumerate(values):
            if child is not None and isinstance(item, dict):
                yield from _of_object(child, item, f"{path}.{name}[{place}]" if values is value else f"{path}.{name}")


def _unknown(name: str, missing: set[str], path: str) -> Finding:
    close = get_close_matches(name.lower(), missing, n=1, cutoff=0.75)
    if close:
        return MISSPELLED.at(path, f"{name}, which looks like {close[0]}")
    return UNKNOWN.at(path, name)


@cache
def _children(cls: type[Wire]) -> dict[str, type[Wire] | None]:
    """Each field of a class, and the class of what it holds."""
    return {name: _class_of(hint) for name, hint in get_type_hints(cls, include_extras=True).items()}


def _class_of(hint: object) -> type[Wire] | None:
    plain = plain_type(hint)
    if get_origin(plain) is tuple:
        return _class_of(get_args(plain)[0])
    return plain if isinstance(plain, type) and issubclass(plain, Wire) else None
