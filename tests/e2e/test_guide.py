"""The guides with commands are run as they stand: their files are written, their commands executed, in order."""

import pytest

from running_guides import DOCS, run_guide

GUIDES = {
    "guide.md": (("8821", "8822"), ("tariffs SE/LAD DAY", "CP-1", "registered", "105.00")),
    "guides/back-office.md": (
        ("8831", "8832"),
        (
            '"status":422',
            '"path":"$.currency"',
            '"status":412',
            '"name":"Slussen norra"',
            "erp answered HTTP 204",
            '"event":"evse.updated"',
            '"status":"OUTOFORDER"',
            "1 tariffs would be taken, 0 rejected",
            "the same bytes",
        ),
    ),
}


@pytest.mark.parametrize("name", GUIDES)
async def test_every_step_of_a_guide_works(tmp_path, name):
    ports, expected = GUIDES[name]
    printed = await run_guide(DOCS / name, ports, tmp_path)
    for words in expected:
        assert words in printed, printed
