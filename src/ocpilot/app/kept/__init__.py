"""What the platform keeps, as records, and what it needs of the stores of it, as Protocols."""
