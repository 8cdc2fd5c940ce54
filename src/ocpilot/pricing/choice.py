"""Which of several Tariffs holds: by type, validity, currency and what the driver preferred (mod_tariffs, "Tariff
object"; mod_sessions, "ChargingPreferences Object").
"""

from collections.abc import Iterable
from datetime import datetime

from ocpilot.wire.v230 import ProfileType, Tariff, TariffType

#: The type of Tariff that a preference needs; REGULAR needs none of its own.
PREFERRED = {
    ProfileType.CHEAP: TariffType.PROFILE_CHEAP,
    ProfileType.FAST: TariffType.PROFILE_FAST,
    ProfileType.GREEN: TariffType.PROFILE_GREEN,
}


def is_valid(tariff: Tariff, at: datetime) -> bool:
    """Whether a charge that begins at `at` may be under it: from `start_date_time` on, before `end_date_time`."""
    starts, ends = tariff.start_date_time, tariff.end_date_time
    return (starts is None or starts <= at) and (ends is None or at < ends)


def usual(tariffs: Iterable[Tariff], at: datetime) -> Tariff | None:
    """The one for a charge without preferences that begins at `at`: the first REGULAR one or one without a type, else
    the first that is valid. None when none is."""
    valid = [tariff for tariff in tariffs if is_valid(tariff, at)]
    return next((one for one in valid if one.type in (None, TariffType.REGULAR)), next(iter(valid), None))


def for_ad_hoc(tariffs: Iterable[Tariff]) -> tuple[Tariff, ...]:
    """Those for somebody without a contract: of type AD_HOC_PAYMENT, all when there are none (mod_tariffs,
    "TariffType")."""
    known = tuple(tariffs)
    return tuple(one for one in known if one.type == TariffType.AD_HOC_PAYMENT) or known


def preferred(tariffs: Iterable[Tariff], profile: ProfileType, at: datetime) -> Tariff | None:
    """The one for a driver who prefers `profile`, in the currency of the usual one; None when there is none."""
    known = tuple(tariffs)
    ordinary = usual(known, at)
    if ordinary is None or profile not in PREFERRED:
        return ordinary
    fitting = (one for one in known if one.type == PREFERRED[profile] and one.currency == ordinary.currency)
    return next((one for one in fitting if is_valid(one, at)), None)
