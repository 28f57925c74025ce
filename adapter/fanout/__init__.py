"""Hints between replicas that an agent's value has changed."""
