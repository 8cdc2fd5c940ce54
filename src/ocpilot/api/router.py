"""Which route a method and path mean. Paths are matched as they were sent: an id may hold a percent-encoded slash."""

from collections.abc import Sequence
from urllib.parse import unquote

from ocpilot.api.table import ENDPOINTS, PREFIX, Endpoint
from ocpilot.base.errors import MethodNotAllowed, NotFound


def match(method: str, raw_path: str) -> tuple[Endpoint, dict[str, str]]:
    """The route and the variables in its path; NotFound, MethodNotAllowed."""
    segments = [unquote(one) for one in raw_path.removeprefix(PREFIX).strip("/").split("/")]
    found = [(endpoint, _variables(parts, segments)) for endpoint, parts in _PARTS if len(parts) == len(segments)]
    fitting = [(endpoint, variables) for endpoint, variables in found if variables is not None]
    if not fitting:
        raise NotFound(f"there is no {raw_path}")
    # A path with fewer variables is meant more exactly: `events/replay` is no event.
    fewest = min(len(variables) for _, variables in fitting)
    there = {endpoint.method: (endpoint, variables) for endpoint, variables in fitting if len(variables) == fewest}
    if method not in there:
        raise MethodNotAllowed(f"found {method}, expected {', '.join(sorted(there))}", sorted(there))
    return there[method]


def _variables(parts: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    """What stands in the place of the variables, None when the rest differs."""
    variables: dict[str, str] = {}
    for part, segment in zip(parts, segments, strict=True):
        if part.startswith("{") and segment:
            variables[part[1:-1]] = segment
        elif part != segment:
            return None
    return variables


_PARTS = [(endpoint, endpoint.path.strip("/").split("/")) for endpoint in ENDPOINTS]
