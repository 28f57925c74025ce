"""Phone numbers: what a text means, what may be dialed, and what it may cost. Pure."""
