"""What a charge is and comes to: may it begin, what was measured, what it costs, its Session."""
