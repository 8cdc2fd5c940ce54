"""The only place that knows everything and joins it; `run` is the command `ocpilot`."""

from ocpilot.main.commands import run

__all__ = ["run"]
