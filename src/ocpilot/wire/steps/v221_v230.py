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

Roles: 2.2.1 has a role HUB, 2.3.0 names the hub in `hub_party_id` and gives it the role OTHER.
"""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal

from ocpilot.base.problem import Problem, Severity
from ocpilot.wire import v221, v230
from ocpilot.wire.check import field_plans
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.leaves import show
from ocpilot.wire.steps.walk import Change, Loss, Step, WordTable
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


def _moved(body: Body, old: str, new: str) -> None:
    """The field `old` under the name `new`, if there is one with a value."""
    value = body.pop(old, None)
    if value is not None:
        body[new] = value


def _price_up(body: Body, _losses: list[Loss]) -> None:
    """The VAT becomes a tax; without `incl_vat` the taxes are unknown and stay so."""
    _moved(body, "excl_vat", "before_taxes")
    with_vat, before = body.pop("incl_vat", None), body.get("before_taxes")
    if _is_number(with_vat) and _is_number(before):
        body["taxes"] = [{"name": _VAT, "amount": _EXACT.subtract(_decimal(with_vat), _decimal(before))}]


def _price_down(body: Body, losses: list[Loss]) -> None:
    """All taxes are added up; their names, accounts and percentages have no place."""
    taxes = body.pop("taxes", None)
    before = body.get("before_taxes")
    _moved(body, "before_taxes", "excl_vat")
    if not isinstance(taxes, list) or not taxes or not _is_number(before):
        return
    total = _decimal(before)
    for tax in taxes:
        total = _EXACT.add(total, _decimal(tax["amount"]))
    body["incl_vat"] = total
    if len(taxes) > 1 or taxes[0].keys() != {"name", "amount"} or taxes[0]["name"] != _VAT:
        losses.append(Loss(".taxes", f"only the sum of the taxes is kept, not {show(taxes)}"))


def _limit_up(body: Body, _losses: list[Loss]) -> None:
    _moved(body, "excl_vat", "before_taxes")
    _moved(body, "incl_vat", "after_taxes")


def _limit_down(body: Body, _losses: list[Loss]) -> None:
    _moved(body, "before_taxes", "excl_vat")
    _moved(body, "after_taxes", "incl_vat")


def _tariff_up(body: Body, _losses: list[Loss]) -> None:
    """Prices of 2.2.1 are without VAT (mod_tariffs 2.2.1, "PriceComponent")."""
    body["tax_included"] = v230.TaxIncluded.NO.value


def _tariff_down(body: Body, losses: list[Loss]) -> None:
    """Prices of 2.2.1 are without VAT, so the VAT is taken out of prices that hold it."""
    included = body.pop("tax_included", None)
    if included == v230.TaxIncluded.NOT_APPLICABLE:
        losses.append(Loss(".tax_included", "that no taxes apply (N/A); read as: taxes come on top"))
    if included != v230.TaxIncluded.YES:
        return
    losses.append(
        Loss(".tax_included", "that prices include taxes (YES); prices are given without VAT where it is known")
    )
    elements = body.get("elements")
    body["elements"] = [
        {**element, "price_components": _without_vat(element["price_components"], f".elements[{index}]", losses)}
        for index, element in enumerate(elements if isinstance(elements, list) else [])
    ]


def _without_vat(components: Iterable[Body], path: str, losses: list[Loss]) -> list[Body]:
    return [
        {**component, "price": _net(component, f"{path}.price_components[{index}].price", losses)}
        for index, component in enumerate(components)
    ]


def _net(component: Body, path: str, losses: list[Loss]) -> object:
    """The price of `component` without its VAT, to four decimals; the price as it is when the VAT is unknown."""
    price, vat = component["price"], component.get("vat")
    if not price:
        return price
    if not _is_number(vat) or _decimal(vat) <= -100:
        losses.append(Loss(path, f"the price {price} includes taxes of an unknown rate"))
        return price
    factor = _EXACT.add(Decimal(1), _EXACT.divide(_decimal(vat), Decimal(100)))
    net = _EXACT.quantize(_EXACT.divide(_decimal(price), factor), _FOUR_DECIMALS)
    losses.append(Loss(path, f"the price {price} with {vat} % VAT became {net} without"))
    return net


def _credentials_up(body: Body, losses: list[Loss]) -> None:
    """The party with the role HUB becomes `hub_party_id`, its role OTHER."""
    roles = _roles(body)
    hubs = [role for role in roles if role.get("role") == v221.Role.HUB]
    if not hubs:
        return
    hub = _party(hubs[0])
    same = [role for role in roles if role.get("role") == v221.Role.OTHER and _party(role).lower() == hub.lower()]
    if len(hubs) > 1 or same:
        losses.append(Loss(".roles", f"which of the roles OTHER was HUB; the hub is {hub}"))
    body["hub_party_id"] = hub
    body["roles"] = [{**role, "role": "OTHER"} if role in hubs else role for role in roles]


def _credentials_down(body: Body, losses: list[Loss]) -> None:
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
                losses.append(Loss(".hub_party_id", f"the case of {hub}"))
            return
    losses.append(Loss(".hub_party_id", f"that the hub is {hub}: none of the roles OTHER is"))


def _roles(body: Body) -> list[Body]:
    roles = body.get("roles")
    return roles if isinstance(roles, list) else []


def _party(role: Body) -> str:
    return f"{role.get('country_code')}{role.get('party_id')}"


def _standard(power_type: str) -> Change:
    """A Connector's standard that 2.2.1 does not know, by the `power_type` field: AC or DC."""

    def change(body: Body, losses: list[Loss]) -> None:
        name = "standard" if "standard" in body else "connector_standard"
        found = body.get(name)
        if not isinstance(found, str) or found in _CONNECTOR_TYPES.known:
            return
        family = "IEC_62196_T2_COMBO" if body.get(power_type) == v230.PowerType.DC else "IEC_62196_T2"
        body[name] = _CONNECTOR_TYPES.nearest.get(found, family)
        losses.append(Loss(f".{name}", f"the word {found} becomes {body[name]}"))

    return change


def _energy_mix_down(body: Body, losses: list[Loss]) -> None:
    """An impact must have a category that 2.2.1 knows."""
    known = frozenset(v230.EnvironmentalImpactCategory)
    impacts = body.get("environ_impact")
    if not isinstance(impacts, list) or all(impact["category"] in known for impact in impacts):
        return
    body["environ_impact"] = [impact for impact in impacts if impact["category"] in known]
    left_out = [impact["category"] for impact in impacts if impact["category"] not in known]
    losses.append(Loss(".environ_impact", f"the impacts {', '.join(left_out)}"))


def _new_fields(new: type[Wire], old: type[Wire]) -> tuple[str, ...]:
    """The fields that 2.3.0 added to a class."""
    known = {plan.name for plan in field_plans(old)}
    return tuple(plan.name for plan in field_plans(new) if plan.name not in known)


def _keep_valid(new: type[Wire], names: Iterable[str]) -> Change:
    """A 2.2.1 peer may send fields of 2.3.0 already: they stay if they are right, as nothing else can be meant."""
    plans = [plan for plan in field_plans(new) if plan.name in names]

    def change(body: Body, losses: list[Loss]) -> None:
        for plan in plans:
            if plan.name not in body:
                continue
            problems: list[Problem] = []
            body[plan.name] = plan.check(body[plan.name], problems)
            if any(problem.severity is Severity.ERROR for problem in problems):
                losses.append(Loss(f".{plan.name}", f"no field of 2.2.1, and wrong for 2.3.0: {show(body[plan.name])}"))
                del body[plan.name]

    return change


def _drop(names: Iterable[str], why: str) -> Change:
    """Fields the target does not have, or that the step writes itself."""

    def change(body: Body, losses: list[Loss]) -> None:
        for name in names:
            if name in body:
                losses.append(Loss(f".{name}", f"{why}: {show(body.pop(name))}"))

    return change


_CONNECTOR_TYPES = WordTable(known=CONNECTOR_TYPES.known, nearest={"SAE_J3400": "TESLA_S", "MCS": "IEC_62196_T2_COMBO"})
_WORDS_DOWN = {
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
}
_NEW_IN_CREDENTIALS = _new_fields(v230.Credentials, v221.Credentials)
_NO_PLACE = "2.2.1 has no such field"
_MISPLACED = "means something else here"

UP = Step(
    before={
        **{new: _keep_valid(new, _new_fields(new, old)) for new, old in _GROWN.items()},
        v230.Credentials: _keep_valid(v230.Credentials, _NEW_IN_CREDENTIALS),
        v230.Price: _drop(("before_taxes", "taxes"), _MISPLACED),
        v230.PriceLimit: _drop(("before_taxes", "after_taxes"), _MISPLACED),
        v230.Tariff: _drop(("tax_included",), _MISPLACED),
    },
    after={
        v230.Price: _price_up,
        v230.PriceLimit: _limit_up,
        v230.Tariff: _tariff_up,
        v230.Credentials: _credentials_up,
    },
)

DOWN = Step(
    before={
        **{new: _drop(_new_fields(new, old), _NO_PLACE) for new, old in _GROWN.items()},
        v230.Price: _drop(("excl_vat", "incl_vat"), _MISPLACED),
        v230.PriceLimit: _drop(("excl_vat", "incl_vat"), _MISPLACED),
    },
    after={
        v230.Price: _price_down,
        v230.PriceLimit: _limit_down,
        v230.Tariff: _tariff_down,
        v230.Credentials: _credentials_down,
        v230.Connector: _standard("power_type"),
        v230.CdrLocation: _standard("connector_power_type"),
        v230.EnergyMix: _energy_mix_down,
    },
    words=_WORDS_DOWN,
)
