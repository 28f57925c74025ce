"""Open CTI: its calls, its call center and the metadata of an org that uses it."""
