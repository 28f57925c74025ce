"""Call logs: one record for each call, whoever writes it. Pure."""
