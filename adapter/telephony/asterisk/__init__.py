"""Asterisk, steered through its REST interface (ARI)."""
