"""Tokens and local lists in the words of OCPP 2.x (part 2, D "Local Authorization List Management")."""

from typing import cast

from ocpilot.app.kept.station_events import IdToken, ListedToken, ListUpdate, LocalListLimits, Payload
from ocpilot.ocpp.version import Asked

_COMPONENT = "LocalAuthListCtrlr"
_ENABLED, _PER_MESSAGE = "Enabled", "ItemsPerMessage"
#: How many entries there may be is no variable but a characteristic of one; who has no room refuses what is too much.
_TOTAL = 100_000
_LONGEST = 36


def token(shown: IdToken) -> Payload:
    """("IdTokenType")."""
    return {"idToken": shown.value, "type": shown.kind or "Central"}


def group(name: str) -> Payload:
    """The token of a group, which nobody can show."""
    return {"idToken": name, "type": "Central"}


def limits() -> Asked:
    """GetVariables of what there is about lists."""
    asked = [{"component": {"name": _COMPONENT}, "variable": {"name": name}} for name in (_ENABLED, _PER_MESSAGE)]
    return Asked(action="GetVariables", payload={"getVariableData": asked})


def limits_of(answer: Payload | None) -> LocalListLimits | None:
    """`ItemsPerMessage` is required of a station that has a list; `Enabled` may be absent."""
    results = cast(list[Payload], (answer or {}).get("getVariableResult", []))
    said = {
        str(cast(Payload, one["variable"])["name"]): str(one.get("attributeValue", "")).strip()
        for one in results
        if one["attributeStatus"] == "Accepted"
    }
    per_message = said.get(_PER_MESSAGE, "")
    if said.get(_ENABLED, "true").lower() != "true" or not per_message.isdecimal():
        return None
    return LocalListLimits(total=_TOTAL, per_message=max(1, int(per_message)), longest=_LONGEST)


def payload(update: ListUpdate) -> Payload:
    """SendLocalListRequest; a token without an idTokenInfo is gone (D01.FR.17, "AuthorizationData")."""
    entries = [*map(_listed, update.listed), *({"idToken": token(one)} for one in update.removed)]
    said: Payload = {"versionNumber": update.version, "updateType": "Full" if update.full else "Differential"}
    return said | ({"localAuthorizationList": entries} if entries else {})


def _listed(one: ListedToken) -> Payload:
    info: Payload = {"status": "Accepted"}
    if one.group is not None:
        info["groupIdToken"] = group(one.group)
    return {"idToken": token(one.token), "idTokenInfo": info}
