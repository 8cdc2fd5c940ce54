"""`last_updated` where the owner of an object left it out of a PUT or POST: it is being updated at this moment."""

from datetime import datetime

import msgspec

from ocpilot.base import time
from ocpilot.base.problem import Problem, Severity
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body

_NAME = "last_updated"
#: The parts of a Location, each with a moment of its own; one that has none changed with its parent.
_PARTS = ("evses", "connectors")


def stamped(cls: type[Wire], body: object, now: datetime) -> tuple[object, tuple[Problem, ...]]:
    """`body` with a moment wherever it is missing, and a finding for each; what has no such field stays as it is."""
    if not isinstance(body, dict) or all(field.name != _NAME for field in msgspec.structs.fields(cls)):
        return body, ()
    findings: list[Problem] = []
    return _stamped(body, time.write(now), "$", findings), tuple(findings)


def _stamped(body: Body, moment: object, path: str, findings: list[Problem]) -> Body:
    found = body
    if body.get(_NAME) is None:
        expected = "a value; taken as the moment it came"
        findings.append(Problem(path=f"{path}.{_NAME}", found="nothing", expected=expected, severity=Severity.FINDING))
        found = body | {_NAME: moment}
    for name in _PARTS:
        parts = found.get(name)
        if isinstance(parts, list):
            found = found | {name: [_part(one, found, f"{path}.{name}[{i}]", findings) for i, one in enumerate(parts)]}
    return found


def _part(part: object, parent: Body, path: str, findings: list[Problem]) -> object:
    return _stamped(part, parent[_NAME], path, findings) if isinstance(part, dict) else part
