"""Who pays: customers, their price plans and fees, and what drivers pay by them."""
