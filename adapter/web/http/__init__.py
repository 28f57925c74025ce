"""How requests arrive: connections and their limits, the fast path, headers, error answers."""
