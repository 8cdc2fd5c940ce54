"""Parties as people write them, and new ids."""

import os
import uuid

import pytest

from ocpilot.base.ids import new_id, shown_party


@pytest.mark.parametrize(
    ("key", "shown"), [("SELAD", "SE/LAD"), ("SE/LAD", "SE/LAD"), ("nobody", "nobody"), ("-", "-"), ("SE*LA", "SE*LA")]
)
def test_a_key_is_shown_as_a_party_and_what_is_none_stays(key: str, shown: str) -> None:
    assert shown_party(key) == shown


def test_new_ids_are_random_uuids_and_no_two_the_same():
    drawn = [new_id() for _ in range(1000)]
    assert len(set(drawn)) == len(drawn)
    for one in map(uuid.UUID, drawn):
        assert (one.version, one.variant) == (4, uuid.RFC_4122)
    assert [str(uuid.UUID(one)) for one in drawn] == drawn


def test_a_child_process_draws_ids_of_its_own():
    new_id()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 36).decode() != new_id()
    os.close(reading)
    os.close(writing)
