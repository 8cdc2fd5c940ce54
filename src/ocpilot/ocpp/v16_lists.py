"""Local lists in the words of OCPP 1.6 (3.5 "Local Authorization List Management", 6.41 "SendLocalList.req")."""

from typing import cast

from ocpilot.app.kept.station_events import ListedToken, ListUpdate, LocalListLimits, Payload
from ocpilot.ocpp.version import Asked

_ENABLED, _TOTAL, _PER_MESSAGE = "LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"
_LONGEST = 20


def limits() -> Asked:
    """GetConfiguration of what there is about lists."""
    return Asked(action="GetConfiguration", payload={"key": [_ENABLED, _TOTAL, _PER_MESSAGE]})


def limits_of(answer: Payload | None) -> LocalListLimits | None:
    """All three are required of a station that has a list (9.3)."""
    keys = cast(list[Payload], (answer or {}).get("configurationKey", []))
    said = {str(one["key"]).lower(): str(one.get("value", "")).strip() for one in keys}
    total, per_message = said.get(_TOTAL.lower(), ""), said.get(_PER_MESSAGE.lower(), "")
    if said.get(_ENABLED.lower(), "").lower() != "true" or not total.isdecimal() or not per_message.isdecimal():
        return None
    return LocalListLimits(total=int(total), per_message=max(1, int(per_message)), longest=_LONGEST)


def payload(update: ListUpdate) -> Payload:
    """SendLocalList.req; an idTag without an idTagInfo is gone (7.1 "AuthorizationData")."""
    entries = [*map(_listed, update.listed), *({"idTag": token.value} for token in update.removed)]
    kind = "Full" if update.full else "Differential"
    return {"listVersion": update.version, "updateType": kind, "localAuthorizationList": entries}


def _listed(one: ListedToken) -> Payload:
    info: Payload = {"status": "Accepted"}
    if one.group is not None and len(one.group) <= _LONGEST:
        info["parentIdTag"] = one.group
    return {"idTag": one.token.value, "idTagInfo": info}
