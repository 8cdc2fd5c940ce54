"""What holds a charge whose signed meter values speak against it is a setting."""

from decimal import Decimal

import pytest

from ocpilot.base.errors import SettingsError
from ocpilot.base.settings import load
from ocpilot.base.signed_verdict import SignedVerdict


def test_both_can_be_set_in_a_file_and_in_the_environment(tmp_path):
    file = tmp_path / "ocpilot.toml"
    file.write_text('[signed]\nhold = ["INVALID", "NO_KEY"]\ntolerance = 0.2\n')
    signed = load(file, {}).signed
    assert (signed.hold, signed.tolerance) == ((SignedVerdict.INVALID, SignedVerdict.NO_KEY), Decimal("0.2"))
    signed = load(None, {"OCPILOT_SIGNED_HOLD": "[]", "OCPILOT_SIGNED_TOLERANCE": "1"}).signed
    assert (signed.hold, signed.tolerance) == ((), Decimal(1))


@pytest.mark.parametrize("wrong", ['hold = ["PERHAPS"]', "tolerance = -1", "tolerance = true"])
def test_what_is_no_such_setting_is_refused(tmp_path, wrong):
    file = tmp_path / "ocpilot.toml"
    file.write_text(f"[signed]\n{wrong}\n")
    with pytest.raises(SettingsError, match="signed"):
        load(file, {})
