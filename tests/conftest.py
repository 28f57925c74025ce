"""What every test may lean on: how long hypothesis may look for a counter-example."""

import os

from hypothesis import HealthCheck, settings

# Deadlines per example would be assertions on the wall clock of a shared machine.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", settings.get_profile("house"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))
