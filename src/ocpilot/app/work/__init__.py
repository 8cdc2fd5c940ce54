"""What goes on by itself, and what stations set off."""
