"""The operator console: limited sites, and who gets how much of a limit, and why."""

from starlette.responses import Response

from ocpilot.app.sites import site_limits
from ocpilot.web.console import party
from ocpilot.web.reader import Reader


async def listed(reader: Reader) -> Response:
    """Every limited site."""
    return reader.page("console/sites.html", {"views": await site_limits.views(reader.platform)})


async def shown(reader: Reader) -> Response:
    """One site with its charges, now."""
    view = await site_limits.view(reader.platform, party(reader), reader.request.path_params["id"])
    return reader.page("console/site.html", {"view": view}, part="console/site_part.html")
