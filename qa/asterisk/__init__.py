"""A real Asterisk on loopback, and phones for it."""
