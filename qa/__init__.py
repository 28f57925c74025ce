"""Programs that prove: they need more than a test has, and are used by tests."""
