"""A softphone for Salesforce: a click becomes a call, and the call exactly one Task."""
