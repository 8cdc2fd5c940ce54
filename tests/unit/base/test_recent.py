"""What was made lately is kept, up to a size (base/recent.py)."""

from ocpilot.base.recent import Recent


def test_a_value_is_there_until_newer_ones_need_the_room():
    recent: Recent[int, str] = Recent(10)
    assert recent.keep(1, "one", 4) == "one"
    recent.keep(2, "two", 4)
    assert (recent.get(1), recent.get(2), recent.get(3)) == ("one", "two", None)
    recent.keep(3, "three", 4)
    assert (recent.get(1), recent.get(2), recent.get(3)) == (None, "two", "three")


def test_the_same_key_takes_room_once():
    recent: Recent[int, str] = Recent(10)
    for _ in range(5):
        recent.keep(1, "one", 4)
    recent.keep(2, "two", 4)
    assert (recent.get(1), recent.get(2)) == ("one", "two")


def test_a_value_too_large_is_handed_back_and_forgotten():
    recent: Recent[int, str] = Recent(10)
    assert recent.keep(1, "huge", 11) == "huge"
    assert recent.get(1) is None
