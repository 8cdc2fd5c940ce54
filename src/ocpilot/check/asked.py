"""What a platform is asked to do: authorize a Token, take a CDR, carry out a command or a charging profile."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from ocpilot.check import rules
from ocpilot.check.comparing import as_dict
from ocpilot.check.desk import Desk
from ocpilot.check.exchange import Answer
from ocpilot.check.judging import check_broken_json, judge_refused, judge_same
from ocpilot.check.objects import judge_object
from ocpilot.check.rules import Rule
from ocpilot.check.samples import Samples, fresh_id, later
from ocpilot.wire import codec
from ocpilot.wire.codec import Body, Context
from ocpilot.wire.fields import Wire
from ocpilot.wire.packages import exists_in
from ocpilot.wire.protocol import CANONICAL
from ocpilot.wire.v230 import (
    CDR,
    ActiveChargingProfile,
    ActiveChargingProfileResult,
    AuthorizationInfo,
    CancelReservation,
    ChargingPreferences,
    ChargingProfileResponse,
    ChargingProfileResult,
    ClearProfileResult,
    CommandResponse,
    CommandResult,
    CommandType,
    ReserveNow,
    SetChargingProfile,
    StartSession,
    StopSession,
    UnlockConnector,
)

_PROFILE: Body = {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 11000}]}


# ---- Tokens --------------------------------------------------------------------------------------------------------


async def check_authorize(desk: Desk, tokens: Sequence[Body]) -> None:
    """Real-time authorization of one of their Tokens, and of one that nobody has."""
    unknown = await desk.ask("POST", fresh_id(), "authorize")
    wrong = f"{unknown.said}, expected HTTP 404"
    desk.expect(rules.AUTHORIZE_UNKNOWN, not unknown.ok and unknown.http == 404, wrong, unknown)
    if unknown.code is not None and desk.talk.row.message_ids:
        desk.expect(rules.AUTHORIZE_2004, unknown.code == 2004, f"{unknown.said}, expected status 2004", unknown)
    if not tokens:
        desk.skip("the list of Tokens is empty", rules.AUTHORIZE, rules.AUTHORIZE_PLACE)
        return
    token = next((one for one in tokens if one.get("type") == "RFID"), tokens[0])
    params = {"type": str(token.get("type"))}
    _judge_authorization(
        desk, rules.AUTHORIZE, await desk.ask("POST", str(token.get("uid")), "authorize", params=params)
    )
    place: Body = {"location_id": "CHECK", "evse_uids": ["CHECK-1"]}
    answer = await desk.ask("POST", str(token.get("uid")), "authorize", params=params, body=place)
    refused = answer.code is not None and answer.code >= 2000
    if refused:
        # A Location that it does not know is a reason to refuse.
        desk.expect(rules.AUTHORIZE_PLACE, answer.http in (200, 404), answer.said, answer)
    else:
        _judge_authorization(desk, rules.AUTHORIZE_PLACE, answer)


def _judge_authorization(desk: Desk, rule: Rule, answer: Answer) -> None:
    # Some want to know where before they say yes (mod_tokens, "POST Method": 2002).
    if answer.code == 2002 and rule is rules.AUTHORIZE:
        desk.judge(rule, None)
    elif desk.expect(rule, answer.ok and isinstance(answer.data, dict), answer.said, answer):
        judge_object(desk, AuthorizationInfo, answer.data, answer)


# ---- CDRs ----------------------------------------------------------------------------------------------------------


async def check_cdr(desk: Desk, samples: Samples) -> None:
    """A CDR of ours: taken, found again where the answer says, and taken once more."""
    body = samples.cdr(fresh_id())
    answer = await desk.ask("POST", body=body)
    if desk.expect(rules.CDR_POST, answer.ok, answer.said, answer):
        desk.expect(rules.CREATED, answer.http == 201, f"HTTP {answer.http} for a new object, expected 201", answer)
        url = answer.header("Location")
        right = url is not None and url.startswith(("http://", "https://"))
        if desk.expect(rules.CDR_LOCATION, right, f"found {url}, expected a URL", answer) and desk.is_here(url or ""):
            _judge_found(desk, rules.CDR_GET, body, await desk.ask("GET", url=url))
            again = await desk.ask("POST", body=body)
            desk.expect(rules.CDR_AGAIN, again.http < 500, again.said, again)
            _judge_found(desk, rules.CDR_AGAIN, body, await desk.ask("GET", url=url))
    incomplete = {name: value for name, value in samples.cdr(fresh_id()).items() if name != "total_cost"}
    judge_refused(desk, rules.INVALID, await desk.ask("POST", body=incomplete))
    await check_broken_json(desk, "POST")


def _judge_found(desk: Desk, rule: Rule, sent: Body, answer: Answer) -> None:
    if judge_same(desk, rule, sent, answer):
        judge_object(desk, CDR, answer.data, answer)


# ---- commands ------------------------------------------------------------------------------------------------------


async def check_commands(desk: Desk, samples: Samples, seconds: float) -> None:
    """Every command, about what does not exist, so that nothing happens at a station."""
    for command, cls, fields in _commands(samples):
        if not exists_in(cls, desk.version):
            continue
        url, result = desk.talk.us.expect(desk.version)
        context = Context(party=samples.party)
        body = codec.convert(cls, {"response_url": url, **fields}, CANONICAL, desk.version, context).body
        answer = await desk.ask("POST", command, body=body)
        if _refused_as_unknown(answer):
            desk.judge(rules.COMMAND, None)
            continue
        right = answer.ok and isinstance(answer.data, dict)
        if desk.expect(rules.COMMAND, right, f"{command}: {answer.said} without a CommandResponse", answer):
            judge_object(desk, CommandResponse, answer.data, answer)
            expected = Waiting(rule=rules.COMMAND_RESULT, cls=CommandResult, result=result, seconds=seconds)
            await _await_result(desk, answer, expected)
    unknown = await desk.ask("POST", "FLY_AWAY", body={"response_url": desk.talk.us.base_url})
    word = as_dict(unknown.data).get("result")
    wrong = f"{unknown.said}, result {word}"
    desk.expect(rules.COMMAND_UNKNOWN, not unknown.ok or word in ("NOT_SUPPORTED", "REJECTED"), wrong, unknown)
    judge_refused(desk, rules.INVALID, await desk.ask("POST", CommandType.STOP_SESSION, body={}))
    await check_broken_json(desk, "POST", CommandType.STOP_SESSION)


def _commands(samples: Samples) -> Sequence[tuple[str, type[Wire], Body]]:
    token, nowhere = samples.canonical_token(fresh_id()), fresh_id()
    until = later(token["last_updated"], 600)
    return (
        (CommandType.START_SESSION, StartSession, {"token": token, "location_id": nowhere}),
        (CommandType.STOP_SESSION, StopSession, {"session_id": fresh_id()}),
        (
            CommandType.RESERVE_NOW,
            ReserveNow,
            {"token": token, "expiry_date": until, "reservation_id": fresh_id(), "location_id": nowhere},
        ),
        (CommandType.CANCEL_RESERVATION, CancelReservation, {"reservation_id": fresh_id()}),
        (
            CommandType.UNLOCK_CONNECTOR,
            UnlockConnector,
            {"location_id": nowhere, "evse_uid": "CHECK-1", "connector_id": "1"},
        ),
    )


def _refused_as_unknown(answer: Answer) -> bool:
    """A refusal in the OCPI layer: 2003 is for a Location nobody knows, a command may not be there at all (404)."""
    return answer.http in (200, 404) and answer.code is not None and 2000 <= answer.code < 3000


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What an answer lets us expect: an object of `cls` at response_url within `seconds`."""

    rule: Rule
    cls: type[Wire]
    result: asyncio.Future[object]
    seconds: float


async def _await_result(desk: Desk, answer: Answer, waiting: Waiting) -> None:
    """What comes to response_url, only after an ACCEPTED."""
    rule, seconds = waiting.rule, waiting.seconds
    said = as_dict(answer.data)
    if said.get("result") != "ACCEPTED":
        desk.skip(f"nothing was accepted: {said.get('result')}", rule)
        return
    timeout = said.get("timeout")
    wait = min(seconds, float(timeout)) if isinstance(timeout, int) else seconds
    try:
        async with asyncio.timeout(wait):
            body = await asyncio.shield(waiting.result)
    except TimeoutError:
        desk.judge(rule, f"no result within {wait:g} s of an ACCEPTED", answer)
        return
    desk.judge(rule, None)
    judge_object(desk, waiting.cls, body, answer)


# ---- charging profiles and preferences -----------------------------------------------------------------------------


async def check_profiles(desk: Desk, seconds: float) -> None:
    """Setting, asking for and clearing the profile of a Session that does not exist."""
    session_id = fresh_id()
    for method, cls in (
        ("PUT", ChargingProfileResult),
        ("GET", ActiveChargingProfileResult),
        ("DELETE", ClearProfileResult),
    ):
        url, result = desk.talk.us.expect(desk.version)
        answer = await _ask_profile(desk, method, session_id, url)
        if _refused_as_unknown(answer):
            desk.judge(rules.PROFILE, None)
            continue
        right = answer.ok and isinstance(answer.data, dict)
        if desk.expect(rules.PROFILE, right, f"{method}: {answer.said} without a ChargingProfileResponse", answer):
            judge_object(desk, ChargingProfileResponse, answer.data, answer)
            expected = Waiting(rule=rules.PROFILE_RESULT, cls=cls, result=result, seconds=seconds)
            await _await_result(desk, answer, expected)
    judge_refused(desk, rules.INVALID, await desk.ask("PUT", session_id, body={"charging_profile": _PROFILE}))


async def _ask_profile(desk: Desk, method: str, session_id: str, url: str) -> Answer:
    if method == "PUT":
        body = codec.convert(
            SetChargingProfile, {"charging_profile": _PROFILE, "response_url": url}, CANONICAL, desk.version
        ).body
        return await desk.ask("PUT", session_id, body=body)
    params: Mapping[str, str] = {"response_url": url} | ({"duration": "900"} if method == "GET" else {})
    return await desk.ask(method, url=f"{desk.resource((session_id,), {})}?{urlencode(params)}")


async def check_profile_updates(desk: Desk) -> None:
    """An ActiveChargingProfile of a Session that does not exist."""
    body = codec.convert(
        ActiveChargingProfile,
        {"start_date_time": "2026-01-01T00:00:00Z", "charging_profile": _PROFILE},
        CANONICAL,
        desk.version,
    ).body
    answer = await desk.ask("PUT", fresh_id(), body=body)
    desk.expect(rules.UNKNOWN_SESSION, answer.http < 500, answer.said, answer)


async def check_preferences(desk: Desk) -> None:
    """ChargingPreferences for a Session that does not exist."""
    body = codec.convert(ChargingPreferences, {"profile_type": "REGULAR"}, CANONICAL, desk.version).body
    answer = await desk.ask("PUT", fresh_id(), "charging_preferences", body=body)
    desk.expect(rules.UNKNOWN_SESSION, not answer.ok, f"{answer.said} for a Session that does not exist", answer)
