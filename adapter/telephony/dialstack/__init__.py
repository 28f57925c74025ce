"""DialStack: its wire format and the HTTP client that speaks it."""
