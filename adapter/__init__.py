"""A softphone for Salesforce: a click becomes a call, and the call exactly one Task."""

__version__ = "0.1.0"
