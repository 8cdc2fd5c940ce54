"""What holds of every sharing of a site's limit, whatever the site and the charges."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpilot.metering.sharing import Why, raisable, shares
from ocpilot.metering.site import WHOLE, Fuse, Memory, RunningCharge, rooms_of
from ocpilot.metering.turns import Rules

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
RULES = Rules()
FUSES = ("", "left", "right", "inner")
PARENTS = {"": None, "left": "", "right": "", "inner": "left"}
tenths = st.integers(0, 2000).map(lambda n: Decimal(n) / 10)
maybe_moment = st.none() | st.integers(-7200, 0).map(lambda n: NOW + timedelta(seconds=n))


@st.composite
def sites(draw):
    return tuple(
        Fuse(
            name=name,
            amps=draw(st.none() | tenths),
            watts=draw(st.none() | st.integers(0, 100_000).map(Decimal)),
            parent=PARENTS[name],
        )
        for name in FUSES
    )


@st.composite
def memories(draw):
    began = draw(maybe_moment)
    return Memory(
        limit_a=draw(st.none() | st.just(Decimal(0)) | st.integers(60, 320).map(lambda n: Decimal(n) / 10)),
        changed_at=draw(maybe_moment),
        began=began,
        waits_since=None if began else draw(maybe_moment),
        unused_since=draw(maybe_moment),
        held_a=draw(st.none() | st.integers(60, 320).map(lambda n: Decimal(n) / 10)),
    )


@st.composite
def charges(draw, size=8, plain=False):
    found = []
    for key in range(draw(st.integers(1, size))):
        phases = draw(st.sampled_from([1, 2, 3]))
        charge = RunningCharge(
            key=key,
            group=draw(st.sampled_from(FUSES)),
            most_a=Decimal(draw(st.integers(6, 63))),
            watts_per_a=Decimal(230 * phases),
            weight=draw(st.sampled_from([Decimal("0.5"), Decimal(1), Decimal(2)])),
        )
        if not plain:
            charge = msgspec.structs.replace(
                charge,
                provider_a=draw(st.none() | tenths),
                draws_a=draw(st.none() | tenths),
                needed_kwh=draw(st.none() | st.integers(-5, 80).map(Decimal)),
                leaves_at=draw(st.none() | st.integers(-60, 600).map(lambda n: NOW + timedelta(minutes=n))),
                fixed_a=draw(st.none() | st.none() | tenths),
                memory=draw(memories()),
            )
        found.append(charge)
    return tuple(found)


@given(sites(), charges())
def test_the_sum_is_never_above_the_limit_of_any_group_beyond_what_cannot_be_changed(fuses, running):
    found = {one.key: Fraction(one.limit_a) for one in shares(fuses, running, RULES, NOW)}
    fixed = {one.key: Fraction(one.fixed_a) for one in running if one.fixed_a is not None}
    assert found.keys() == {one.key for one in running}
    for room in rooms_of(fuses, running):
        assert room.used(found) <= max(room.size, room.used(fixed))


@given(sites(), charges())
def test_nobody_gets_less_than_a_car_can_charge_with_unless_nothing_and_nobody_more_than_he_can_use(fuses, running):
    for charge, share in zip(running, shares(fuses, running, RULES, NOW), strict=True):
        if charge.fixed_a is not None:
            assert (share.why, share.limit_a) == (Why.FIXED, charge.fixed_a)
        else:
            assert share.limit_a == 0 or charge.least_a <= share.limit_a <= charge.most_a
            assert charge.provider_a is None or share.limit_a <= charge.provider_a


@given(sites(), charges())
def test_the_same_again_and_in_another_order_gives_the_same(fuses, running):
    found = shares(fuses, running, RULES, NOW)
    assert shares(fuses, running, RULES, NOW) == found
    assert shares(fuses, running[::-1], RULES, NOW) == found


def only_amps(fuses, more=0):
    kept = [msgspec.structs.replace(one, watts=None) for one in fuses]
    whole = kept[0]
    return (msgspec.structs.replace(whole, amps=None if whole.amps is None else whole.amps + more), *kept[1:])


def waits(found):
    return any(one.why in (Why.WAITS, Why.NEVER) for one in found)


@given(sites(), charges(plain=True), st.integers(0, 100))
def test_where_nobody_waits_a_higher_limit_of_the_site_gives_nobody_less(fuses, running, more):
    before = shares(only_amps(fuses), running, RULES, NOW)
    if not waits(before):
        after = shares(only_amps(fuses, more), running, RULES, NOW)
        assert all(one.limit_a <= other.limit_a for one, other in zip(before, after, strict=True))


@given(sites(), charges(plain=True))
def test_where_nobody_waits_one_who_leaves_takes_from_nobody(fuses, running):
    before = shares(only_amps(fuses), running, RULES, NOW)
    if not waits(before):
        after = shares(only_amps(fuses), running[:-1], RULES, NOW)
        assert all(one.limit_a <= other.limit_a for one, other in zip(before, after, strict=False))


@given(sites(), charges(plain=True))
def test_nothing_is_left_over_that_somebody_could_use(fuses, running):
    found = {one.key: one for one in shares(fuses, running, RULES, NOW)}
    rooms = rooms_of(fuses, running)
    amps = {key: Fraction(one.limit_a) for key, one in found.items()}
    for charge in running:
        if 0 < found[charge.key].limit_a < charge.most_a:
            # Each of those behind a full fuse gave up less than a tenth of an ampere to rounding.
            assert any(
                charge.key in room.parts and room.left(amps) <= Fraction(1, 10) * sum(room.parts.values())
                for room in rooms
            )


@given(sites(), charges(), st.data())
def test_while_limits_change_the_sum_of_what_stations_took_never_rises_above_the_limit(fuses, running, data):
    wanted = {one.key: one.limit_a for one in shares(fuses, running, RULES, NOW)}
    may = {key: data.draw(tenths) for key in wanted}
    rooms = rooms_of(fuses, running)

    def within(before):
        amps = {key: Fraction(value) for key, value in may.items()}
        return all(room.used(amps) <= max(room.size, room.used(before)) for room in rooms)

    start = {key: Fraction(value) for key, value in may.items()}
    for key in [key for key in wanted if wanted[key] < may[key]]:
        if data.draw(st.booleans()):  # else its station does not answer
            may[key] = wanted[key]
            assert within(start)
    lowered = {key: Fraction(value) for key, value in may.items()}
    for key, limit in raisable(fuses, running, wanted, may).items():
        assert may[key] < limit <= wanted[key]
        may[key] = limit
        assert within(lowered)


@settings(deadline=None, max_examples=40)
@given(sites(), charges(size=6, plain=True))
def test_everybody_who_fits_at_all_gets_turns(fuses, running):
    turns = dict.fromkeys((one.key for one in running), 0)
    alone = {one.key: shares(fuses, [one], RULES, NOW)[0].limit_a > 0 for one in running}
    now, before = NOW, {}
    steps = 3 * (len(running) + 3) * 4
    for _ in range(steps):
        now += timedelta(minutes=5)
        found = shares(fuses, running, RULES, now)
        running = tuple(
            msgspec.structs.replace(
                one,
                draws_a=share.limit_a,
                memory=msgspec.structs.replace(share.memory, limit_a=share.limit_a, changed_at=now),
            )
            for one, share in zip(running, found, strict=True)
        )
        for share in found:
            turns[share.key] += share.limit_a > 0 and not before.get(share.key)
        before = {share.key: share.limit_a > 0 for share in found}
    for key, fits in alone.items():
        assert (turns[key] > 0) == fits


@pytest.mark.parametrize("group", [WHOLE, "unknown"])
def test_a_charge_of_no_group_is_behind_the_fuse_of_the_site(group):
    (share,) = shares(
        (Fuse(name=WHOLE, amps=Decimal(10)),), [RunningCharge(key=1, group=group, most_a=Decimal(32))], RULES, NOW
    )
    assert share.limit_a == 10
