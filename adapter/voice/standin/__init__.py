"""A stand-in for Salesforce's Telephony Integration API, for the demo, tests and simulation."""
