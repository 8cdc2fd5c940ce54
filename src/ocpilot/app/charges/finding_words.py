"""What was odd about a transaction, in the words of whoever has to decide about it."""

from typing import Final

from ocpilot.base.texts import mark
from ocpilot.metering.findings import Oddity

WORDS: Final = {
    Oddity.UNIT_CORRECTED: mark("The station mixed up Wh and kWh; only one reading was possible and was taken"),
    Oddity.UNIT_UNCLEAR: mark("The station mixed up Wh and kWh, and both readings are possible"),
    Oddity.DIP: mark("A meter value below those around it was left out"),
    Oddity.SPIKE: mark("A meter value above those around it was left out"),
    Oddity.JUMP: mark("The meter rose by more than the EVSE can give; what flowed is not known"),
    Oddity.ROLLOVER: mark("The counter passed its last number"),
    Oddity.METER_RESTARTED: mark("The counter began again; what flowed in between is not billed"),
    Oddity.METER_REPLACED: mark("The counter went on from another number"),
    Oddity.BASELINE_ZERO: mark("The charge began with a meter value of 0, then came what the meter really shows"),
    Oddity.SESSION_REGISTER: mark("The first meter value is of the meter's life, the others of this charge"),
    Oddity.INTERVALS_COUNT: mark("The register stood still; the intervals were added up"),
    Oddity.NO_METER_VALUES: mark("Not one meter value came"),
    Oddity.BEGIN_UNREAD: mark("The first meter value came late; what flowed before it is not known"),
    Oddity.END_UNREAD: mark("The last meter value came well before the end; what flowed after it is not known"),
    Oddity.LITTLE_UNREAD: mark(
        "The last meter value came before the end; the little that flowed after it is not billed"
    ),
    Oddity.END_READ_LATER: mark("The end was not read; the next meter value tells what it was"),
    Oddity.END_EMPTY: mark("The meter value at the end is none"),
    Oddity.NOTHING_BELIEVED: mark("No meter value could be counted"),
    Oddity.POWER_DISAGREES: mark("The register does not know of the power that was measured"),
    Oddity.ENERGY_AFTER_END: mark("Energy after the end is not billed"),
    Oddity.CLOCK_AHEAD: mark("The station's clock was ahead; its times were moved back"),
    Oddity.CLOCK_BEHIND: mark("The station's clock was behind; its times were moved on"),
    Oddity.FROM_THE_FUTURE: mark("Meter values from the future were taken as of when they came"),
    Oddity.REPLAYED: mark("The station was offline and told us later"),
    Oddity.STOP_LOST: mark("The end never came; the charge was ended where its last meter value was"),
    Oddity.LATE_STOP: mark("The end came when the charge had been billed without it"),
    Oddity.STOP_BEFORE_START: mark("The end came before the start"),
    Oddity.STOPPED_BY_OTHER_ID: mark("The station named another transaction than the one it meant"),
    Oddity.NEVER_STARTED: mark("The station ended a charge that it never began"),
    Oddity.STARTED_TWICE: mark("The station began another charge at once"),
    Oddity.TOKEN_UNKNOWN: mark("Nobody knows the token it was started with"),
    Oddity.TOKEN_REFUSED: mark("The token was not allowed to charge"),
    Oddity.REBOOTED: mark("The station restarted during the charge"),
    Oddity.VALUES_REFUSED: mark("Meter values that no meter shows were left out"),
    Oddity.EVENTS_MISSING: mark("Some of the station's messages about the charge never came"),
    Oddity.COST_DISAGREES: mark("The station shows another cost than ours"),
}
