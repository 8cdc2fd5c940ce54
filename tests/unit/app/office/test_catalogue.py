"""What of a file becomes ours (app/office/catalogue.py); what is stored is tested with real data in tests/spec."""

from types import SimpleNamespace

import pytest

from ocpilot.app.office.catalogue import take_over
from ocpilot.base.errors import InvalidObject
from ocpilot.base.settings import Settings


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b"[]", "$"),
        (b'{"status_code":2001,"timestamp":"2026-11-23T08:00:00Z"}', "$"),
        (b'[{"a":1}]', "$[0]"),
        (b'{"status_code":1000,"data":{"a":1}}', "$.data"),
        (b'{"status_code":1000,"data":[1]}', "$.data[0]"),
    ],
)
async def test_a_file_without_an_object_of_ours_is_refused_with_its_place(text, path):
    with pytest.raises(InvalidObject) as caught:
        await take_over(SimpleNamespace(settings=Settings()), text)
    assert [problem.path for problem in caught.value.problems] == [path]
