"""Credentials, version details, commands and authorizations between 2.1.1 and 2.2.1."""

import zlib

from ocpilot.wire.fields import USUAL_TIMEOUT
from ocpilot.wire.jsontext import Body
from ocpilot.wire.steps.walk import Assumption, Loss, Notes

#: What Credentials of 2.1.1 say of their one party.
_PARTY = ("business_details", "party_id", "country_code")
_ABOUT_STATIONS = frozenset({"locations", "tariffs", "sessions", "cdrs"})
_ABOUT_DRIVERS = frozenset({"tokens", "commands"})
#: Modules whose sender a platform of a role is; of the other functional modules it is the receiver. A CPO has the
#: stations and their data; an eMSP has the tokens and sends the commands.
_SENDER_OF = {"CPO": _ABOUT_STATIONS, "EMSP": _ABOUT_DRIVERS}


def credentials_up(body: Body, notes: Notes) -> None:
    """The one party gets the role of the context."""
    role = notes.context.role
    if role is None:
        role = "OTHER"
        notes.append(Assumption(".roles[0].role", "OTHER: 2.1.1 does not say it"))
    body["roles"] = [{"role": role, **{name: body.pop(name) for name in _PARTY if name in body}}]


def credentials_down(body: Body, notes: Notes) -> None:
    """Of several roles the one of the context's party stays, else the first."""
    roles = body.pop("roles", None)
    if not isinstance(roles, list) or not roles:
        return
    party = notes.context.party
    wanted = [] if party is None else [party.country_code, party.party_id]
    kept = next((one for one in roles if [one.get("country_code"), one.get("party_id")] == wanted), roles[0])
    body.update({name: kept[name] for name in _PARTY if name in kept})
    notes.append(Loss(".roles", ", ".join(f"{one.get('role')} of {one.get('party_id')}" for one in roles)))


def endpoint_up(body: Body, notes: Notes) -> None:
    """The role of an Endpoint follows from that of its platform."""
    module = body.get("identifier")
    if body.get("role") is not None:
        return
    if module == "credentials":
        body["role"] = "SENDER"
    elif module in _ABOUT_STATIONS | _ABOUT_DRIVERS and notes.context.role in _SENDER_OF:
        body["role"] = "SENDER" if module in _SENDER_OF[notes.context.role] else "RECEIVER"
    else:
        notes.append(Assumption(".role", "left out: nobody says which side of the module this is"))


def response_up(body: Body, notes: Notes) -> None:
    """A sender must know how long to wait."""
    if "timeout" not in body:
        body["timeout"] = USUAL_TIMEOUT
        notes.append(Assumption(".timeout", f"{USUAL_TIMEOUT} seconds: 2.1.1 does not say it"))


def authorization_up(body: Body, notes: Notes) -> None:
    """The answer of 2.1.1 does not repeat the Token."""
    if notes.context.token is not None:
        body["token"] = notes.context.token
    elif "token" not in body:
        notes.append(Assumption(".token", "left out: the Token is not known"))


def reservation_up(body: Body, _notes: Notes) -> None:
    body["reservation_id"] = str(body.get("reservation_id"))


def reservation_down(body: Body, notes: Notes) -> None:
    """A reservation id is a number: always the same one for the same text."""
    text = str(body.get("reservation_id"))
    if text.isdecimal() and text == str(int(text)):
        body["reservation_id"] = int(text)
        return
    body["reservation_id"] = zlib.crc32(text.lower().encode()) & 0x7FFF_FFFF
    notes.append(Loss(".reservation_id", f"the id {text} becomes the number {body['reservation_id']}"))
