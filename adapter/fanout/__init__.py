"""Hints between replicas that an agent has a new version."""
