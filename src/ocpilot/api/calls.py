"""One request of a back office and its answer as the handlers see them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from ocpilot.app.kept.api_ports import ApiKey
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.pages import moment_in
from ocpilot.app.office import listing
from ocpilot.app.office.api_keys import require_party
from ocpilot.app.office.listing import Place
from ocpilot.app.office.our_objects import Held
from ocpilot.app.platform import Platform
from ocpilot.app.shown import Shown
from ocpilot.base.errors import InvalidObject, MissingParameter
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Problem
from ocpilot.wire import codec
from ocpilot.wire.paging import page_url

T = TypeVar("T")

LARGEST_PAGE = 1000
_USUAL_PAGE = 100
_YES = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class ApiCall:
    """A request whose key may send it. `path` are the variables of the URL, `headers` have lower-case names."""

    platform: Platform
    key: ApiKey
    method: str
    url: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> object:
        """The JSON value in the body; BadJson."""
        return codec.loads(self.body)

    def object(self) -> codec.Body:
        """The JSON object in the body; BadJson, InvalidObject."""
        value = self.json()
        if isinstance(value, dict):
            return value
        raise InvalidObject([Problem(path="$", found=f"a {type(value).__name__}", expected="an object")], "body")

    def read(self, cls: type[T]) -> T:
        """The body as one of our own shapes; InvalidObject says what is wrong. An empty one counts as `{}`."""
        value = codec.loads(self.body) if self.body.strip() else {}
        try:
            return msgspec.convert(value, cls)
        except msgspec.ValidationError as error:
            text, _, path = str(error).partition(" - at `")
            problem = Problem(path=path.rstrip("`") or "$", found="a body that does not fit", expected=text)
            raise InvalidObject([problem], "body") from error

    def party(self) -> PartyId:
        """The party that the URL names; Forbidden when the key is limited to another one."""
        party = PartyId.of(self.path["country_code"], self.path["party_id"])
        require_party(self.key, party)
        return party

    def expected_tag(self) -> str | None:
        """What If-Match names: one tag, or `*`. MissingParameter for anything else."""
        # A proxy that compresses makes our tag a weak one.
        given = self.headers.get("if-match", "").strip().removeprefix("W/")
        if not given or given == "*":
            return given or None
        if len(given) < 2 or given[0] != '"' or given[-1] != '"' or '"' in given[1:-1]:
            raise MissingParameter(
                f'If-Match: found {given[:60]}, expected the ETag of an earlier answer such as "1f0c"'
            )
        return given[1:-1]

    def yes(self, name: str) -> bool | None:
        """`true` or `false` of the query, None when it was not asked; MissingParameter for anything else."""
        text = self.query.get(name)
        if not text:
            return None
        if text not in _YES:
            raise MissingParameter(f"{name}: found {text[:20]!r}, expected true or false")
        return _YES[text]

    def limit(self) -> int:
        """How many objects a page is to have."""
        text = self.query.get("limit") or str(_USUAL_PAGE)
        if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) <= LARGEST_PAGE):
            raise MissingParameter(f"limit: found {text[:20]!r}, expected a whole number from 1 to {LARGEST_PAGE}")
        return int(text)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the back office gets: `body` is JSON text, None for none."""

    status: int = 200
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[ApiCall], Awaitable[Reply]]


def shown(value: Shown, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """One of our own shapes."""
    return Reply(status=status, body=msgspec.json.encode(value), headers=headers or {})


def held(found: Held, status: int = 200) -> Reply:
    """An OCPI object with its tag."""
    return Reply(status=status, body=found.text, headers={"ETag": f'"{found.tag}"'})


def listed(items: list[bytes], call: ApiCall, cursor: str | None = None) -> Reply:
    """A page: `items`, and `next` is the cursor of the page after it."""
    following = b"null" if cursor is None else msgspec.json.encode(cursor)
    body = b'{"items":[' + b",".join(items) + b'],"next":' + following + b"}"
    if cursor is None:
        return Reply(body=body)
    kept = [(name, value) for name, value in call.query.items() if name != "cursor"]
    link = page_url(call.url, [*kept, ("cursor", cursor)])
    return Reply(body=body, headers={"Link": f'<{link}>; rel="next"'})


async def page(call: ApiCall, wanted: listing.Wanted, text: Callable[[StoredObject], Awaitable[bytes]]) -> Reply:
    """One page of stored objects."""
    found = await listing.part(call.platform, wanted, _place(call), call.limit())
    items = [await text(stored) for stored in found.items]
    return listed(items, call, listing.written(found.next) if found.next else None)


def _place(call: ApiCall) -> Place | None:
    cursor = call.query.get("cursor")
    return listing.place_in(cursor) if cursor else None


async def wanted_in(call: ApiCall, wanted: listing.Wanted) -> listing.Wanted:
    """The same with the filters of the query."""
    party = call.query.get("party")
    return msgspec.structs.replace(
        wanted,
        owners=await listing.owners_named(call.platform, call.query.get("owner") or listing.OURS),
        party=party_of(party) if party else None,
        only=call.key.only,
        updated_from=moment_in(call.query, "updated_from"),
        updated_to=moment_in(call.query, "updated_to"),
    )


def party_of(text: str) -> PartyId:
    """The party of a text such as `SE/LAD`; MissingParameter when it is none."""
    try:
        return PartyId.parse(text)
    except ValueError as error:
        raise MissingParameter(f"party: found {text[:20]!r}, expected such as SE/LAD") from error
