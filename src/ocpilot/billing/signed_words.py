"""What was found of signed meter values, in a sentence for a driver and in words for an operator."""

from ocpilot.base import formats
from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.base.texts import Translate, mark
from ocpilot.metering.signed import SignedCharge

#: For drivers: what it means for the bill.
_SENTENCES = {
    SignedVerdict.VALID: mark(
        "The meter {meter} in the charger signed {kwh} kWh for this charge. We have checked the signatures: they are "
        "right."
    ),
    SignedVerdict.INVALID: mark(
        "The meter values of this charge bear a signature that does not fit them. They prove nothing."
    ),
    SignedVerdict.NOT_SIGNED: mark("The meter values of this charge came without a signature. They prove nothing."),
    SignedVerdict.UNREADABLE: mark("The signed meter values of this charge cannot be read, so they prove nothing."),
    SignedVerdict.UNSUPPORTED: mark("The meter values of this charge are signed in a way that we cannot check."),
    SignedVerdict.OTHER_KEY: mark(
        "The meter values of this charge came with another key than the one that the meter is known by."
    ),
    SignedVerdict.NO_KEY: mark(
        "The meter values of this charge are signed. We could not check the signatures: we do not know the key of the "
        "meter."
    ),
    SignedVerdict.MISMATCHED: mark(
        "The signed meter readings at the beginning and at the end of this charge do not belong together."
    ),
    SignedVerdict.OTHER_ENERGY: mark(
        "The meter {meter} in the charger signed {kwh} kWh for this charge, which is not the energy billed."
    ),
    SignedVerdict.INCOMPLETE: mark(
        "Not both the first and the last meter reading of this charge are signed, so the signatures do not prove its "
        "energy."
    ),
}

#: For operators.
WORDS = {
    SignedVerdict.VALID: mark("Signatures are right"),
    SignedVerdict.INVALID: mark("Signature is wrong"),
    SignedVerdict.NOT_SIGNED: mark("Not signed"),
    SignedVerdict.UNREADABLE: mark("Cannot be read"),
    SignedVerdict.UNSUPPORTED: mark("Cannot be checked"),
    SignedVerdict.OTHER_KEY: mark("Another key"),
    SignedVerdict.NO_KEY: mark("Key is not known"),
    SignedVerdict.MISMATCHED: mark("Readings do not match"),
    SignedVerdict.OTHER_ENERGY: mark("Energy differs"),
    SignedVerdict.INCOMPLETE: mark("Begin or end is missing"),
}


def sentence(found: SignedCharge, translate: Translate, locale: str) -> str:
    """One sentence or two for the receipt."""
    meter = found.record.meter if found.record else None
    kwh = formats.number(found.kwh, locale) if found.kwh is not None else "–"
    return " ".join(translate(_SENTENCES[found.verdict]).format(meter=meter or "", kwh=kwh).split())
