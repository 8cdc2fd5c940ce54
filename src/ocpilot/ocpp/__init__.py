"""Stations: the OCPP gateway. Its independent counterpart is `ocpilot.simulator`."""
