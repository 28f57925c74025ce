"""A softphone for Salesforce: each call becomes exactly one Task."""

__version__ = "0.1.0"
