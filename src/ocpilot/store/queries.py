"""Named SQL statements from the `.sql` files beside this one, with named parameters.

A statement starts with `-- name: put`, then one line `-- What it does.`; a parameter is `:last_updated`, the same name
may stand several times. `{table}` is filled from a fixed map, never from input.
"""

import re
from collections.abc import Mapping
from importlib import resources

import msgspec

_NAME = re.compile(r"^-- name: ([a-z_]+)$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")


class Statement(msgspec.Struct, frozen=True):
    """`text` with `$1`, `$2` ... in the order of `parameters`; `about` is its sentence."""

    name: str
    about: str
    text: str
    parameters: tuple[str, ...]

    def bind(self, values: Mapping[str, object]) -> list[object]:
        """The values in the order of the statement; KeyError when one is missing."""
        return [values[name] for name in self.parameters]


def load(subject: str, **tables: str) -> dict[str, Statement]:
    """All statements of `store/<subject>.sql` by name, `{word}` replaced by its table."""
    text = resources.files("ocpilot.store").joinpath(f"{subject}.sql").read_text(encoding="utf-8")
    for word, table in tables.items():
        text = text.replace("{" + word + "}", table)
    parts = _NAME.split(text)[1:]
    return {name: _statement(name, body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _statement(name: str, body: str) -> Statement:
    about, _, sql = body.strip().partition("\n")
    order = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
    text = _PARAMETER.sub(lambda match: f"${order.index(match.group(1)) + 1}", sql)
    return Statement(name, about.removeprefix("-- "), text.rstrip().rstrip(";"), order)
