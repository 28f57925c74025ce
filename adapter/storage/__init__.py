"""Durable state: tables, the journal with its single writer, and rows."""
