"""A hub: what one of its members asks of another."""
