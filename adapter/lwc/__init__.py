"""Our own host in Lightning's utility bar: saves by key, which may be repeated."""
