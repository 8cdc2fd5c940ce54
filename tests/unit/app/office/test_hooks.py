"""Which events there are, which a hook wants, and how they are signed."""

from datetime import UTC, datetime

import pytest

from ocpilot.app.kept.hook_ports import Hook
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS, OPENINGS, TERMINALS
from ocpilot.app.office.hooks import EVENTS, signature, word_of
from ocpilot.wire.protocol import ModuleID

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("module", "sub", "word"),
    [
        (ModuleID.LOCATIONS, "", "location"),
        (ModuleID.LOCATIONS, "E1", "evse"),
        (ModuleID.TOKENS, "RFID", "token"),
        (ModuleID.CDRS, "", "cdr"),
        (ModuleID.PAYMENTS, TERMINALS, "terminal"),
        (ModuleID.BOOKINGS, "", "booking"),
        (ModuleID.BOOKINGS, BOOKING_LOCATIONS, "booking_location"),
        (ModuleID.BOOKINGS, OPENINGS, None),
    ],
)
def test_every_kind_of_object_has_its_word(module, sub, word):
    assert word_of(module, sub) == word
    assert word is None or {f"{word}.updated", f"{word}.deleted"} <= set(EVENTS)


@pytest.mark.parametrize(
    ("events", "wanted"),
    [((), True), (("session.updated",), True), (("session.*",), True), (("cdr.updated", "peer.*"), False)],
)
def test_a_hook_wants_what_it_named_or_everything(events, wanted):
    hook = Hook(name="erp", url="https://erp.example.com", secret_sealed=b"", events=events, created_at=NOW)
    assert hook.wants("session.updated") is wanted


def test_a_signature_is_of_the_time_and_the_body():
    signed = signature("whsec_abc", b"{}", NOW)
    assert signed.startswith(f"t={int(NOW.timestamp())},v1=")
    assert signed == signature("whsec_abc", b"{}", NOW)
    assert len({signed, signature("whsec_abd", b"{}", NOW), signature("whsec_abc", b"[]", NOW)}) == 3
