"""The pages' WebSocket: hello, limits, frames in both directions."""
