"""Card payments and payment terminals, taken to their end."""
