"""Hashes, seals and passwords."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ocpilot.app.secrets import Seal, derived_key, hash_token, secret_key
from ocpilot.base.errors import OcpilotError, SettingsError
from ocpilot.base.settings import SecuritySettings, Settings

KEYED = Settings(security=SecuritySettings(secret_key="a key of the installation"))


def test_a_sealed_secret_opens_with_the_same_key_only() -> None:
    sealed = Seal(KEYED).seal("token ÅÄÖ")
    assert b"token" not in sealed
    assert Seal(KEYED).open(sealed) == "token ÅÄÖ"
    other = Settings(security=SecuritySettings(secret_key="another key altogether"))
    with pytest.raises(OcpilotError, match="secret_key"):
        Seal(other).open(sealed)
    with pytest.raises(OcpilotError, match="secret_key"):
        Seal(KEYED).open(sealed[:-4] + b"AAAA")


def test_without_a_key_one_is_made_that_only_the_owner_reads(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    sealed = Seal(settings).seal("token")
    assert Seal(settings).open(sealed) == "token"
    (file,) = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: secret_key(Settings(data_dir=tmp_path)), range(32)))
    assert len(keys) == 1


def test_a_short_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="found 5 characters"):
        Seal(Settings(security=SecuritySettings(secret_key="short")))


def test_a_key_file_that_a_power_cut_left_empty_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    with pytest.raises(SettingsError, match=r"secret\.key: found 0 characters, expected 16 or more"):
        secret_key(Settings(data_dir=tmp_path))


def test_each_purpose_has_its_own_key() -> None:
    assert derived_key(KEYED, "cookies") != derived_key(KEYED, "seal")
    assert len(derived_key(KEYED, "cookies")) == 32


def test_a_token_hash_is_the_same_every_time_and_hides_the_token() -> None:
    assert hash_token("A") == hash_token("A") != hash_token("a")
    assert len(hash_token("A")) == 32
