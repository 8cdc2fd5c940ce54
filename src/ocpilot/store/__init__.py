"""PostgreSQL behind the ports of `app/`: `.sql` files with named statements, rows <-> records."""
