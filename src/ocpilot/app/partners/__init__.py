"""Connections with other platforms: made, kept up by push and pull, judged."""
