"""Durable state: schema, the journal's one writer, and rows."""
