"""What one platform asks of the stations of another: commands, charging profiles, reservations, bookings."""
