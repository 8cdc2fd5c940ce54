"""E-mail: the mail server as the platform uses it."""
