"""The step between 2.2.1 and 2.3.0: one change up and one down per class that differs.

Up never invents: what 2.2.1 does not say stays unsaid. Down reports what 2.2.1 has no place for. A 2.2.1 body that
goes up without losses comes back down as it was.

Going down, words of an OpenEnum that 2.2.1 does not know become:

    ConnectorType       SAE_J3400 -> TESLA_S (the same plug); MCS and any other: IEC_62196_T2_COMBO for DC (MCS is of
                        the same family), IEC_62196_T2 for AC, as a Connector must have a standard
    TokenType           EMAID and any other -> OTHER
    ParkingRestriction  EMPLOYEES, TENANTS, TAXIS -> CUSTOMERS (not for everyone); any other is left out
    ImageCategory       any other -> OTHER
    Capability, Facility, ParkingType, EnvironmentalImpactCategory
                        any other is left out
    CdrDimensionType    RESERVATION_EXPIRES -> RESERVATION_TIME, RESERVATION_OVERTIME -> TIME

A Tariff Element for bookings is left out: 2.2.1 would count it for every charge.
Roles: 2.2.1 has a role HUB, 2.3.0 names the hub in `hub_party_id` and gives it the role OTHER.
Any other role that 2.2.1 does not know (PTP of the payments extension) becomes OTHER.
"""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal

from ocpilot.wire import v221, v230
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.leaves import show
from ocpilot.wire.steps.changes import (
    drop,
    environ_impact,
    in_turn,
    keep_valid,
    moved,
    new_fields,
    standard,
    without_elements,
)
from ocpilot.wire.steps.walk import Loss, Notes, Step, WordTable
from ocpilot.wire.v221.locations import CONNECTOR_TYPES, PARKING_RESTRICTIONS
from ocpilot.wire.v221.types import TOKEN_TYPES

#: Wide enough to add and subtract any two numbers a body may hold without rounding.
_EXACT = Context(prec=200)
#: Decimals of an amount whose tax was taken out (types, "number").
_FOUR_DECIMALS = Decimal("0.0001")
#: What the one tax of 2.2.1 is called in a list of taxes.
_VAT = "VAT"


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _price_up(body: Body, _notes: Notes) -> None:
    """The VAT becomes a tax; without `incl_vat` the taxes are unknown and stay so."""
    moved(body, "excl_vat", "before_taxes")
    with_vat, before = body.pop("incl_vat", None), body.get("before_taxes")
    if _is_number(with_vat) and _is_number(before):
        body["taxes"] = [{"name": _VAT, "amount": _EXACT.subtract(_decimal(with_vat), _decimal(before))}]


def _price_down(body: Body, notes: Notes) -> None:
    """All taxes are added up; their names, accounts and percentages have no place."""
    taxes = body.pop("taxes", None)
    before = body.get("before_taxes")
    moved(body, "before_taxes", "excl_vat")
    if not isinstance(taxes, list) or not taxes or not _is_number(before):
        return
    total = _decimal(before)
    for tax in taxes:
        total = _EXACT.add(total, _decimal(tax["amount"]))
    body["incl_vat"] = total
    if len(taxes) > 1 or taxes[0].keys() != {"name", "amount"} or taxes[0]["name"] != _VAT:
        notes.append(Loss(".taxes", f"only the sum of the taxes is kept, not {show(taxes)}"))


def _limit_up(body: Body, _notes: Notes) -> None:
    moved(body, "excl_vat", "before_taxes")
    moved(body, "incl_vat", "after_taxes")


def _limit_down(body: Body, _notes: Notes) -> None:
    moved(body, "before_taxes", "excl_vat")
    moved(body, "after_taxes", "incl_vat")


def _tariff_up(body: Body, _notes: Notes) -> None:
    """Prices of 2.2.1 are without VAT (mod_tariffs 2.2.1, "PriceComponent")."""
    body["tax_included"] = v230.TaxIncluded.NO.value


def _tariff_down(body: Body, notes: Notes) -> None:
    """Prices of 2.2.1 are without VAT, so the VAT is taken out of prices that hold it."""
    included = body.pop("tax_included", None)
    if included == v230.TaxIncluded.NOT_APPLICABLE:
        notes.append(Loss(".tax_included", "that no taxes apply (N/A); read as: taxes come on top"))
    if included != v230.TaxIncluded.YES:
        return
    notes.append(
        Loss(".tax_included", "that prices include taxes (YES); prices are given without VAT where it is known")
    )
    elements = body.get("elements")
    body["elements"] = [
        {**element, "price_components": _without_vat(element["price_components"], f".elements[{index}]", notes)}
        for index, element in enumerate(elements if isinstance(elements, list) else [])
    ]


def _without_vat(components: Iterable[Body], path: str, notes: Notes) -> list[Body]:
    return [
        {**component, "price": _net(component, f"{path}.price_components[{index}].price", notes)}
        for index, component in enumerate(components)
    ]


def _net(component: Body, path: str, notes: Notes) -> object:
    """The price of `component` without its VAT, to four decimals; the price as it is when the VAT is unknown."""
    price, vat = component["price"], component.get("vat")
    if not price:
        return price
    if not _is_number(vat) or _decimal(vat) <= -100:
        notes.append(Loss(path, f"the price {price} includes taxes of an unknown rate"))
        return price
    factor = _EXACT.add(Decimal(1), _EXACT.divide(_decimal(vat), Decimal(100)))
    net = _EXACT.quantize(_EXACT.divide(_decimal(price), factor), _FOUR_DECIMALS)
    notes.append(Loss(path, f"the price {price} with {vat} % VAT became {net} without"))
    return net


def _credentials_up(body: Body, notes: Notes) -> None:
    """The party with the role HUB becomes `hub_party_id`, its role OTHER."""
    roles = _roles(body)
    hubs = [role for role in roles if role.get("role") == v221.Role.HUB]
    if not hubs:
        return
    hub = _party(hubs[0])
    same = [role for role in roles if role.get("role") == v221.Role.OTHER and _party(role).lower() == hub.lower()]
    if len(hubs) > 1 or same:
        notes.append(Loss(".roles", f"which of the roles OTHER was HUB; the hub is {hub}"))
    body["hub_party_id"] = hub
    body["roles"] = [{**role, "role": "OTHER"} if role in hubs else role for role in roles]


def _credentials_down(body: Body, notes: Notes) -> None:
    """The first party with the role OTHER that is the hub gets the role HUB."""
    hub = body.pop("hub_party_id", None)
    if not isinstance(hub, str):
        return
    roles = list(_roles(body))
    for index, role in enumerate(roles):
        if role.get("role") == v221.Role.OTHER and _party(role).lower() == hub.lower():
            roles[index] = {**role, "role": v221.Role.HUB.value}
            body["roles"] = roles
            if _party(role) != hub:
                notes.append(Loss(".hub_party_id", f"the case of {hub}"))
            return
    notes.append(Loss(".hub_party_id", f"that the hub is {hub}: none of the roles OTHER is"))


def _client_up(body: Body, notes: Notes) -> None:
    """A hub has no role of its own in 2.3.0."""
    if body.get("role") == v221.Role.HUB:
        body["role"] = v230.Role.OTHER.value
        notes.append(Loss(".role", "that the party is a HUB; its role becomes OTHER"))


def _roles(body: Body) -> list[Body]:
    roles = body.get("roles")
    return roles if isinstance(roles, list) else []


def _party(role: Body) -> str:
    return f"{role.get('country_code')}{role.get('party_id')}"


_CONNECTOR_TYPES = WordTable(known=CONNECTOR_TYPES.known, nearest={"SAE_J3400": "TESLA_S", "MCS": "IEC_62196_T2_COMBO"})
_WORDS_DOWN = {
    "CdrDimensionType": WordTable(
        known=frozenset(v221.CdrDimensionType),
        nearest={"RESERVATION_EXPIRES": "RESERVATION_TIME", "RESERVATION_OVERTIME": "TIME"},
    ),
    "Role": WordTable(known=frozenset(v221.Role), otherwise="OTHER"),
    "TokenType": WordTable(known=TOKEN_TYPES.known, otherwise="OTHER"),
    "ParkingRestriction": WordTable(
        known=PARKING_RESTRICTIONS.known,
        nearest={"EMPLOYEES": "CUSTOMERS", "TENANTS": "CUSTOMERS", "TAXIS": "CUSTOMERS"},
    ),
    "ImageCategory": WordTable(known=frozenset(v230.ImageCategory), otherwise="OTHER"),
    "Capability": WordTable(known=frozenset(v230.Capability)),
    "Facility": WordTable(known=frozenset(v230.Facility)),
    "ParkingType": WordTable(known=frozenset(v230.ParkingType)),
}

#: Classes whose new fields go straight through, or away.
_GROWN: Mapping[type[Wire], type[Wire]] = {
    v230.Location: v221.Location,
    v230.EVSE: v221.EVSE,
    v230.Connector: v221.Connector,
    v230.CDR: v221.CDR,
}
_NO_PLACE = "2.2.1 has no such field"
_MISPLACED = "means something else here"
_PREAUTHORIZE = ("preauthorize_amount",)
_OLD = v221.TariffRestrictions

UP = Step(
    before={
        **{new: keep_valid(new, new_fields(new, old), "2.2.1") for new, old in _GROWN.items()},
        v230.TariffRestrictions: keep_valid(
            v230.TariffRestrictions, new_fields(v230.TariffRestrictions, _OLD), "2.2.1"
        ),
        v230.Credentials: keep_valid(v230.Credentials, new_fields(v230.Credentials, v221.Credentials), "2.2.1"),
        v230.Price: drop(("before_taxes", "taxes"), _MISPLACED),
        v230.PriceLimit: drop(("before_taxes", "after_taxes"), _MISPLACED),
        v230.Tariff: in_turn(drop(("tax_included",), _MISPLACED), keep_valid(v230.Tariff, _PREAUTHORIZE, "2.2.1")),
    },
    after={
        v230.Price: _price_up,
        v230.PriceLimit: _limit_up,
        v230.Tariff: _tariff_up,
        v230.Credentials: _credentials_up,
        v230.ClientInfo: _client_up,
    },
)

DOWN = Step(
    before={
        **{new: drop(new_fields(new, old), _NO_PLACE) for new, old in _GROWN.items()},
        v230.Tariff: drop(_PREAUTHORIZE, _NO_PLACE),
        v230.Price: drop(("excl_vat", "incl_vat"), _MISPLACED),
        v230.PriceLimit: drop(("excl_vat", "incl_vat"), _MISPLACED),
    },
    after={
        v230.Price: _price_down,
        v230.PriceLimit: _limit_down,
        v230.Tariff: in_turn(_tariff_down, without_elements(new_fields(v230.TariffRestrictions, _OLD))),
        v230.Credentials: _credentials_down,
        v230.Connector: standard(_CONNECTOR_TYPES, "power_type"),
        v230.CdrLocation: standard(_CONNECTOR_TYPES, "connector_power_type"),
        v230.EnergyMix: environ_impact(frozenset(v230.EnvironmentalImpactCategory), "category"),
    },
    words=_WORDS_DOWN,
)
