"""The HTTP and WebSocket edge, built on aiohttp."""
