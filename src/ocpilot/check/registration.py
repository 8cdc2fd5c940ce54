"""Discovery, registration, new tokens, the end of it (version_information_endpoint; credentials)."""

import asyncio
import contextlib
import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ocpilot.base.errors import InvalidObject, PeerRefused, UnsupportedVersion
from ocpilot.base.ids import new_credentials_token
from ocpilot.base.problem import Severity
from ocpilot.check import rules
from ocpilot.check.comparing import as_dict
from ocpilot.check.desk import Desk, Talk
from ocpilot.check.exchange import Answer, Unanswered
from ocpilot.check.judging import check_broken_json, judge_refused
from ocpilot.check.objects import judge_object
from ocpilot.check.samples import fresh_id
from ocpilot.roaming.offers import Interface, offered, other_side
from ocpilot.wire import codec
from ocpilot.wire.protocol import PROTOCOLS, SUPPORTED, InterfaceRole, ModuleID, TokenEncoding, Version
from ocpilot.wire.v230 import Credentials, Role, VersionDetails, VersionInfo

#: Who else than an operator or provider something may be for.
_PLAYED = (Role.CPO, Role.EMSP)
#: Seconds between two looks whether a token has ended.
_LOOK = 0.5


@dataclass(frozen=True)
class Offer:
    """An interface of the platform; its role is None where the version does not say it."""

    module: ModuleID
    role: InterfaceRole | None
    url: str


# ---- versions ------------------------------------------------------------------------------------------------------


async def read_versions(desk: Desk) -> Mapping[Version, str]:
    """The URLs of the version details, newest version first, of the versions we know.

    Finds out which token encoding works. PeerRefused when the list cannot be read.
    """
    for token, rule in ((new_credentials_token(), rules.UNKNOWN_TOKEN), ("", rules.MISSING_TOKEN)):
        refused = await desk.ask("GET", token=token)
        desk.expect(rule, refused.http == 401, f"{refused.said}, expected HTTP 401", refused)
    answer = await _with_an_encoding(desk)
    data = answer.data
    if not answer.ok or not isinstance(data, list):
        desk.judge(rules.VERSIONS, answer.said, answer)
        raise PeerRefused(
            f"{desk.url}: {answer.said}; is this a versions URL, and the token right?", answer.http, answer.code
        )
    found: dict[str, str] = {}
    for one in data:
        problems = [str(p) for p in codec.problems(VersionInfo, SUPPORTED[0], one) if p.severity is Severity.ERROR]
        desk.expect(rules.VERSIONS, not problems, "; ".join(problems), answer)
        if not problems:
            _judge_url(desk, as_dict(one).get("url"), answer)
            found[str(as_dict(one)["version"])] = str(as_dict(one)["url"])
    return {version: found[version] for version in SUPPORTED if version in found}


async def _with_an_encoding(desk: Desk) -> Answer:
    """In the encoding of the version, and if that is not understood in the other one."""
    talk = desk.talk
    answer = await desk.ask("GET")
    if answer.http == 401:
        usual = talk.encoding
        talk.encoding = TokenEncoding.PLAIN if usual is TokenEncoding.BASE64 else TokenEncoding.BASE64
        answer = await desk.ask("GET")
    return answer


def _judge_url(desk: Desk, url: object, answer: Answer) -> None:
    parts = urlsplit(str(url))
    right = parts.scheme in ("http", "https") and bool(parts.netloc)
    desk.expect(rules.URLS, right, f"found {url}, expected an absolute URL", answer)


async def read_details(desk: Desk) -> list[Offer]:
    """The interfaces of a version; PeerRefused when they cannot be read."""
    talk = desk.talk
    talk.encoding = talk.row.token_encoding
    answer = await _with_an_encoding(desk)
    desk.expect(rules.ENCODING, talk.encoding is talk.row.token_encoding, f"only {talk.encoding} is understood", answer)
    rows = as_dict(answer.data).get("endpoints")
    listed = [as_dict(one) for one in rows] if isinstance(rows, list) else []
    named = any(one.get("identifier") == ModuleID.CREDENTIALS for one in listed)
    _judge_details(desk, answer, named=named)
    if not named:
        raise PeerRefused(f"{desk.url}: no credentials endpoint, so we cannot register", answer.http, answer.code)
    for one in listed:
        _judge_url(desk, one.get("url"), answer)
    offers = [offer for one in listed if (offer := _offer(one)) is not None]
    once = len({(one.module, one.role, one.url) for one in offers}) == len(offers)
    desk.expect(rules.ENDPOINTS_ONCE, once, "an interface is listed twice", answer)
    return offers


def _judge_details(desk: Desk, answer: Answer, *, named: bool) -> None:
    body, version = as_dict(answer.data), desk.version
    problems = [one for one in codec.problems(VersionDetails, version, body) if one.severity is Severity.ERROR]
    roles = [one for one in problems if one.path.endswith(".role")]
    others = [str(one) for one in problems if one not in roles]
    others += [] if named else ["no credentials endpoint"]
    others += [] if body.get("version") == version else [f"version {body.get('version')}, expected {version}"]
    desk.expect(rules.DETAILS, not others, "; ".join(others[:3]), answer)
    if desk.talk.row.roles:
        desk.expect(rules.ENDPOINT_ROLES, not roles, "; ".join(str(one) for one in roles[:3]), answer)


def _offer(row: Mapping[str, object]) -> Offer | None:
    module, role = str(row.get("identifier")), str(row.get("role"))
    # The chapter of bookings has two names for its module.
    module = ModuleID.BOOKINGS if module.lower() in ("booking", "bookings") else module
    if module not in set(ModuleID) or not isinstance(row.get("url"), str):
        return None
    return Offer(ModuleID(module), InterfaceRole(role) if role in set(InterfaceRole) else None, str(row["url"]))


def roles_for(offers: Sequence[Offer]) -> tuple[Role, ...]:
    """The roles in which we have something to do with the interfaces offered."""
    theirs = {(one.module, one.role) for one in offers}
    roles = [role for role in _PLAYED if _wanted_by(role) & theirs]
    if (ModuleID.PAYMENTS, InterfaceRole.RECEIVER) in theirs:
        roles.append(Role.PTP)
    return tuple(roles) or _PLAYED


def _wanted_by(role: Role) -> set[Interface]:
    """What only this role looks for."""
    others = {other_side(one) for played in _PLAYED if played != role for one in offered([played])}
    return {other_side(one) for one in offered([role])} - others


# ---- registration --------------------------------------------------------------------------------------------------


async def check_before(desk: Desk) -> None:
    """What holds before we are registered."""
    _judge_credentials(desk, await desk.ask("GET"), desk.talk.token)
    for method in ("PUT", "DELETE"):
        body = desk.talk.us.credentials(new_credentials_token(), desk.version) if method == "PUT" else None
        answer = await desk.ask(method, body=body)
        desk.expect(rules.EARLY, answer.http == 405, f"{method}: {answer.said}, expected HTTP 405", answer)
    await check_broken_json(desk, "POST")
    judge_refused(desk, rules.INVALID, await desk.ask("POST", body={"token": "CHECK"}))
    await _check_refused_registrations(desk)


async def _check_refused_registrations(desk: Desk) -> None:
    us = desk.talk.us
    with _trying(desk) as token:
        us.versions = ("9.9",)
        answer = await desk.ask("POST", body=us.credentials(token, desk.version))
        right = not answer.ok and answer.code is not None and 3000 <= answer.code < 4000
        desk.expect(rules.NO_COMMON_VERSION, right, f"{answer.said}, expected status 3002", answer)
    if _taken(desk, answer):
        desk.skip("it registered us without having our endpoints", rules.UNREACHABLE)
        return
    with _trying(desk) as token:
        us.broken = True
        answer = await desk.ask("POST", body=us.credentials(token, desk.version))
        desk.expect(rules.UNREACHABLE, answer.code == 3001, f"{answer.said}, expected status 3001", answer)
    _taken(desk, answer)


def _taken(desk: Desk, answer: Answer) -> bool:
    """Whether credentials were taken that should not have been: the token that came is ours then."""
    token = as_dict(answer.data).get("token") if answer.ok else None
    if isinstance(token, str):
        desk.talk.token = token
    return isinstance(token, str)


@contextlib.contextmanager
def _trying(desk: Desk) -> Iterator[str]:
    """A token for a registration that must fail; afterwards we are as we were."""
    us, token = desk.talk.us, new_credentials_token()
    versions = us.versions
    us.tokens.add(token)
    try:
        yield token
    finally:
        us.tokens.discard(token)
        us.versions, us.broken = versions, False


async def register(desk: Desk, token_a: str) -> None:
    """POST of our credentials; from then on the new token. PeerRefused when it is refused.

    A platform that registered us though it should not have gets a PUT.
    """
    talk = desk.talk
    answer = await _exchange(desk, "POST" if talk.token == token_a else "PUT", rules.REGISTERED)
    desk.expect(rules.NEW_TOKEN, talk.token != token_a, "the token that was used for registering", answer)
    _judge_credentials(desk, await desk.ask("GET"), talk.token)
    again = await desk.ask("POST", body=talk.us.credentials(new_credentials_token(), desk.version))
    desk.expect(rules.POST_AGAIN, again.http == 405, f"{again.said}, expected HTTP 405", again)
    _taken(desk, again)


async def renew(desk: Desk) -> str:
    """PUT of new credentials; returns the token that is replaced. PeerRefused when it is refused."""
    talk, old = desk.talk, desk.talk.token
    answer = await _exchange(desk, "PUT", rules.PUT)
    desk.expect(rules.PUT, talk.token != old, "the token is still the same", answer)
    _judge_credentials(desk, await desk.ask("GET"), talk.token)
    return old


async def _exchange(desk: Desk, method: str, rule: rules.Rule) -> Answer:
    """Our credentials for theirs."""
    talk = desk.talk
    us, given, before = talk.us, new_credentials_token(), len(talk.us.seen)
    us.tokens.add(given)
    answer = await desk.ask(method, body=us.credentials(given, talk.version))
    if not desk.expect(rule, answer.ok and isinstance(answer.data, dict), answer.said, answer):
        raise PeerRefused(_why(desk, method, answer, called=len(us.seen) > before), answer.http, answer.code)
    _judge_callback(desk, answer, before)
    judge_object(desk, Credentials, answer.data, answer)
    try:
        theirs = codec.read(Credentials, talk.version, answer.data).value
    except InvalidObject as error:
        desk.judge(rules.CREDENTIALS, str(error), answer)
        raise PeerRefused(f"{desk.url}: {error}", answer.http, answer.code) from error
    talk.token, talk.theirs = theirs.token, theirs.roles
    us.tokens &= {given}
    return answer


def _why(desk: Desk, method: str, answer: Answer, *, called: bool) -> str:
    message = answer.envelope.get("status_message")
    seen = "" if called else f"; it did not call {desk.talk.us.versions_url}: can it reach us there (--public-url)?"
    return f"{method} {desk.url}: {answer.said} {message or ''}{seen}".strip()


def _judge_callback(desk: Desk, answer: Answer, before: int) -> None:
    us = desk.talk.us
    seen = us.seen[before:]
    fetched = {one.path.rstrip("/").rsplit("/", 1)[-1] for one in seen}
    missing = {"versions", str(desk.version)} - fetched
    desk.expect(rules.CALLED_BACK, not missing, f"not fetched: {', '.join(sorted(missing))}", answer)
    if desk.talk.row.token_encoding is TokenEncoding.BASE64:
        plain = [one for one in seen if any(one.authorization.endswith(token) for token in us.tokens)]
        desk.expect(rules.CALLER_ENCODING, not plain, "our token came without Base64", answer)


def _judge_credentials(desk: Desk, answer: Answer, token: str) -> None:
    if not desk.expect(rules.CREDENTIALS, answer.ok and isinstance(answer.data, dict), answer.said, answer):
        return
    problems = [one for one in codec.problems(Credentials, desk.version, answer.data) if one.severity is Severity.ERROR]
    desk.expect(rules.CREDENTIALS, not problems, "; ".join(str(one) for one in problems[:3]), answer)
    desk.expect(rules.GET_TOKEN, as_dict(answer.data).get("token") == token, "found another token", answer)


async def check_token(desk: Desk, token: str, rule: rules.Rule) -> None:
    """A token that must not open a functional module: neither a list nor one object, whichever the interface has."""
    try:
        answers = await _with_token(desk, token)
    except Unanswered as error:
        desk.skip(str(error), rule)
        return
    opened = next((one for one in answers if one.ok), answers[0])
    right = not opened.ok and _is_refused(answers)
    desk.expect(rule, right, f"{opened.said}, expected HTTP 401", opened)


async def await_end(desk: Desk, token: str, seconds: float, waiting: Callable[[], None]) -> None:
    """Return when a replaced token is refused, or after `seconds`: what was on its way when it was replaced may still
    be let in. `waiting` is called when it is not refused at once."""
    end = clock.monotonic() + seconds
    said = False
    with contextlib.suppress(Unanswered):
        while not _is_refused(await _with_token(desk, token)) and clock.monotonic() < end:
            if not said:
                waiting()
                said = True
            await asyncio.sleep(_LOOK)


async def _with_token(desk: Desk, token: str) -> list[Answer]:
    party = desk.talk.us.party
    return [
        await desk.ask("GET", token=token),
        await desk.ask("GET", party.country_code, party.party_id, fresh_id(), token=token),
    ]


def _is_refused(answers: Sequence[Answer]) -> bool:
    return any(one.http == 401 for one in answers)


async def unregister(desk: Desk, versions_url: str) -> None:
    """DELETE of our credentials; then the token is dead."""
    answer = await desk.ask("DELETE")
    if not desk.expect(rules.DELETE, answer.ok, answer.said, answer):
        return
    for url in (versions_url, desk.url):
        dead = await desk.ask("GET", url=url)
        desk.expect(rules.DEAD_TOKEN, dead.http == 401, f"{dead.said}, expected HTTP 401", dead)


def choose(offered_versions: Mapping[Version, str], wanted: Version | None) -> Version:
    """The version to speak: the newest, or `wanted`. UnsupportedVersion when it is not offered."""
    if wanted is None and offered_versions:
        return next(iter(offered_versions))
    if wanted is not None and wanted in offered_versions:
        return wanted
    raise UnsupportedVersion(
        f"they offer {', '.join(offered_versions) or 'no version we know'}, "
        f"we asked for {wanted or ', '.join(PROTOCOLS)}"
    )


def talk_in(talk: Talk, version: Version) -> None:
    """From now on this version."""
    talk.version = version
    talk.us.versions = (version,)
