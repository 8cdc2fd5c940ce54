"""A partner's text is a text in every spreadsheet, and a number stays a number."""

import pytest

from ocpilot.base.spreadsheet import harmless, harmless_row


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x.example")', "+1|A", "-1+cmd|' /C calc'!A1", "@SUM(1)", "\t=1", "\r=1", "-(1)", "-T1"]
)
def test_a_formula_becomes_a_text(text):
    assert harmless(text) == f"'{text}"


def test_numbers_with_their_units_stay_as_they_are():
    row = ["-5.00", "-1 234,50 kr", "+46 70 123 45 67", "-", "-12.5 kWh", "SE/LAD", "a=b"]
    assert harmless_row(row) == row
