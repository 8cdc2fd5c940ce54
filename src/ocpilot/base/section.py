"""What every section of the settings is."""

import msgspec


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: a setting with an unknown name is an error, not silence."""
