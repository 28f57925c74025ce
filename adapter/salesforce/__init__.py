"""Shared by all Salesforce surfaces: Task fields, save errors, metadata."""
