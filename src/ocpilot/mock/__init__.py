"""A roaming partner in memory, for others to test against: it answers as the standard says, or wrongly on demand."""
