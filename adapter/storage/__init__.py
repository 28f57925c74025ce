"""Durable state: tables, the journal's one writer, and rows."""
