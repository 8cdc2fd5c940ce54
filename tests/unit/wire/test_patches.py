"""The standard's PATCH, on generated objects and patches: the result is whole, or nothing has changed."""

import copy

import pytest

from generated import UNKNOWN_WORD, Generator
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Severity
from ocpilot.wire import codec, v230
from ocpilot.wire.check import field_plans, mend
from ocpilot.wire.packages import class_in, exists_in
from ocpilot.wire.protocol import Version

PATCHED = (
    v230.Location,
    v230.EVSE,
    v230.Connector,
    v230.Session,
    v230.Token,
    v230.Terminal,
    v230.Booking,
    v230.BookingLocation,
    v230.Calendar,
)
#: What 2.1.1 does not say: whose an object is, and which Token an `auth_id` means.
BEARER = {"country_code": "SE", "party_id": "MSP", "uid": "04A1", "type": "RFID"}
KNOWN = codec.Context(party=PartyId("SE", "LAD"), token=BEARER)
MANY = 300
WRONG = (None, "", 7, [], {}, [None], "2026-02-30T10:00:00Z", "x" * 300, {"a": {"b": []}})
GROWS = "charging_periods"

pairs = [(cls, version) for cls in PATCHED for version in Version if exists_in(cls, version)]


def patch_of(generator, cls, *, spoilt):
    """Some fields of another right object, one cleared now and then, one wrong when it is to be spoilt."""
    random, other = generator.random, generator.body(cls)
    patch = {name: value for name, value in other.items() if random.random() < 0.4}
    if random.random() < 0.3:
        patch[random.choice(sorted(other))] = None
    if spoilt:
        patch[random.choice(sorted(other))] = random.choice(WRONG)
    return patch | {"last_updated": other["last_updated"]}


def by_the_rule(kept, patch, cls):
    """What the standard says the object is now (transport_and_format, "PATCH"; mod_sessions, "PATCH Method")."""
    now = {name: value for name, value in {**kept, **patch}.items() if value is not None}
    if cls is v230.Session and GROWS in patch:
        old, new = kept.get(GROWS, []), patch[GROWS]
        if isinstance(new, list):
            now[GROWS] = old + [one for one in new if one not in old]
        elif new is None and GROWS in kept:
            now[GROWS] = old
    return now


@pytest.mark.parametrize(("cls", "version"), pairs)
def test_a_patch_gives_what_the_rule_says_or_changes_nothing(cls, version):
    theirs, refused = class_in(cls, version), 0
    for seed in range(MANY):
        generator = Generator(seed, (UNKNOWN_WORD,))
        kept, patch = generator.body(theirs), patch_of(generator, theirs, spoilt=seed % 3 == 0)
        before = copy.deepcopy(kept)
        expected = mend(theirs, by_the_rule(kept, patch, cls))
        if any(problem.severity is Severity.ERROR for problem in expected.problems):
            refused += 1
            with pytest.raises(InvalidObject):
                codec.read_patch(cls, version, kept, patch, KNOWN)
        else:
            received = codec.read_patch(cls, version, kept, patch, KNOWN)
            assert received.body == expected.body, seed
            assert not codec.problems(cls, version, received.body) or received.findings, seed
        assert kept == before, seed
    assert 0 < refused < MANY


@pytest.mark.parametrize(("cls", "version"), pairs)
def test_two_patches_in_a_row_are_one_patch_of_both(cls, version):
    theirs = class_in(cls, version)
    for seed in range(MANY):
        generator = Generator(seed)
        kept = generator.body(theirs)
        optional = {plan.name for plan in field_plans(theirs) if not plan.required}
        patches = (patch_of(generator, theirs, spoilt=False) for _ in range(2))
        first, second = (
            {name: value for name, value in patch.items() if value is not None or name in optional} for patch in patches
        )
        halfway = codec.read_patch(cls, version, kept, first, KNOWN).body
        one_by_one = codec.read_patch(cls, version, halfway, second, KNOWN).body
        if cls is v230.Session and GROWS in first and GROWS in second:
            continue
        assert codec.read_patch(cls, version, kept, {**first, **second}, KNOWN).body == one_by_one, seed
