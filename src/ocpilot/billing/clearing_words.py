"""The rules that CDRs are judged by in plain words, through a translation."""

from ocpilot.base.texts import Translate, mark
from ocpilot.billing.clearing_limits import Rule

RULES = {
    Rule.PRICE: mark("The price is not ours"),
    Rule.NOT_PRICED: mark("It cannot be priced"),
    Rule.STRUCTURE: mark("The CDR contradicts itself"),
    Rule.DURATION: mark("A very long charge"),
    Rule.ENERGY: mark("Very much energy"),
    Rule.COST: mark("A very high cost"),
    Rule.POWER: mark("More than the Connector can give"),
    Rule.OVERLAP: mark("Two charges at once"),
    Rule.DOUBLED: mark("Billed twice"),
    Rule.LATE: mark("It came late"),
    Rule.UNKNOWN_TOKEN: mark("A Token we do not know"),
    Rule.UNKNOWN_PLACE: mark("A place we do not know"),
    Rule.ZERO_COST: mark("One of us has no cost"),
    Rule.CURRENCY: mark("Another currency"),
    Rule.NEGATIVE: mark("Below zero and no credit"),
    Rule.SIGNED: mark("The signed meter values speak against it"),
    Rule.CREDIT_CHAIN: mark("A credit of a credit"),
    Rule.CREDITED_TWICE: mark("Credited twice"),
    Rule.CREDIT_AMOUNT: mark("The credit is not what was billed"),
    Rule.CREDIT_CHARGE: mark("The credit is of another charge"),
}


def rule_text(rule: str, translate: Translate) -> str:
    """What a rule is about."""
    return translate(RULES[Rule(rule)])
