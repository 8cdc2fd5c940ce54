"""Money, time, ids and errors: what every other part speaks. Imports nothing of ours."""
