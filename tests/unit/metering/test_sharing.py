"""How a site's limit is shared, rule by rule, and the reason that stands with each share."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ocpilot.metering.sharing import Why, raisable, shares
from ocpilot.metering.site import WHOLE, Fuse, Memory, RunningCharge
from ocpilot.metering.turns import Rules

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULES = Rules()


def site(amps=None, watts=None, **groups):
    """Groups by name: their ampere."""
    whole = Fuse(name=WHOLE, amps=amps and Decimal(amps), watts=watts and Decimal(watts))
    return (whole, *(Fuse(name=name, amps=Decimal(amount), parent="") for name, amount in groups.items()))


def charge(key, most=32, **fields):
    amounts = {"draws_a", "provider_a", "fixed_a", "needed_kwh", "watts_per_a", "weight", "least_a"}
    exact = {name: Decimal(value) if name in amounts else value for name, value in fields.items()}
    return RunningCharge(key=key, most_a=Decimal(most), **exact)


def given(fuses, *running, now=NOW):
    return [(one.limit_a, one.why) for one in shares(fuses, running, RULES, now)]


def test_alone_it_gets_all_it_can_use():
    assert given(site(63), charge(1)) == [(32, Why.MOST)]


def test_two_share_evenly_and_the_smaller_one_leaves_the_rest():
    assert given(site(32), charge(1), charge(2)) == [(16, Why.SHARED), (16, Why.SHARED)]
    assert given(site(32), charge(1, 10), charge(2)) == [(10, Why.MOST), (22, Why.SHARED)]


def test_watts_count_every_phase():
    assert given(site(watts=11040), charge(1), charge(2, watts_per_a=230)) == [(12, Why.SHARED), (12, Why.SHARED)]


def test_the_fuse_of_a_group_holds_its_charges_back_and_the_rest_goes_to_others():
    found = shares(site(40, left=12), [charge(1, group="left"), charge(2, group="left"), charge(3)], RULES, NOW)
    assert [(one.limit_a, one.group) for one in found] == [(6, "left"), (6, "left"), (28, WHOLE)]


def test_who_wants_to_charge_fast_rises_faster_but_nobody_falls_below_the_least():
    assert given(site(30), charge(1, weight=2), charge(2)) == [(20, Why.SHARED), (10, Why.SHARED)]
    assert given(site(14), charge(1, weight=2), charge(2)) == [(8, Why.SHARED), (6, Why.SHARED)]


def test_who_leaves_soon_gets_what_he_needs_before_the_rest_is_shared():
    soon = charge(1, needed_kwh="13.8", leaves_at=NOW + timedelta(hours=1))
    assert given(site(32), soon, charge(2)) == [(20, Why.DEPARTURE), (12, Why.SHARED)]


def test_where_it_is_not_enough_for_all_who_leave_each_gets_the_same_part_of_his_need():
    hour = NOW + timedelta(hours=1)
    found = given(site(24), charge(1, needed_kwh="13.8", leaves_at=hour), charge(2, needed_kwh="6.9", leaves_at=hour))
    assert [limit for limit, _ in found] == [16, 8]


def test_a_departure_that_is_over_or_a_need_that_is_met_counts_no_more():
    late = charge(1, needed_kwh=20, leaves_at=NOW - MINUTE)
    full = charge(2, needed_kwh=0, leaves_at=NOW + timedelta(hours=1))
    assert given(site(32), late, full) == [(16, Why.SHARED), (16, Why.SHARED)]


def test_a_provider_s_limit_holds_and_one_below_the_least_stops_the_charge():
    assert given(site(32), charge(1, provider_a=10), charge(2)) == [(10, Why.PROVIDER), (22, Why.SHARED)]
    assert given(site(32), charge(1, provider_a=4), charge(2)) == [(0, Why.PAUSED), (32, Why.MOST)]


def test_who_cannot_be_told_counts_with_what_he_may_draw_also_above_the_limit():
    assert given(site(40), charge(1, fixed_a=32), charge(2)) == [(32, Why.FIXED), (8, Why.SHARED)]
    assert given(site(30), charge(1, fixed_a=32), charge(2)) == [(32, Why.FIXED), (0, Why.WAITS)]


def test_a_limit_below_the_least_lets_nobody_charge_and_says_so():
    assert given(site(5), charge(1)) == [(0, Why.NEVER)]


# ---- turns ---------------------------------------------------------------------------------------------------------


def play(fuses, running, minutes, draws=None):
    """Who charges, minute by minute, when every limit is taken at once."""
    story = []
    for minute in range(minutes):
        now = NOW + minute * MINUTE
        found = shares(fuses, running, RULES, now)
        running = [
            replace(
                one,
                draws_a=(draws or {}).get(one.key, share.limit_a) if share.limit_a else Decimal(0),
                memory=replace(share.memory, limit_a=share.limit_a, changed_at=now),
            )
            for one, share in zip(running, found, strict=True)
        ]
        story.append({share.key for share in found if share.limit_a})
    return story


def test_where_there_is_room_for_one_each_charges_for_a_turn_in_the_order_they_came():
    story = play(site(8), [charge(1), charge(2), charge(3)], 60)
    assert [story[minute] for minute in (0, 14, 15, 29, 30, 44, 45, 59)] == [{1}, {1}, {2}, {2}, {3}, {3}, {1}, {1}]


def test_a_turn_goes_on_while_nobody_waits_for_it():
    assert play(site(12), [charge(1), charge(2)], 60) == [{1, 2}] * 60


def test_a_big_one_is_not_passed_for_ever_by_small_ones():
    small = [charge(key) for key in (1, 2, 3)]
    story = play(site(14), [*small, charge(9, least_a=12)], 120)
    assert any(9 in one for one in story)
    assert all(story.count(one) < 120 for one in story)


def test_who_must_charge_now_to_be_ready_goes_before_others_who_wait():
    urgent = charge(3, 8, needed_kwh="5.0", leaves_at=NOW + timedelta(hours=1))
    assert given(site(8), charge(1), charge(2), urgent)[2] == (8, Why.MOST)


def test_a_car_that_draws_nothing_gives_its_turn_away():
    story = play(site(8), [charge(1), charge(2)], 10, draws={1: Decimal(0)})
    assert story[0] == {1}
    assert story[9] == {2}


# ---- what is not used, and what does not flap ----------------------------------------------------------------------


def taken(limit, **fields):
    return Memory(limit_a=Decimal(limit), changed_at=NOW - timedelta(hours=1), began=NOW - timedelta(hours=1), **fields)


def test_what_a_car_leaves_for_three_minutes_goes_to_others():
    half = charge(1, draws_a=4, memory=taken(16))
    [first, _] = shares(site(32), [half, charge(2)], RULES, NOW)
    assert (first.limit_a, first.memory.unused_since) == (16, NOW)
    half = replace(half, memory=replace(first.memory, limit_a=Decimal(16)))
    assert given(site(32), half, charge(2), now=NOW + 3 * MINUTE) == [(6, Why.UNUSED), (26, Why.SHARED)]


def test_a_car_that_draws_more_again_is_let_go():
    held = taken(12, held_a=Decimal(12), unused_since=NOW - 9 * MINUTE)
    assert given(site(32), charge(1, draws_a=10, memory=held), charge(2))[0] == (12, Why.UNUSED)
    assert given(site(32), charge(1, draws_a="11.5", memory=held), charge(2))[0] == (16, Why.SHARED)


@pytest.mark.parametrize(
    ("before", "changed", "expected"),
    [
        ("15.5", 60, ("15.5", Why.STEADY)),  # less than a step
        ("10", 10, ("10", Why.STEADY)),  # changed a moment ago
        ("10", 60, ("16", Why.SHARED)),
        ("20", 1, ("16", Why.SHARED)),  # falls at once
        ("0", 1, ("16", Why.SHARED)),  # a turn begins
    ],
)
def test_limits_fall_at_once_and_rise_later_and_by_a_step(before, changed, expected):
    memory = Memory(limit_a=Decimal(before), changed_at=NOW - timedelta(seconds=changed))
    assert given(site(32), charge(1, memory=memory), charge(2))[0] == (Decimal(expected[0]), expected[1])


def test_who_is_to_rise_rises_only_as_far_as_the_others_have_fallen():
    running = [charge(1), charge(2)]
    wanted, may = {1: Decimal(16), 2: Decimal(16)}, {1: Decimal(26), 2: Decimal(6)}
    assert raisable(site(32), running, wanted, may) == {}
    assert raisable(site(32), running, wanted, may | {1: Decimal(20)}) == {2: 12}
    assert raisable(site(32), running, wanted, {1: Decimal(30), 2: Decimal(0)}) == {}
