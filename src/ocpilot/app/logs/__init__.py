"""The logs of messages and frames: what is kept of each, and nothing secret in it."""
