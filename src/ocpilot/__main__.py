"""`python -m ocpilot` is `ocpilot`."""

import sys

from ocpilot.main import run

sys.exit(run())
