"""What the sender of an object left out and only one thing can be: filled in, with a finding for each.

`last_updated` of an object that is being PUT or POSTed is this moment. The party of a CdrToken, which OCPI 2.2 had not
(changelog 2.2.1), is that of the Token it means.
"""

from datetime import datetime

from ocpilot.base import time
from ocpilot.base.problem import Problem, Severity
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body

_NAME = "last_updated"
#: The fields that name whose a Token is.
PARTY = ("country_code", "party_id")
#: The parts of a Location, each with a moment of its own; one that has none changed with its parent.
_PARTS = ("evses", "connectors")


def stamped(cls: type[Wire], body: object, now: datetime) -> tuple[object, tuple[Problem, ...]]:
    """`body` with a moment wherever it is missing, and a finding for each; what has no such field stays as it is."""
    if not isinstance(body, dict) or _NAME not in cls.__struct_fields__:
        return body, ()
    findings: list[Problem] = []
    return _stamped(body, time.write(now), "$", findings), tuple(findings)


def with_token_party(body: object, token: Body) -> tuple[object, tuple[Problem, ...]]:
    """A Session or CDR whose `cdr_token` names its party, that of `token`."""
    given = body.get("cdr_token") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(given, dict):
        return body, ()
    missing = [name for name in PARTY if given.get(name) is None]
    filled = given | {name: token[name] for name in missing}
    findings = tuple(_finding(f"$.cdr_token.{name}", "the party of the Token") for name in missing)
    return (body | {"cdr_token": filled}, findings) if missing else (body, ())


def _finding(path: str, expected: str) -> Problem:
    return Problem(path=path, found="nothing", expected=expected, severity=Severity.FINDING)


def _stamped(body: Body, moment: object, path: str, findings: list[Problem]) -> Body:
    found = body
    if body.get(_NAME) is None:
        findings.append(_finding(f"{path}.{_NAME}", "a value; taken as the moment it came"))
        found = body | {_NAME: moment}
    for name in _PARTS:
        parts = found.get(name)
        if isinstance(parts, list):
            found = found | {name: [_part(one, found, f"{path}.{name}[{i}]", findings) for i, one in enumerate(parts)]}
    return found


def _part(part: object, parent: Body, path: str, findings: list[Problem]) -> object:
    return _stamped(part, parent[_NAME], path, findings) if isinstance(part, dict) else part
