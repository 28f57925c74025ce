"""Phones in the browser: SIP over WebSocket, and which page has the line."""
