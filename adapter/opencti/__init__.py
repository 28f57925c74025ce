"""What Salesforce sees: page messages, Open CTI calls and Task fields."""
