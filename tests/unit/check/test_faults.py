"""The check fails for every fault of the mock, and the rule that fails is the right one."""

import pytest

from ocpilot.check import rules
from ocpilot.check.rules import Rule
from ocpilot.check.run import Plan, Run, check
from ocpilot.check.verdicts import Outcome
from ocpilot.mock import server
from ocpilot.mock.faults import ALLOWED, Fault, Faults
from ocpilot.mock.partner import Part
from ocpilot.mock.started import Plan as MockPlan
from ocpilot.mock.started import started
from ocpilot.wire.protocol import Version

#: Which rule each fault breaks.
RIGHT: dict[Fault, Rule] = {
    Fault.RATE_LIMIT: rules.ANSWERED,
    Fault.SERVER_ERROR: rules.ANSWERED,
    Fault.SLOW: rules.ANSWERED,
    Fault.CUT_JSON: rules.JSON,
    Fault.HTML: rules.JSON,
    Fault.NO_STATUS_CODE: rules.STATUS_CODE,
    Fault.STATUS_CODE_TEXT: rules.STATUS_CODE,
    Fault.NO_ENVELOPE: rules.STATUS_CODE,
    Fault.LIST_IS_OBJECT: rules.LIST,
    Fault.NO_TIMESTAMP: rules.TIMESTAMP,
    Fault.LOCAL_TIMESTAMP: rules.TIMESTAMP,
    Fault.MESSAGE_IS_NUMBER: rules.MESSAGE,
    Fault.NO_REQUEST_ID: rules.REQUEST_ID,
    Fault.NO_CORRELATION_ID: rules.CORRELATION_ID,
    Fault.NO_CONTENT_TYPE: rules.CONTENT_TYPE,
    Fault.NO_ROUTING: rules.ROUTING,
    Fault.HTTP_FOR_REFUSALS: rules.REFUSAL,
    Fault.STATUS_2000: rules.CODE_2001,
    Fault.BROKEN_JSON_IS_500: rules.BROKEN_JSON,
    Fault.EVERYTHING_FOUND: rules.UNKNOWN,
    Fault.ANY_METHOD: rules.WRONG_METHOD,
    Fault.WRONG_TOKEN_IS_403: rules.UNKNOWN_TOKEN,
    Fault.ANY_TOKEN: rules.UNKNOWN_TOKEN,
    Fault.TOKENLESS: rules.MISSING_TOKEN,
    Fault.PLAIN_TOKEN: rules.ENCODING,
    Fault.SENDS_PLAIN_TOKEN: rules.CALLER_ENCODING,
    Fault.TOKEN_A_OPENS_ALL: rules.TOKEN_A_LIMITED,
    Fault.SAME_TOKEN: rules.NEW_TOKEN,
    Fault.SECOND_REGISTRATION: rules.POST_AGAIN,
    Fault.EARLY_UPDATE: rules.EARLY,
    Fault.NO_CALLBACK: rules.CALLED_BACK,
    Fault.PUT_IGNORED: rules.PUT,
    Fault.OLD_TOKEN_LIVES: rules.OLD_TOKEN,
    Fault.NO_UNREGISTER: rules.DELETE,
    Fault.DEAF_UNREGISTER: rules.DEAD_TOKEN,
    Fault.BROKEN_CREDENTIALS: rules.CREDENTIALS,
    Fault.OTHER_TOKEN: rules.GET_TOKEN,
    Fault.NOBODY_REGISTERS: rules.REGISTERED,
    Fault.NO_VERSION_DETAILS: rules.DETAILS,
    Fault.NO_VERSION_URLS: rules.VERSIONS,
    Fault.NO_ROLES: rules.ENDPOINT_ROLES,
    Fault.RELATIVE_URLS: rules.URLS,
    Fault.ENDPOINTS_TWICE: rules.ENDPOINTS_ONCE,
    Fault.WRONG_TOTAL: rules.TOTAL,
    Fault.NO_TOTAL: rules.TOTAL_HEADER,
    Fault.NO_LIMIT: rules.LIMIT_HEADER,
    Fault.NO_LINK: rules.LINK,
    Fault.LINK_FORGETS_FILTERS: rules.LINK_FILTERS,
    Fault.ENDLESS_LINK: rules.LINK_END,
    Fault.LOST_OBJECT: rules.COMPLETE,
    Fault.REPEATED_OBJECT: rules.ONCE,
    Fault.MOVING_PAGES: rules.ONCE,
    Fault.LIMIT_IGNORED: rules.LIMIT,
    Fault.OFFSET_IGNORED: rules.OFFSET,
    Fault.DATES_IGNORED: rules.DATE_FROM,
    Fault.DATE_FROM_EXCLUSIVE: rules.DATE_FROM,
    Fault.DATE_TO_INCLUSIVE: rules.DATE_TO,
    Fault.BAD_PARAMETERS_TAKEN: rules.BAD_PARAMETER,
    Fault.NO_LAST_UPDATED: rules.VALID,
    Fault.TIME_OFFSETS: rules.DATETIME,
    Fault.NUMBERS_AS_TEXT: rules.WRITTEN,
    Fault.UNKNOWN_ENUM: rules.VALID,
    Fault.SHORT_COORDINATES: rules.LOOKS,
    Fault.OTHER_ID: rules.SINGLE,
    Fault.PUT_FORGOTTEN: rules.ROUND_TRIP,
    Fault.PUT_MERGES: rules.PUT_AGAIN,
    Fault.PUT_REFUSED: rules.PUT_NEW,
    Fault.ALWAYS_200: rules.CREATED,
    Fault.DELETE_FORGOTTEN: rules.DELETED,
    Fault.INVALID_ACCEPTED: rules.INVALID,
    Fault.FOREIGN_ACCEPTED: rules.FOREIGN,
    Fault.ID_MISMATCH_ACCEPTED: rules.OTHER_ID,
    Fault.UNKNOWN_FIELDS_REFUSED: rules.UNKNOWN_FIELDS,
    Fault.UNKNOWN_FIELDS_DROPPED: rules.UNKNOWN_FIELDS_KEPT,
    Fault.UNKNOWN_WORDS_REFUSED: rules.UNKNOWN_WORDS,
    Fault.PATCH_IGNORED: rules.PATCH,
    Fault.PATCH_REPLACES: rules.PATCH_KEEPS,
    Fault.PATCH_WITHOUT_TIME: rules.PATCH_TIME,
    Fault.PATCH_KEEPS_NULL: rules.PATCH_NULL,
    Fault.PATCH_ADDS_TO_LISTS: rules.PATCH_LIST,
    Fault.PATCH_BREAKS: rules.PATCH_WHOLE,
    Fault.PATCH_REPLACES_PERIODS: rules.PATCH_APPENDS,
    Fault.PATCH_OF_NOTHING: rules.PATCH_UNKNOWN,
    Fault.PARENTS_STAY: rules.PARENTS,
    Fault.INNER_REFUSED: rules.INNER_PUT,
    Fault.CDR_WITHOUT_LOCATION: rules.CDR_LOCATION,
    Fault.CDRS_REFUSED: rules.CDR_POST,
    Fault.CDR_CHANGED: rules.CDR_GET,
    Fault.CDR_TWICE_LOST: rules.CDR_AGAIN,
    Fault.UNKNOWN_TOKEN_ALLOWED: rules.AUTHORIZE_UNKNOWN,
    Fault.AUTHORIZE_FAILS: rules.AUTHORIZE,
    Fault.PLACES_REFUSED: rules.AUTHORIZE_PLACE,
    Fault.UNKNOWN_TOKEN_2000: rules.AUTHORIZE_2004,
    Fault.NO_COMMAND_RESPONSE: rules.COMMAND,
    Fault.ANY_COMMAND: rules.COMMAND_UNKNOWN,
    Fault.NO_RESULT: rules.COMMAND_RESULT,
    Fault.NO_PROFILE_RESPONSE: rules.PROFILE,
    Fault.ANY_SESSION: rules.UNKNOWN_SESSION,
}


async def run_against(
    faults: set[Fault], version: Version = Version.V2_3_0, part: Part = Part.HUB, objects: int = 12
) -> Run:
    """A short run against a mock that has these faults."""
    always = Faults(dict.fromkeys(faults, 1.0))
    async with started(MockPlan(part=part, objects=objects, result_after=0.0, faults=always)) as mock:
        plan = Plan(
            url=mock.versions_url,
            token_a=mock.connection.token_a,
            version=version,
            answer_seconds=0.5 if Fault.SLOW in faults else 10,
            result_seconds=0.5 if Fault.NO_RESULT in faults else 10,
            patience=0,
            token_seconds=0,
        )
        return await check(plan, lambda _: None)


def broken(run: Run) -> set[str]:
    """Rules that failed or that a person is warned of."""
    return {one.rule.id for outcome in (Outcome.FAIL, Outcome.WARNING) for one in run.book.of(outcome)}


@pytest.mark.parametrize("fault", RIGHT)
async def test_a_fault_breaks_its_rule(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SLOW_SECONDS", 1.0)
    run = await run_against({fault})
    wanted = Outcome.FAIL if RIGHT[fault].must else Outcome.WARNING
    assert RIGHT[fault].id in {one.rule.id for one in run.book.of(wanted)}, f"found {sorted(broken(run))}"


@pytest.mark.parametrize("fault", sorted(ALLOWED))
async def test_what_looks_odd_and_is_right_breaks_no_rule(fault: Fault) -> None:
    assert broken(await run_against({fault})) == set()


def test_every_fault_of_the_mock_is_tried() -> None:
    assert set(Fault) == set(RIGHT) | ALLOWED


@pytest.mark.parametrize("fault", [Fault.UNKNOWN_ENUM, Fault.NEW_WORDS, Fault.TIME_OFFSETS, Fault.WRONG_TOTAL])
@pytest.mark.parametrize("version", [Version.V2_1_1, Version.V2_2_1])
async def test_faults_are_found_in_older_versions_too(fault: Fault, version: Version) -> None:
    assert broken(await run_against({fault}, version, Part.CPO))


#: What faults break besides, some of them in another version, with more objects, or together.
ALSO: list[tuple[set[Fault], Rule, Version, int]] = [
    ({Fault.CUT_JSON}, rules.ERROR_ENVELOPE, Version.V2_3_0, 12),
    ({Fault.EVERYTHING_FOUND}, rules.UNKNOWN_404, Version.V2_3_0, 12),
    ({Fault.ANY_METHOD}, rules.WRONG_METHOD_405, Version.V2_3_0, 12),
    ({Fault.NO_CALLBACK}, rules.NO_COMMON_VERSION, Version.V2_3_0, 12),
    ({Fault.WRONG_TOKEN_IS_403}, rules.MISSING_TOKEN, Version.V2_3_0, 12),
    ({Fault.LIMIT_IGNORED}, rules.LIMIT_CAP, Version.V2_3_0, 60),
    ({Fault.NEW_WORDS}, rules.WORDS, Version.V2_2_1, 12),
    ({Fault.INNER_REFUSED}, rules.INNER_PATCH, Version.V2_3_0, 12),
    ({Fault.ANY_SESSION, Fault.NO_RESULT}, rules.PROFILE_RESULT, Version.V2_3_0, 12),
    ({Fault.PUT_REFUSED}, rules.POSTED, Version.V2_3_0, 12),
    ({Fault.PLAIN_TOKEN}, rules.ENCODING, Version.V2_2_1, 12),
    ({Fault.HTTP_FOR_REFUSALS}, rules.REFUSAL, Version.V2_1_1, 12),
]


@pytest.mark.parametrize(
    ("faults", "rule", "version", "objects"), ALSO, ids=[f"{rule.id} {version}" for _, rule, version, _ in ALSO]
)
async def test_faults_break_other_rules_too(faults: set[Fault], rule: Rule, version: Version, objects: int) -> None:
    assert rule.id in broken(await run_against(faults, version, objects=objects))


#: A platform that cannot call us back and says something else than 3001, and one that never answers a visit.
UNSEEDED = {rules.UNREACHABLE, rules.WORKS}


def test_every_other_rule_is_broken_by_a_fault() -> None:
    assert set(rules.ALL) - UNSEEDED == {*RIGHT.values(), *(rule for _, rule, _, _ in ALSO)}
