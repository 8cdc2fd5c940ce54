"""What the page about the API tells, taken from the API itself."""

from ocpilot.api.problems import KINDS
from ocpilot.api.table import ENDPOINTS, PREFIX
from ocpilot.app.office.hooks import EVENTS
from ocpilot.web.api_page import ApiDescribed, ApiProblem, ApiRoute


def described() -> ApiDescribed:
    """Every route, error and event."""
    return ApiDescribed(
        routes=[ApiRoute(one.method, PREFIX + one.path, one.scope, one.about) for one in ENDPOINTS],
        problems=[ApiProblem(word, status, title) for status, (word, title) in sorted(KINDS.items())],
        events=EVENTS,
    )
