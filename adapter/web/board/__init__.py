"""The supervisors' board: its page and exports, its socket, and what it is sent."""
