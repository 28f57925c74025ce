"""What is Salesforce Voice's: the VoiceCall record, its token, contact center and vendor info."""
