"""Checks a deployment as an admin would, and says what to do (`python -m adapter doctor`)."""
