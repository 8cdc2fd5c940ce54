"""What a platform may claim to be: roles of parties, as the operator allowed them.

A claim is written `CPO:DE/ABC`. What is allowed may be wider: `*` anything, `EMSP:*` any party in that role.
"""

import re
from collections.abc import Iterable, Sequence

from ocpilot.base.settings import HUB
from ocpilot.wire.v230 import Credentials, CredentialsRole, Role

#: Anything: for hubs, whose parties come and go.
ANYTHING = "*"
_CLAIM = re.compile(r"([A-Z]+):(?:([A-Z]{2})[/*-]?([A-Z0-9]{3})|\*)", re.ASCII)
_ROLES = frozenset({*Role, HUB})


def read(word: str) -> str:
    """What is allowed, as it is kept; ValueError when it is nothing of the kind."""
    given = word.strip().upper()
    if given == ANYTHING:
        return given
    found = _CLAIM.fullmatch(given)
    if found is None or found[1] not in _ROLES:
        raise ValueError(f"found {word!r}, expected a role and a party such as CPO:DE/ABC, EMSP:* or *")
    return f"{found[1]}:{found[2]}/{found[3]}" if found[2] else f"{found[1]}:*"


def claimed(theirs: Credentials) -> tuple[str, ...]:
    """Everything that credentials claim, in order of the roles; a hub is claimed as `HUB:DE/HUB`."""
    hub = theirs.hub_party_id.upper() if theirs.hub_party_id else None
    words = [_word(role, hub) for role in theirs.roles]
    if hub is not None and len(hub) == 5:
        words.append(f"{HUB}:{hub[:2]}/{hub[2:]}")
    return tuple(dict.fromkeys(words))


def beyond(claims: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """The claims that are not allowed."""
    agreed = frozenset(allowed)
    return tuple(one for one in claims if agreed.isdisjoint({ANYTHING, f"{one.partition(':')[0]}:*", one}))


def sole_role(allowed: Iterable[str]) -> Role | None:
    """The one role that everything allowed names; None when it names several, or anything."""
    words = {one.partition(":")[0] for one in allowed}
    word = words.pop() if len(words) == 1 else ANYTHING
    return Role(word) if word in frozenset(Role) else None


def within(roles: Sequence[CredentialsRole], hub: str, allowed: Iterable[str]) -> tuple[CredentialsRole, ...]:
    """The roles of a hub (`SEHUB`) that are its own or allowed: what it may still speak for."""
    agreed = frozenset(allowed)

    def may(role: CredentialsRole) -> bool:
        return (role.country_code + role.party_id).upper() == hub or not beyond((_word(role, hub),), agreed)

    return tuple(filter(may, roles))


def renamed(
    allowed: Sequence[str] | None, before: Sequence[CredentialsRole], now: Sequence[CredentialsRole]
) -> tuple[str, ...] | None:
    """What is allowed, when what was claimed `before` turns out to have been meant as `now`."""
    words = {_word(old, None): _word(new, None) for old, new in zip(before, now, strict=True)}
    return None if allowed is None else tuple(words.get(one, one) for one in allowed)


def _word(role: CredentialsRole, hub: str | None) -> str:
    """The role of a hub's own party has no word of its own in 2.3.0."""
    country, party = role.country_code.upper(), role.party_id.upper()
    is_hub = role.role == Role.OTHER and country + party == hub
    return f"{HUB if is_hub else role.role}:{country}/{party}"
