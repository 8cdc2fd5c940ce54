"""The types of fields in the standard's tables: strings of a length, numbers, times, words of open enums.

Lengths are `msgspec.Meta`, so both `msgspec` and `wire.check` see them. What only the check needs (how a text should
look, which words of an OpenEnum are known) rides along as `Text` and `Words`; a breach of those is a finding, no error.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta


class Wire(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of every class that travels: frozen, and without its empty fields when written."""


class Text(msgspec.Struct, frozen=True):
    """How a string should look: printable, and a regular expression where the table gives one."""

    #: CiString: printable ASCII only (types, "CiString").
    ascii_only: bool = False
    #: Must match the whole string; `shown` says in words what it means.
    pattern: str | None = None
    shown: str = ""
    #: A decimal number of degrees: too many decimals are cut off rather than refused.
    degrees: bool = False
    #: Hours and minutes: seconds that are none are cut off.
    time_of_day: bool = False
    #: Never shown in a message or log.
    secret: bool = False


class InItsVersion(msgspec.Struct, frozen=True):
    """A bound that holds for bodies of the version the class is of. `msgspec` does not see it, so that the 2.3.0 value
    of an older version's body may lie beyond it."""

    meta: Meta


class Implied(msgspec.Struct, frozen=True):
    """What a field that must be there is when it was left out, as many do; `beside`: only where this other one is."""

    value: bool | int | str
    beside: str | None = None


class Words:
    """Marks an OpenEnum field: any string, known words those of a StrEnum less `without` (types, "OpenEnum")."""

    def __init__(self, known: type[StrEnum], *, without: Iterable[StrEnum] = ()) -> None:
        self.name = known.__name__
        self.known = frozenset(str(word) for word in known) - frozenset(str(word) for word in without)


_CI = Text(ascii_only=True)

CiString = Annotated[str, _CI]
CiString2 = Annotated[str, Meta(max_length=2), _CI]
CiString3 = Annotated[str, Meta(max_length=3), _CI]
CiString4 = Annotated[str, Meta(max_length=4), _CI]
CiString5 = Annotated[str, Meta(max_length=5), _CI]
CiString10 = Annotated[str, Meta(max_length=10), _CI]
CiString20 = Annotated[str, Meta(max_length=20), _CI]
CiString25 = Annotated[str, Meta(max_length=25), _CI]
CiString32 = Annotated[str, Meta(max_length=32), _CI]
CiString36 = Annotated[str, Meta(max_length=36), _CI]
CiString39 = Annotated[str, Meta(max_length=39), _CI]
CiString45 = Annotated[str, Meta(max_length=45), _CI]
CiString48 = Annotated[str, Meta(max_length=48), _CI]
CiString255 = Annotated[str, Meta(max_length=255), _CI]
#: Ids of Locations and EVSEs, which have up to 39 characters in 2.1.1 (mod_locations 2.1.1, "Location object").
PlaceId = Annotated[str, InItsVersion(Meta(max_length=36)), _CI]
#: (mod_payments: CiString[1..255])
CiString1To255 = Annotated[str, Meta(max_length=255), Text(ascii_only=True, pattern=r".+", shown="a text")]

_PLAIN = Text()

String = Annotated[str, _PLAIN]
String2 = Annotated[str, Meta(max_length=2), _PLAIN]
String3 = Annotated[str, Meta(max_length=3), _PLAIN]
String4 = Annotated[str, Meta(max_length=4), _PLAIN]
String10 = Annotated[str, Meta(max_length=10), _PLAIN]
String12 = Annotated[str, Meta(max_length=12), _PLAIN]
String16 = Annotated[str, Meta(max_length=16), _PLAIN]
String20 = Annotated[str, Meta(max_length=20), _PLAIN]
String36 = Annotated[str, Meta(max_length=36), _PLAIN]
String39 = Annotated[str, Meta(max_length=39), _PLAIN]
String45 = Annotated[str, Meta(max_length=45), _PLAIN]
String48 = Annotated[str, Meta(max_length=48), _PLAIN]
String50 = Annotated[str, Meta(max_length=50), _PLAIN]
String64 = Annotated[str, Meta(max_length=64), _PLAIN]
String100 = Annotated[str, Meta(max_length=100), _PLAIN]
String255 = Annotated[str, Meta(max_length=255), _PLAIN]
String512 = Annotated[str, Meta(max_length=512), _PLAIN]
#: (credentials, "Credentials object": printable non-whitespace ASCII.)
CredentialsToken = Annotated[
    str, Meta(max_length=64), Text(pattern=r"[\x21-\x7e]+", shown="printable ASCII without spaces", secret=True)
]
#: Signed meter values hold line breaks in practice, so these are only measured (mod_cdrs, "SignedValue").
Blob512 = Annotated[str, Meta(max_length=512)]
Blob5000 = Annotated[str, Meta(max_length=5000)]

Url = Annotated[str, Meta(max_length=255), Text(pattern=r"https?://\S+", shown="a URL such as https://example.com/")]

Latitude = Annotated[
    str,
    Meta(max_length=10),
    Text(pattern=r"-?[0-9]{1,2}\.[0-9]{5,7}", shown="decimal degrees such as 50.770774", degrees=True),
]
Longitude = Annotated[
    str,
    Meta(max_length=11),
    Text(pattern=r"-?[0-9]{1,3}\.[0-9]{5,7}", shown="decimal degrees such as -126.104965", degrees=True),
]
#: Seconds that a command may take where nobody says so: 2.1.1 cannot, and platforms of other versions leave it out.
USUAL_TIMEOUT = 30
Timeout = Annotated[int, Implied(USUAL_TIMEOUT)]
TimeOfDay = Annotated[
    str,
    Meta(max_length=5),
    Text(pattern=r"([0-1][0-9]|2[0-3]):[0-5][0-9]|24:00", shown="a time of day such as 13:30", time_of_day=True),
]
LocalDate = Annotated[
    str,
    Meta(max_length=10),
    Text(pattern=r"([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", shown="a date such as 2015-12-24"),
]

Number = Decimal
Int5 = Annotated[int, Meta(ge=0, le=99999)]
Weekday = Annotated[int, Meta(ge=1, le=7)]
DateTime = Annotated[datetime, Meta(tz=True)]

#: A list of cardinality `+` is `Annotated[tuple[T, ...], AT_LEAST_ONE]`.
AT_LEAST_ONE = Meta(min_length=1)
