"""What each OCPP version can be asked, from the schemas of the standard (`app.kept.call_schemas.CallSchemas`)."""

from msgspec.structs import replace

from ocpilot.app.kept.station_events import Payload
from ocpilot.base.problem import Problem, Severity
from ocpilot.ocpp import schemas
from ocpilot.ocpp.versions import VERSIONS

_PACKAGES = {version.subprotocol: version.schemas for version in VERSIONS}


class OcppSchemas:
    """The schemas by subprotocol. What a station would be forgiven is a problem here: we write strictly."""

    def problems(self, protocol: str, action: str, payload: Payload) -> tuple[Problem, ...]:
        """See `CallSchemas`."""
        package = _PACKAGES.get(protocol)
        if package is None:
            return (Problem(path="$", found=f"a station that speaks {protocol}", expected=f"{', '.join(_PACKAGES)}"),)
        if not schemas.known(package, action):
            return (Problem(path="$", found=f"the action {action[:50]!r}", expected=f"one of {protocol}"),)
        checked = schemas.check_call(package, action, payload)
        return tuple(replace(one, severity=Severity.ERROR) for one in (*checked.errors, *checked.findings))

    def actions(self, protocol: str) -> tuple[str, ...]:
        """See `CallSchemas`."""
        package = _PACKAGES.get(protocol)
        return () if package is None else schemas.actions(package)
