"""Our own component in Lightning's utility bar; its saves have a key and can be repeated."""
