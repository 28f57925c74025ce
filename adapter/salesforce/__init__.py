"""What every surface of Salesforce's shares: a log as Task fields, why a save was refused."""
