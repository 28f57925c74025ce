"""Load, decide, commit, perform: what carries the pure decisions."""
