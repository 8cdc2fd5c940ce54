"""Signed meter values out of what they are wrapped in: OCPP payloads, OCPI CDRs, XML of the transparency software."""

import base64
import json
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ocpilot.base.lines import storable
from ocpilot.metering.ocmf import LEAD, key_in

#: Base64 within JSON within a CDR is the deepest that makes sense.
_DEEPEST = 6
_HEX = re.compile(r"([0-9a-fA-F]{2}\s*)+")


class SignedText(msgspec.Struct, frozen=True, kw_only=True):
    """One signed value as it was signed. `key` is the public key beside it, in the writing it came in, `encoding` the
    name that was given to its format, `context` OCPP's word or OCPI's nature for when it was read."""

    text: str
    key: str | None = None
    encoding: str | None = None
    context: str | None = None


def texts_in(data: str) -> tuple[SignedText, ...]:
    """All signed values in a text; a text of no known form is one by itself, an empty one holds none."""
    return tuple(dict.fromkeys(_texts(data, _DEEPEST)))


def envelope(text: str) -> SignedText | None:
    """OCPP's SignedMeterValueType as JSON, the form in which OCPP 1.6 carries it; None when it is something else."""
    found = _json(text)
    return _of_ocpp(found) if isinstance(found, dict) and "signedMeterData" in found else None


def _texts(data: str, deepest: int) -> Iterator[SignedText]:
    bare = data.removeprefix("\ufeff").strip()
    if not bare or deepest == 0:
        return
    if bare.startswith(LEAD):
        yield from (SignedText(text=one, key=key_in(one)) for one in _lines(bare))
    elif bare[0] in "{[" and (found := _json(bare)) is not None:
        yield from _in_json(found, deepest)
    elif bare[0] == "<" and (root := _xml(bare)) is not None:
        yield from _in_xml(root, deepest)
    elif (inner := _inner(bare)) is not None:
        yield from _texts(inner, deepest - 1)
    else:
        yield SignedText(text=bare)


def _lines(text: str) -> list[str]:
    """A file may hold one text a line; a line break within one stays."""
    return [one.rstrip("\r\n") for one in re.split(rf"\n(?={re.escape(LEAD)})", text)]


def _inner(text: str) -> str | None:
    """What hex or Base64 hides, when that is again a text of a known form."""
    try:
        data = bytes.fromhex(text) if _HEX.fullmatch(text) else base64.b64decode("".join(text.split()), validate=True)
        inner = data.decode()
    except ValueError:
        return None
    return inner if inner.lstrip().startswith((LEAD, "{", "<")) else None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


# ---- JSON: OCPP and OCPI -------------------------------------------------------------------------------------------


def _in_json(found: object, deepest: int) -> Iterator[SignedText]:
    """Wherever they stand: a whole frame, a payload, a SampledValue, a CDR, a list or an OCPI answer."""
    waiting = [found]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting[:0] = one
        elif isinstance(one, dict):
            own = _of_object(one, deepest)
            yield from own
            waiting[:0] = () if own else one.values()


def _of_object(body: dict[str, object], deepest: int) -> list[SignedText]:
    context = _text(body, "context")
    if "signedMeterData" in body:
        whole = _of_ocpp(body)
        return [_under(one, whole) for one in _texts(whole.text, deepest - 1)]
    if isinstance(body.get("signedMeterValue"), dict):
        outer = SignedText(text="", context=context)
        return [_under(one, outer) for one in _in_json(body["signedMeterValue"], deepest)]
    if body.get("format") == "SignedData":
        outer = SignedText(text="", context=context)
        return [_under(one, outer) for one in _texts(_text(body, "value") or "", deepest - 1)]
    values = body.get("signed_values")
    if isinstance(values, list):
        outer = SignedText(text="", key=_text(body, "public_key"), encoding=_text(body, "encoding_method"))
        return [_under(one, outer) for value in values for one in _of_ocpi(value, deepest)]
    return []


def _of_ocpi(value: object, deepest: int) -> list[SignedText]:
    if not isinstance(value, dict):
        return []
    outer = SignedText(text="", context=_text(value, "nature"))
    return [_under(one, outer) for one in _texts(_text(value, "signed_data") or "", deepest - 1)]


def _of_ocpp(body: dict[str, object]) -> SignedText:
    """SignedMeterValueType; data that is no Base64 stands there as it is, and binary data stays Base64."""
    data = _text(body, "signedMeterData") or ""
    try:
        text = base64.b64decode("".join(data.split()), validate=True).decode()
    except ValueError:
        text = data
    return SignedText(text=text, key=_text(body, "publicKey"), encoding=_text(body, "encodingMethod"))


def _under(one: SignedText, outer: SignedText) -> SignedText:
    """What the wrapping tells of what is in it."""
    return SignedText(
        text=one.text,
        key=one.key or outer.key,
        encoding=one.encoding or outer.encoding,
        context=one.context or outer.context,
    )


def _text(body: dict[str, object], name: str) -> str | None:
    """A field that is text; halves of characters, which JSON can hold and nothing else, are replaced."""
    value = body.get(name)
    return storable(value) if isinstance(value, str) and value else None


# ---- XML -----------------------------------------------------------------------------------------------------------


def _xml(text: str) -> Element | None:
    try:
        root: Element = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root


def _in_xml(root: Element, deepest: int) -> Iterator[SignedText]:
    """`<values><value context="..."><signedData format="OCMF">...</signedData><publicKey>...</publicKey></value>`."""
    for value in (root, *root.findall("value")):
        signed = value.find("signedData")
        if signed is None or not signed.text:
            signed = value.find("encodedData")
        if signed is None or not signed.text:
            continue
        outer = SignedText(
            text="",
            key=(value.findtext("publicKey") or "").strip() or None,
            encoding=signed.get("format"),
            context=value.get("context"),
        )
        for one in _texts(signed.text, deepest - 1):
            yield _under(one, outer)
