"""Registration as decisions: which version, which endpoints, which credentials, which method is allowed when."""

from collections.abc import Container, Iterable, Mapping, Sequence

import msgspec

from ocpilot.base.errors import (
    ForbiddenAddress,
    InvalidObject,
    MethodNotAllowed,
    NoMatchingEndpoints,
    UnsupportedVersion,
)
from ocpilot.base.ids import PARTY_SHAPE, is_party
from ocpilot.base.problem import Problem
from ocpilot.roaming.addresses import check_url
from ocpilot.roaming.offers import Interface, offered, other_side
from ocpilot.wire.protocol import MET_AS, PROTOCOLS, SUPPORTED, InterfaceRole, ModuleID, Version, newest_common
from ocpilot.wire.v230 import Credentials, CredentialsRole, Endpoint, Role, VersionInfo

#: Methods of the credentials module before and after registration (credentials, "Interfaces and endpoints").
BEFORE = ("GET", "POST")
AFTER = ("GET", "PUT", "DELETE")


def check_method(method: str, *, registered: bool) -> None:
    """POST only before registration, PUT and DELETE only after it: MethodNotAllowed (405) otherwise."""
    allowed = AFTER if registered else BEFORE
    if method in allowed:
        return
    state = "already registered: use PUT to update" if registered else "not registered yet: use POST to register"
    raise MethodNotAllowed(f"{method} of credentials: {state}", allowed)


def choose_version(theirs: Sequence[VersionInfo], wanted: Version | None = None) -> tuple[Version, str]:
    """The version both speak and the URL of its details: the newest, or `wanted`. UnsupportedVersion otherwise."""
    urls = {info.version: info.url for info in theirs}
    urls = {str(version): urls[word] for word, version in MET_AS.items() if word in urls} | urls
    mine = SUPPORTED if wanted is None else (wanted,)
    version = newest_common(mine, urls)
    if version is None:
        raise UnsupportedVersion(f"they speak {_listed(urls)}, we asked for {_listed(mine)}")
    return version, urls[version]


#: Other words for a module: the chapter of bookings has one in its head and another in all its URLs.
_OTHER_WORDS = {"bookings": ModuleID.BOOKINGS, "booking": ModuleID.BOOKINGS}


def counterpart(ours: Iterable[str], said: Role | None = None) -> Role:
    """What a platform is for us that does not say its role (before 2.2): `said`, else the other side of our first."""
    if said is not None:
        return said
    return Role.EMSP if next(iter(ours), None) == Role.CPO else Role.CPO


def with_roles(ours: Iterable[str], endpoints: object, theirs: Iterable[str] | None = None) -> object:
    """Endpoints as listed, those without a role (as before 2.2) in the roles that we look for in their module,
    those with another word for it in ours.

    `theirs` are the roles of a platform whose version knows no role of an endpoint: it lists each module once.
    """
    if not isinstance(endpoints, list):
        return endpoints
    wanted = {other_side(interface) for interface in offered(ours)}
    if theirs is not None:
        wanted &= offered(theirs)
    completed: list[object] = []
    for row in map(_in_our_word, endpoints):
        if not isinstance(row, dict) or row.get("role") is not None:
            completed.append(row)
            continue
        roles = [role for module, role in sorted(wanted) if module == row.get("identifier")] or [InterfaceRole.SENDER]
        completed += [row | {"role": str(role)} for role in roles]
    return completed


def without_roles(endpoints: object) -> bool:
    """Whether a list of endpoints leaves out roles, other than that of credentials, which means nothing."""
    rows = endpoints if isinstance(endpoints, list) else []
    named = [row for row in rows if isinstance(row, dict) and row.get("identifier") != ModuleID.CREDENTIALS]
    return any(row.get("role") is None for row in named)


def _in_our_word(row: object) -> object:
    word = row.get("identifier") if isinstance(row, dict) else None
    known = _OTHER_WORDS.get(word) if isinstance(word, str) else None
    return row | {"identifier": str(known)} if isinstance(row, dict) and known else row


class RefusedEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint that is never called, and why."""

    identifier: str
    role: InterfaceRole
    why: str


def callable_endpoints(
    listed: Iterable[Endpoint], *, allow_inner: bool
) -> tuple[tuple[Endpoint, ...], tuple[RefusedEndpoint, ...]]:
    """The endpoints that may be called, and those that lead where nobody is called (`check_url`): one wrong URL is no
    reason to exchange nothing.

    ForbiddenAddress, naming all of them, when credentials is among those, or when nothing but credentials is left.
    """
    usable: list[Endpoint] = []
    refused: list[RefusedEndpoint] = []
    for one in listed:
        try:
            check_url(one.url, allow_inner=allow_inner)
        except ForbiddenAddress as error:
            refused.append(RefusedEndpoint(identifier=one.identifier, role=one.role, why=str(error)))
        else:
            usable.append(one)
    left = {one.identifier for one in usable}
    if refused and (ModuleID.CREDENTIALS not in left or left == {ModuleID.CREDENTIALS}):
        raise ForbiddenAddress(in_words(refused))
    return tuple(usable), tuple(refused)


def in_words(refused: Iterable[RefusedEndpoint]) -> str:
    """Each with its reason, for the people of both sides."""
    return "; ".join(f"{one.identifier} {one.role.lower()}: {one.why}" for one in refused)


#: Invoices are for CDRs: two platforms that exchange nothing else, such as two operators, have none to reconcile.
_ALONE_NOTHING = frozenset({ModuleID.INVOICE_RECONCILIATION})


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """What two platforms can do for each other. `missing`: interfaces their roles promise and they do not offer."""

    usable: frozenset[Interface]
    missing: frozenset[Interface]


def match(ours: Iterable[str], theirs: Iterable[str], endpoints: Iterable[Endpoint]) -> Match:
    """Compare what we look for with what they offer.

    NoMatchingEndpoints (3003) when credentials is missing, or when nothing at all can be exchanged. A single missing
    interface is no reason to refuse: many platforms only push or only pull. One that offers credentials alone may fetch
    what we offer to its roles; before it has said them (`theirs` empty) nobody knows.
    """
    listed, played = tuple(endpoints), frozenset(theirs)
    wanted = frozenset(other_side(interface) for interface in offered(ours))
    found = frozenset((ModuleID(e.identifier), e.role) for e in listed if e.identifier in set(ModuleID))
    if not any(e.identifier == ModuleID.CREDENTIALS for e in listed):
        raise NoMatchingEndpoints("the credentials endpoint is missing in their version details")
    usable = wanted & found
    only_fetches = all(module is ModuleID.CREDENTIALS for module, _ in found)
    fetched = frozenset(map(other_side, offered(played))) & offered(ours)
    if not (_something(usable) or (only_fetches and (not played or _something(fetched)))):
        raise NoMatchingEndpoints(f"we look for {_interfaces(wanted)}, they offer {_interfaces(found)}")
    return Match(usable=usable, missing=(wanted & offered(played)) - found)


def _something(interfaces: Iterable[Interface]) -> bool:
    return any(module not in _ALONE_NOTHING for module, _ in interfaces)


def reached_through(theirs: Credentials, taken: Container[str]) -> Credentials:
    """A hub of 2.3.0 lists the parties behind it (credentials, note at "Credentials object"), maybe ours and some that
    we reach otherwise: those are left out. The credentials of others stay as they are."""
    if theirs.hub_party_id is None:
        return theirs
    roles = (role for role in theirs.roles if (role.country_code + role.party_id).upper() not in taken)
    return msgspec.structs.replace(theirs, roles=tuple(roles))


def check_credentials(token: str, roles: Sequence[CredentialsRole], taken: Mapping[str, str]) -> None:
    """What the classes cannot say: a token that can stand in a header, parties that are some, no role twice, no party
    another peer holds.

    `taken` maps the keys of parties (`SERES`) to who holds them. InvalidObject with all problems.
    """
    problems: list[Problem] = []
    if not token or not all("!" <= character <= "~" for character in token):
        problems.append(
            Problem(path="$.token", found="a token with spaces or other characters", expected="U+0021-U+007E")
        )
    seen: set[tuple[str, str]] = set()
    for index, role in enumerate(roles):
        party = (role.country_code + role.party_id).upper()
        path = f"$.roles[{index}]"
        if not is_party(role.country_code, role.party_id):
            problems.append(Problem(path=path, found=f"party {party!r}", expected=PARTY_SHAPE))
        if (role.role, party) in seen:
            problems.append(Problem(path=path, found=f"{role.role} {party} again", expected="each role once"))
        seen.add((role.role, party))
        if party in taken:
            problems.append(
                Problem(path=path, found=f"party {party}, which is {taken[party]}", expected="a party of yours")
            )
    if problems:
        raise InvalidObject(problems, "Credentials")


def speaks(version: str) -> Version:
    """The version of a word; UnsupportedVersion (3002) when we do not speak it."""
    if version not in PROTOCOLS:
        raise UnsupportedVersion(f"version {version!r}: we speak {_listed(SUPPORTED)}")
    return Version(version)


def _interfaces(interfaces: Iterable[Interface]) -> str:
    return _listed(f"{module} {role.lower()}" for module, role in interfaces)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "nothing"
