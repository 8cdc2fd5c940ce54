"""Providers of card payments: each is `app.card_ports.CardProvider`."""
