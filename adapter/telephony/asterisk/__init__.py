"""Asterisk, steered by its REST interface (ARI): pure reading and steering, and the edges."""
