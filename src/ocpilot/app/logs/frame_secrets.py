"""What is taken out of an OCPP frame before anything of it is kept: passwords and keys, wherever they stand.

Stations get theirs as a configuration key (1.6: `AuthorizationKey`), as a variable of the device model (2.x:
`BasicAuthPassword`), in a network profile, or as the user of a URL for uploads. IdTokens stay: they are what the log is
about (docs/decisions/20261126-message-log.md).
"""

import re
from decimal import Decimal

import msgspec

from ocpilot.app.logs.message_secrets import MASK, masked_url

#: Names of keys, variables and fields whose values are secrets.
_NAME = re.compile(
    r"passw|passphrase|secret|authori[sz]ation_?key|api_?key|private_?key|\bpsk\b|simpin|credential", re.IGNORECASE
)
#: What a frame with a secret has in it somewhere: such a name, or in a URL a user or a token.
_SUSPECT = re.compile(rf"{_NAME.pattern}|//[^/@\s\"]*@|token[^=\"]*=", re.IGNORECASE)
#: Actions in which no secret has a place; they are nearly all there is.
_HARMLESS = frozenset(
    {"Heartbeat", "MeterValues", "StatusNotification", "TransactionEvent", "StartTransaction", "StopTransaction"}
)
#: Where the name of a value stands (1.6, 2.x) and where the value: beside the name, in a configuration key or variable.
_VALUES = frozenset({"value", "attributeValue", "actualValue", "variableAttribute"})
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def without_secrets(action: str | None, text: str) -> str:
    """The frame without them. What is no JSON is kept as far as nothing in it looks like one."""
    if action in _HARMLESS:
        return text
    suspect = _SUSPECT.search(text)
    if suspect is None:
        return text
    try:
        said = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError, ArithmeticError):
        return text[: suspect.start()] + MASK
    masked = _masked(said)
    return text if masked == said else _ENCODER.encode(masked).decode()


def is_secret(name: str) -> bool:
    """Whether what has this name is a secret."""
    return _NAME.search(name) is not None


def _masked(value: object) -> object:
    if isinstance(value, dict):
        hidden = _VALUES if _names_secret(value) else frozenset[str]()
        return {key: _field(str(key), inner, hidden) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _field(key: str, value: object, hidden: frozenset[str]) -> object:
    if key in hidden and key == "variableAttribute" and isinstance(value, list):
        return [{**one, "value": MASK} if isinstance(one, dict) and "value" in one else one for one in value]
    if key in hidden or (isinstance(value, str) and is_secret(key)):
        return MASK
    return _masked(value)


def _names_secret(value: dict[str, object]) -> bool:
    """`{"key": "AuthorizationKey", ...}` and `{"variable": {"name": "BasicAuthPassword"}, ...}`."""
    variable = value.get("variable")
    names = (value.get("key"), variable.get("name") if isinstance(variable, dict) else None)
    return any(isinstance(name, str) and is_secret(name) for name in names)


def _text(value: str) -> str:
    """A text of somebody's own, as the data of a DataTransfer, may itself be JSON or name a URL."""
    if is_secret(value) and any(sign in value for sign in ":="):
        return MASK
    return masked_url(value) if "@" in value or "?" in value else value
