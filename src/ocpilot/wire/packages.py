"""Which class stands for a 2.3.0 class in each version."""

from functools import cache

from ocpilot.wire import v211, v221, v230
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import Version

_PACKAGES = {Version.V2_1_1: v211, Version.V2_2_1: v221, Version.V2_3_0: v230}


@cache
def class_in(cls: type[Wire], version: Version) -> type[Wire]:
    """The class that stands for the 2.3.0 class `cls` in `version`; `cls` itself where nothing differs."""
    found: type[Wire] = getattr(_PACKAGES[version], cls.__name__, cls)
    return found


@cache
def exists_in(cls: type[Wire], version: Version) -> bool:
    """Whether `version` has anything that stands for the 2.3.0 class `cls`."""
    return cls.__name__ in _PACKAGES[version].__all__
