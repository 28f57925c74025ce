"""Runs the core's decisions: load, decide, commit, perform."""
