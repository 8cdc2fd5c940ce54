"""What becomes of each thing that differs between 2.2.1 and 2.3.0."""

from decimal import Decimal

import pytest

from generated import Generator
from ocpilot.base.ids import PartyId
from ocpilot.wire import codec
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import Version
from ocpilot.wire.v230 import EVSE, Connector, Credentials, EnergyMix, Location, Price, Session, Tariff, Token

OLD, NEW = Version.V2_2_1, Version.V2_3_0


def up(cls, body):
    converted = codec.convert(cls, body, OLD, NEW)
    assert not converted.losses
    return converted.body


def down(cls, body):
    converted = codec.convert(cls, body, NEW, OLD)
    return converted.body, [loss.path for loss in converted.losses]


def tariff(tax_included, *components, **fields):
    return {"tax_included": tax_included, "elements": [{"price_components": list(components)}], **fields}


def prices(body):
    return [component["price"] for component in body["elements"][0]["price_components"]]


def test_a_price_with_vat_goes_up_with_one_tax():
    assert up(Price, {"excl_vat": 10, "incl_vat": Decimal("12.5"), "x": 1}) == {
        "before_taxes": 10,
        "taxes": [{"name": "VAT", "amount": Decimal("2.5")}],
        "x": 1,
    }


def test_a_price_without_known_vat_goes_up_with_no_tax_as_it_is_unknown():
    assert up(Price, {"excl_vat": 10}) == {"before_taxes": 10}


def test_no_vat_at_all_is_known_and_stays_known():
    body = {"excl_vat": 10, "incl_vat": 10}
    assert up(Price, body)["taxes"] == [{"name": "VAT", "amount": 0}]
    assert down(Price, up(Price, body)) == (body, [])


def test_the_tax_of_a_price_is_exact_whatever_the_digits():
    body = {"excl_vat": Decimal("0.00000000000000000001"), "incl_vat": 12345678901234567890}
    assert down(Price, up(Price, body)) == (body, [])


def test_several_taxes_go_down_as_their_sum_and_their_names_are_lost():
    taxes = [{"name": "GST", "amount": 5, "percentage": 5}, {"name": "QST", "amount": Decimal("9.98")}]
    assert down(Price, {"before_taxes": 100, "taxes": taxes}) == (
        {"excl_vat": 100, "incl_vat": Decimal("114.98")},
        ["$.taxes"],
    )


@pytest.mark.parametrize("taxes", [{}, {"taxes": []}])
def test_unknown_taxes_go_down_without_incl_vat(taxes):
    assert down(Price, {"before_taxes": 100, **taxes}) == ({"excl_vat": 100}, [])


def test_a_price_deep_inside_is_converted_and_the_loss_has_its_whole_path():
    session = {"total_cost": {"before_taxes": 1, "taxes": [{"name": "GST", "amount": 1}]}, "x": {"total_cost": 1}}
    body, losses = down(Session, session)
    assert body == {"total_cost": {"excl_vat": 1, "incl_vat": 2}, "x": {"total_cost": 1}}
    assert losses == ["$.total_cost.taxes"]


def test_the_given_body_is_never_changed():
    session = {"total_cost": {"before_taxes": 1}}
    down(Session, session)
    assert session == {"total_cost": {"before_taxes": 1}}


def test_a_2_2_1_tariff_is_without_taxes_and_its_limits_keep_both_amounts():
    body = {"min_price": {"excl_vat": 4, "incl_vat": 5}, "max_price": {"excl_vat": 40}, "elements": []}
    assert up(Tariff, body) == {
        "min_price": {"before_taxes": 4, "after_taxes": 5},
        "max_price": {"before_taxes": 40},
        "elements": [],
        "tax_included": "NO",
    }
    assert down(Tariff, up(Tariff, body)) == (body, [])


def test_prices_with_taxes_go_down_without_vat_where_it_is_known():
    body, losses = down(
        Tariff, tariff("YES", {"price": 5, "vat": 25}, {"price": Decimal("2.10"), "vat": Decimal("6.0")})
    )
    assert prices(body) == [4, Decimal("1.9811")]
    assert "tax_included" not in body
    assert losses == ["$.tax_included", *(f"$.elements[0].price_components[{i}].price" for i in (0, 1))]


@pytest.mark.parametrize("vat", [{}, {"vat": -100}])
def test_prices_with_taxes_of_an_unknown_rate_go_down_as_they_are_and_say_so(vat):
    converted = codec.convert(Tariff, tariff("YES", {"price": Decimal("2.10"), **vat}), NEW, OLD)
    assert prices(converted.body) == [Decimal("2.10")]
    assert "includes taxes of an unknown rate" in str(converted.losses[1])


def test_a_free_tariff_is_free_with_and_without_taxes():
    body, losses = down(Tariff, tariff("YES", {"price": 0}))
    assert prices(body) == [0]
    assert losses == ["$.tax_included"]


def test_a_tariff_without_any_taxes_loses_that_it_has_none():
    assert down(Tariff, tariff("N/A", {"price": 1}))[1] == ["$.tax_included"]


def test_the_limits_of_a_tariff_with_taxes_need_no_arithmetic():
    body, _ = down(Tariff, tariff("YES", max_price={"before_taxes": 4, "after_taxes": 5}))
    assert body["max_price"] == {"excl_vat": 4, "incl_vat": 5}


@pytest.mark.parametrize(
    ("word", "power_type", "nearest"),
    [
        ("SAE_J3400", "DC", "TESLA_S"),
        ("MCS", "DC", "IEC_62196_T2_COMBO"),
        ("SOMETHING_NEW", "DC", "IEC_62196_T2_COMBO"),
        ("SOMETHING_NEW", "AC_3_PHASE", "IEC_62196_T2"),
    ],
)
def test_a_plug_2_2_1_does_not_know_becomes_the_nearest(word, power_type, nearest):
    body, losses = down(Connector, {"standard": word, "power_type": power_type})
    assert body["standard"] == nearest
    assert losses == ["$.standard"]


@pytest.mark.parametrize(("word", "there"), [("RFID", "RFID"), ("EMAID", "OTHER"), ("NFC", "OTHER")])
def test_a_token_type_2_2_1_does_not_know_is_other(word, there):
    body, losses = down(Token, {"type": word})
    assert body == {"type": there}
    assert losses == ([] if word == there else ["$.type"])


def test_parking_for_some_stays_parking_for_some():
    body, losses = down(EVSE, {"parking_restrictions": ["EV_ONLY", "EMPLOYEES", "TAXIS", "SOMETHING_NEW"]})
    assert body == {"parking_restrictions": ["EV_ONLY", "CUSTOMERS"]}
    assert losses == ["$.parking_restrictions"] * 3


def test_what_2_2_1_has_no_field_for_is_left_out_and_named():
    evse = {"uid": "1", "parking": [{"parking_id": "P"}], "connectors": [{"capabilities": ["X"]}], "x": 1}
    body, losses = down(Location, {"help_phone": "+46 90", "parking_places": [], "evses": [evse]})
    assert body == {"evses": [{"uid": "1", "connectors": [{}], "x": 1}]}
    assert sorted(losses) == [
        "$.evses[0].connectors[0].capabilities",
        "$.evses[0].parking",
        "$.help_phone",
        "$.parking_places",
    ]


def test_an_environmental_impact_of_an_unknown_kind_is_left_out():
    impacts = [{"category": "CARBON_DIOXIDE", "amount": 1}, {"category": "NOISE", "amount": 2}]
    assert down(EnergyMix, {"environ_impact": impacts}) == ({"environ_impact": impacts[:1]}, ["$.environ_impact"])


def role(word, party="HUB"):
    return {"role": word, "country_code": "SE", "party_id": party, "business_details": {"name": party}}


def test_a_hub_of_2_2_1_is_named_and_comes_back():
    body = {"roles": [role("CPO", "LAD"), role("HUB")]}
    there = up(Credentials, body)
    assert there == {"roles": [role("CPO", "LAD"), role("OTHER")], "hub_party_id": "SEHUB"}
    assert down(Credentials, there) == (body, [])


@pytest.mark.parametrize("others", [[role("HUB", "TWO")], [role("OTHER")]])
def test_which_role_was_the_hub_is_lost_when_it_could_be_two(others):
    converted = codec.convert(Credentials, {"roles": [*others, role("HUB")]}, OLD, NEW)
    assert [loss.path for loss in converted.losses] == ["$.roles"]


def test_a_hub_without_a_role_of_its_own_is_lost_going_down():
    body, losses = down(Credentials, {"roles": [role("CPO")], "hub_party_id": "SEHUB"})
    assert body == {"roles": [role("CPO")]}
    assert losses == ["$.hub_party_id"]


def test_fields_under_names_of_the_other_version_are_not_mistaken_for_it():
    converted = codec.convert(Price, {"excl_vat": 1, "taxes": "some"}, OLD, NEW)
    assert converted.body == {"before_taxes": 1}
    assert [loss.path for loss in converted.losses] == ["$.taxes"]
    assert down(Price, {"before_taxes": 1, "incl_vat": 7}) == ({"excl_vat": 1}, ["$.incl_vat"])


@pytest.mark.parametrize(("length", "losses"), [(36, []), (37, ["$.id"]), (39, ["$.id"])])
def test_an_id_of_2_1_1_that_is_too_long_stays_and_is_named(length, losses):
    converted = codec.convert(Location, {"id": "x" * length, "type": "UNKNOWN"}, Version.V2_1_1, OLD)
    assert converted.body["id"] == "x" * length
    assert [loss.path for loss in converted.losses] == losses


def test_a_session_of_2_1_1_may_be_at_a_place_with_a_longer_id():
    evse = Generator(1).body(class_in(EVSE, Version.V2_1_1)) | {"uid": "E" * 39}
    place = Generator(1).body(class_in(Location, Version.V2_1_1)) | {"id": "L" * 39, "evses": [evse]}
    session = Generator(1).body(class_in(Session, Version.V2_1_1)) | {"location": place, "auth_id": "SE-MSP-C00000001"}
    context = codec.Context(party=PartyId("SE", "LAD"))
    value = codec.read(Session, Version.V2_1_1, session, context).value
    assert (value.location_id, value.evse_uid) == ("L" * 39, "E" * 39)
    assert codec.problems(Session, NEW, codec.body_of(value))[0].path == "$.location_id"


def test_the_empty_postal_code_of_2_1_1_is_none():
    there = codec.convert(Location, {"id": "L", "type": "UNKNOWN", "postal_code": ""}, Version.V2_1_1, NEW)
    assert "postal_code" not in there.body
    assert codec.convert(Location, there.body, NEW, Version.V2_1_1).body["postal_code"] == ""
