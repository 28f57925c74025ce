"""A DialStack-compatible provider that places no real calls."""
