"""Who somebody is: sign-in by Salesforce or by name for development, and sessions."""
