"""Pages of ours inside Salesforce: their protocol, who is here, what they are shown and asked."""
