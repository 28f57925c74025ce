"""DialStack: its wire format and its driver."""
