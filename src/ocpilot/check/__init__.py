"""A conformance run against any live platform: registers as a partner, asks everything it offers, judges by rules."""
