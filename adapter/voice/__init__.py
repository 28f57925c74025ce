"""Salesforce Voice: the VoiceCall record, its token, contact center and vendor info."""
