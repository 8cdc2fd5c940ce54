"""Providers of card payments: each is `app.kept.card_ports.CardProvider`."""
