"""Every class, field, type, cardinality and word in the standard's tables is that of our classes.

The standard is found by `OCPI_SPEC`: a folder with `v211` (Markdown), `v221`, `v230` and the extensions
`v230-payments`, `v230-bookings` (AsciiDoc), as they are in its repository. It is no part of the project. `EXPLAINED`
names where our classes differ on purpose, and why; a difference that is not there, or is there and is none, fails.
"""

import os
import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import pytest

from ocpilot.wire import v211, v221, v230
from ocpilot.wire.check import field_plans, marks_of, meta_of, plain_type
from ocpilot.wire.fields import Text, Url, Wire, Words

SPEC = os.environ.get("OCPI_SPEC")
pytestmark = pytest.mark.skipif(not SPEC, reason="OCPI_SPEC is not set")

PACKAGES = {"v211": v211, "v221": v221, "v230": v230, "v230-payments": v230, "v230-bookings": v230}
#: Names in the standard -> ours.
RENAMED = {
    "Allowed": "AllowedType",
    "BookingTokens": "BookingToken",
    "TimeSlot": "Timeslot",
    "Version": "VersionInfo",
    "Version details endpoint": "VersionDetails",
}
_LATER = "a platform of an older version may name newer ones, and modules of extensions"
_STALE = "the branch of the extension is older than the core, where this was corrected"
_BOOKINGS = "of the bookings extension, which is written into the same class"
_PAYMENTS = "of the payments extension, which is written into the same class"
_MODULES = dict.fromkeys((f"ModuleID.{word}" for word in ("Booking", "invoicereconciliation", "payments")), _LATER)
_EVERYWHERE = {"Role.PTP": "of the payments extension, which speaks of it and has no table of roles", **_MODULES}
_IN_CORE = {
    "CDR.booking_id": _BOOKINGS,
    "CdrDimensionType.RESERVATION_EXPIRES": _BOOKINGS,
    "CdrDimensionType.RESERVATION_OVERTIME": _BOOKINGS,
    "TariffRestrictions.booking": _BOOKINGS,
}
#: Folder -> name of the field or word -> why it differs.
EXPLAINED = {
    "v211": {
        "Hours.twentyfourseven": "the table has it as one of two choices, so it may be left out beside regular_hours",
        **dict.fromkeys(("VersionNumber.2.2", "VersionNumber.2.2.1", "VersionNumber.2.3.0"), _LATER),
    },
    "v221": {"VersionNumber.2.3.0": _LATER, **_MODULES},
    "v230": {"Tariff.preauthorize_amount": _PAYMENTS, **_IN_CORE, **_EVERYWHERE},
    "v230-payments": {**_IN_CORE, **_EVERYWHERE},
    "v230-bookings": {
        "Location.address": _STALE,
        "Location.state": _STALE,
        "SignedValue.plain_data": _STALE,
        "Tariff.preauthorize_amount": _PAYMENTS,
        **_EVERYWHERE,
    },
}
#: Ours that no table of the version describes.
NOT_IN_TABLES = {v211: {"CommandResult": "2.1.1 sends a CommandResponse where later versions send this"}}
#: Enums that we read more openly, or cannot tell.
OPENED = {
    "CommandType": "no field holds it: it stands in URLs",
    "Role": "the table of a booking's Cancellation says Role and links to InterfaceRole: there, both are kept",
}

HEADING = re.compile(r"^(?:=+|#+) (.*)$")
MARKED = re.compile(r"^[\d. ]*_?([A-Z][\w ]*?)_? (?:[_*](class|enum|OpenEnum)[_*]|([Oo]bject))\s*$")


def tables(folder):
    """Name -> (kind, rows) of each class and enum that a table of the standard describes."""
    found = {}
    for path in sorted(Path(SPEC, folder).glob("*.md" if folder == "v211" else "*.asciidoc")):
        parent = ""
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if heading := HEADING.match(line):
                title = heading[1].strip()
                marked = MARKED.match(title)
                if title == "Data" and ours(parent) == "VersionDetails":
                    found["VersionDetails"] = ("class", rows(lines[number + 1 :]))
                elif marked and not title.startswith("Example"):
                    found.setdefault(ours(marked[1]), (marked[2] or "class", rows(lines[number + 1 :])))
                parent = title
    return {name: (kind, found_rows) for name, (kind, found_rows) in found.items() if found_rows}


def ours(name):
    return RENAMED.get(name, name.replace(" ", ""))


def rows(lines):
    """The rows of the first table before the next heading, without its header."""
    cells = []
    for line in takewhile(lambda line: not HEADING.match(line), lines):
        if line.startswith("|") and not re.match(r"\|(===|[-: ]+\|)", line):
            cells.append([cell.strip() for cell in re.split(r"(?: a)?(?<!\\)\|", line)[1:]])
        elif cells and (line == "|===" or (line and lines[0].startswith("#"))):
            break
    return [row for row in cells[1:] if "Choice" not in row[0]]


def fields_in(table):
    """Field -> "type cardinality" of a class of the standard."""
    return {plain(name).lstrip("> "): f"{plain(kind)} {card}" for name, kind, card, *_ in table}


def in_one_case(fields):
    """2.1.1 has one CiString; classes that it shares with 2.3.0 have more, which differ in what is counted only."""
    return {name: kind.replace("CiString", "string") for name, kind in fields.items()}


def plain(cell):
    """A cell without links and anchors: `CiString(36)`, `Location`."""
    cell = re.sub(r"\[\[.*?\]\]", "", cell.replace("&gt;", ""))
    cell = re.sub(r"<<(?:[^,>]*,)?\s*([^>]*)>>", r"\1", cell)
    cell = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cell)
    cell = re.sub(r"\[(?:1\.\.)?(\d+)\]", r"(\1)", cell).strip()
    cell = re.sub(r"^int\(\d\)$", "int", cell)
    return ours(re.sub(r"^String", "string", cell))


def words_in(table):
    """The words of an enum; ModuleID has them in the second column."""
    column = 1 if table and table[0][0].startswith(("<<", "[")) else 0
    return {row[column] for row in table}


def type_of(hint):
    """The type of a field in the words of the tables, with its cardinality for a list."""
    kind, marks = plain_type(hint), marks_of(hint)
    words = next((mark for mark in marks if isinstance(mark, Words)), None)
    if get_origin(kind) is tuple:
        return type_of(get_args(kind)[0])
    if words:
        return words.name
    if kind is str:
        longest = meta_of(marks).max_length
        length = "" if longest is None else f"({longest})"
        look = next((mark for mark in marks if isinstance(mark, Text)), Text())
        return "URL" if marks == get_args(Url)[1:] else f"{'CiString' if look.ascii_only else 'string'}{length}"
    return {int: "int", Decimal: "number", bool: "boolean", datetime: "DateTime"}.get(kind) or kind.__name__


def fields_of(cls):
    """Field -> "type cardinality" of our class."""
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for plan in field_plans(cls):
        hint = hints[plan.name]
        one = "1" if plan.required else "?"
        found[plan.name] = f"{type_of(hint)} {('+' if plan.required else '*') if plan.is_list else one}"
    return found


def open_enums_of(package):
    """Name -> known words of the OpenEnums that fields hold."""
    classes = [cls for cls in (getattr(package, name) for name in package.__all__) if issubclass(cls, Wire)]
    hints = [hint for cls in classes for hint in get_type_hints(cls, include_extras=True).values()]
    items = [get_args(plain_type(hint))[0] if get_origin(plain_type(hint)) is tuple else hint for hint in hints]
    return {mark.name: mark.known for item in items for mark in marks_of(item) if isinstance(mark, Words)}


def enums_of(package):
    """Name -> words of our enums and OpenEnums in a version."""
    classes = [cls for cls in (getattr(package, name) for name in package.__all__) if issubclass(cls, StrEnum)]
    return {cls.__name__: {str(word) for word in cls} for cls in classes} | open_enums_of(package)


def differences(folder):
    """Name -> what the table says and what we do."""
    package = PACKAGES[folder]
    enums = enums_of(package)
    found = {}
    for name, (kind, table) in tables(folder).items():
        if kind == "class":
            cls = getattr(package, name, None)
            mine, theirs = fields_of(cls) if cls else {}, fields_in(table)
            if folder == "v211":
                mine, theirs = in_one_case(mine), in_one_case(theirs)
        else:
            mine = dict.fromkeys(enums.get(name, ()), "a word")
            theirs = dict.fromkeys(words_in(table), "a word")
        found |= {
            f"{name}.{key}": f"in the table {theirs.get(key)}, here {mine.get(key)}"
            for key in theirs.keys() | mine.keys()
            if theirs.get(key) != mine.get(key)
        }
    return found


@pytest.mark.parametrize("folder", PACKAGES)
def test_our_classes_are_those_of_the_tables(folder):
    assert len(tables(folder)) > 50
    found = differences(folder)
    explained = EXPLAINED[folder]
    assert {name: what for name, what in found.items() if name not in explained} == {}
    assert explained.keys() - found.keys() == set()


@pytest.mark.parametrize("package", [v211, v221, v230], ids=["v211", "v221", "v230"])
def test_the_standard_has_every_class_and_enum_of_ours(package):
    known = {name for folder, one in PACKAGES.items() if one is package for name in tables(folder)}
    assert set(package.__all__) - known == NOT_IN_TABLES.get(package, {}).keys()


@pytest.mark.parametrize("folder", ["v230", "v230-payments", "v230-bookings"])
def test_open_enums_are_open_and_enums_are_closed(folder):
    is_open = open_enums_of(v230).keys()
    wrong = {
        name
        for name, (kind, _) in tables(folder).items()
        if kind != "class" and (kind == "OpenEnum") != (name in is_open)
    }
    assert wrong == OPENED.keys()
