"""Setting the password of a station, in the words of each version."""

from ocpilot.app.kept.station_events import Payload
from ocpilot.ocpp.frames import CallError, CallResult

_TAKEN = ("Accepted", "RebootRequired")


def change_of(subprotocol: str, password: str) -> tuple[str, Payload]:
    """The call that sets it: 1.6 security whitepaper (A01), OCPP 2.0.1, part 2 (A01)."""
    if subprotocol == "ocpp1.6":
        return "ChangeConfiguration", {"key": "AuthorizationKey", "value": password}
    variable = {
        "attributeValue": password,
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    return "SetVariables", {"setVariableData": [variable]}


def is_taken(answer: CallResult | CallError) -> bool:
    """Whether the station uses it from now on."""
    if isinstance(answer, CallError):
        return False
    results = answer.payload.get("setVariableResult")
    if isinstance(results, list):
        return len(results) == 1 and isinstance(results[0], dict) and results[0].get("attributeStatus") in _TAKEN
    return answer.payload.get("status") in _TAKEN
