"""Kinds have names, a class per version, and are guessed from bodies."""

import pytest

from ocpilot.wire import v221, v230
from ocpilot.wire.check import field_plans
from ocpilot.wire.fields import Wire
from ocpilot.wire.kinds import (
    ALL_KINDS,
    KINDS,
    PARTS,
    class_for,
    guess_kind,
    guess_version,
    kind_named,
    kind_of,
    kinds_with,
    versions_of,
)
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import Version


def test_kinds_are_named_after_their_class():
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    assert {"location", "evse", "cdr", "version_details", "authorization_info", "unlock_connector"} <= set(names)
    assert kind_named("cdr") is kind_of(v230.CDR)
    assert kind_named("CDR") is None


def test_every_class_has_a_name_and_parts_are_not_guessed():
    classes = [cls for cls in map(v230.__dict__.get, v230.__all__) if isinstance(cls, type) and issubclass(cls, Wire)]
    assert {kind.cls for kind in ALL_KINDS} == set(classes)
    assert len({kind.name for kind in ALL_KINDS}) == len(ALL_KINDS)
    assert {"price_component", "hours", "evse_parking", "booking_request_status"} <= {kind.name for kind in PARTS}
    assert guess_kind({"category": "OPERATOR", "type": "png", "url": "https://example.com/"}) is None


def test_each_version_has_its_class():
    assert class_for(kind_of(v230.CDR), Version.V2_2_1) is v221.CDR
    assert class_for(kind_of(v230.CDR), Version.V2_3_0) is v230.CDR
    assert class_in(v230.StopSession, Version.V2_2_1) is v230.StopSession
    assert class_in(v230.PriceLimit, Version.V2_2_1) is v230.PriceLimit


def required(kind):
    return {plan.name for plan in field_plans(kind.cls) if plan.required}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_body_with_all_required_fields_is_known_by_them(kind):
    first = next(other for other in KINDS if required(other) == required(kind))
    assert guess_kind(dict.fromkeys(required(kind))) is first


def test_a_kind_exists_in_some_versions():
    assert versions_of(kind_of(v230.Booking)) == (Version.V2_3_0,)
    assert versions_of(kind_of(v230.ClientInfo)) == (Version.V2_3_0, Version.V2_2_1)


def test_an_object_of_no_kind_is_not_guessed():
    assert guess_kind({"language": "en", "text": "x"}) is None
    assert guess_kind({}) is None


def test_the_version_is_the_one_with_the_fewest_errors_and_else_the_newest():
    session = kind_of(v230.Session)
    later = dict.fromkeys(required(session) - {"kwh"}, "x")
    assert guess_version(session, later | {"total_cost": {"excl_vat": 1}}) is Version.V2_2_1
    assert guess_version(session, later | {"total_cost": {"before_taxes": 1}}) is Version.V2_3_0
    assert guess_version(session, later) is Version.V2_3_0
    assert guess_version(session, {"auth_id": "x", "total_cost": 1}) is Version.V2_1_1


def test_a_mistake_in_a_newer_field_does_not_make_an_object_an_older_one():
    owner = {
        "country_code": "SE",
        "party_id": "LAD",
        "id": "T",
        "currency": "SEK",
        "last_updated": "2026-11-01T00:00:00Z",
    }
    component = {"type": "ENERGY", "price": 1, "step_size": 1, "vat": "twenty"}
    tariff = owner | {"elements": [{"price_components": [component]}]}
    assert guess_version(kind_of(v230.Tariff), tariff) is Version.V2_2_1


@pytest.mark.parametrize("version", [Version.V2_3_0, Version.V2_2_1])
def test_version_details_say_their_version(version):
    details = kind_of(v230.VersionDetails)
    assert guess_version(details, {"version": str(version)}) is version
    assert guess_version(details, {"version": "2.2"}) is Version.V2_3_0


def test_the_kinds_that_have_some_fields():
    assert [kind.name for kind in kinds_with({"evses": []})] == ["location"]
    assert kinds_with({"a": 1}) == []
    assert kinds_with({}) == []
