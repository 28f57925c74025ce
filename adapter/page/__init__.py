"""The softphone's pages inside Salesforce: their protocol, who is connected, what they show."""
