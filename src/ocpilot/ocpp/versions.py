"""The OCPP versions we speak, in the order in which we would rather speak them."""

from ocpilot.base.errors import StationUnreachable
from ocpilot.ocpp.v2 import V21, V201
from ocpilot.ocpp.v16 import V16
from ocpilot.ocpp.version import OcppVersion

VERSIONS: tuple[OcppVersion, ...] = (V21(), V201(), V16())


def negotiated(offered: list[str]) -> OcppVersion | None:
    """The version to speak with a station that offers these subprotocols."""
    return next((version for version in VERSIONS if version.subprotocol in offered), None)


def version_named(subprotocol: str) -> OcppVersion:
    """The version of a connection that stands; StationUnreachable when we do not speak it (any more)."""
    version = negotiated([subprotocol])
    if version is None:
        raise StationUnreachable(f"nobody here speaks {subprotocol}")
    return version
