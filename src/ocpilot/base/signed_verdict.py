"""The words for what is found of signed meter values: settings, verdicts and pages speak the same."""

from enum import StrEnum


class SignedVerdict(StrEnum):
    """The worst first. Only `VALID` says that the energy on the bill is what the meter signed."""

    INVALID = "INVALID"  # a signature does not fit what it stands under, or the key
    NOT_SIGNED = "NOT_SIGNED"  # no signature, or only a hash, which anybody can make
    UNREADABLE = "UNREADABLE"  # not what its encoding says it is
    UNSUPPORTED = "UNSUPPORTED"  # an encoding, curve or algorithm that we cannot check
    OTHER_KEY = "OTHER_KEY"  # another key came than the one known of the EVSE
    NO_KEY = "NO_KEY"  # nobody told the key
    MISMATCHED = "MISMATCHED"  # the begin and the end reading do not belong together
    OTHER_ENERGY = "OTHER_ENERGY"  # what is billed is not what was signed
    INCOMPLETE = "INCOMPLETE"  # no begin or no end reading
    VALID = "VALID"
