"""What was sent beside what came back."""

from typing import cast

from ocpilot.base import time
from ocpilot.wire import codec
from ocpilot.wire.codec import Body


def differences(sent: object, got: object, path: str = "$") -> list[str]:
    """Where `got` lacks what was sent; more than that may be there. Times compare as moments, empty is absent."""
    if isinstance(sent, dict):
        found = cast(Body, got) if isinstance(got, dict) else {}
        return [one for name, value in sent.items() for one in differences(value, found.get(name), f"{path}.{name}")]
    if isinstance(sent, list) and isinstance(got, list) and len(sent) == len(got):
        pairs = enumerate(zip(sent, got, strict=True))
        return [one for index, (a, b) in pairs for one in differences(a, b, f"{path}[{index}]")]
    if sent in (None, []) and got in (None, []):
        return []
    return [] if _equal(sent, got) else [f"{path}: sent {_short(sent)}, got {_short(got)}"]


def _equal(sent: object, got: object) -> bool:
    if isinstance(sent, bool) or isinstance(got, bool):
        return sent is got
    if isinstance(sent, str) and isinstance(got, str) and sent != got:
        try:
            return time.parse(sent) == time.parse(got)
        except ValueError:
            return False
    return sent == got


def _short(value: object) -> str:
    text = codec.dumps(value).decode()
    return text if len(text) < 80 else f"{text[:80]}..."


def as_dict(value: object) -> Body:
    """An object as such; empty for anything else."""
    return value if isinstance(value, dict) else {}
