"""Real data of a national access point: nothing crashes a reader, nothing is lost, every deviation is told.

The data is found by `REAL_DATA` and is no part of the project.
"""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from ocpilot.base.problem import Severity
from ocpilot.wire import codec, v230
from ocpilot.wire.protocol import Version

DATA = os.environ.get("REAL_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="REAL_DATA is not set")

FILES = (("locations_texel.json", v230.Location), ("tariffs_texel.json", v230.Tariff))
OLD, NEW = Version.V2_2_1, Version.V2_3_0


def bodies(name):
    return codec.loads(Path(DATA, name).read_bytes())


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("name", "cls"), FILES)
def test_every_object_is_read_and_kept(name, cls):
    for body in bodies(name):
        received = codec.read(cls, OLD, body)
        assert received.body == without_nulls(body)
        up = codec.convert(cls, received.body, OLD, NEW)
        assert codec.convert(cls, up.body, NEW, OLD).body == received.body
        assert codec.read(cls, NEW, up.body).value == received.value


def test_every_deviation_is_reported():
    found = Counter(
        (re.sub(r"\d+", "N", problem.path), problem.severity)
        for name, cls in FILES
        for body in bodies(name)
        for problem in codec.problems(cls, OLD, body)
    )
    assert found
    assert all(severity is Severity.FINDING for _, severity in found)
    nulls = Path(DATA, "locations_texel.json").read_text().count('"status_schedule": null')
    assert found["$.evses[N].status_schedule", Severity.FINDING] == nulls
    assert found["$.coordinates.latitude", Severity.FINDING] == 1
