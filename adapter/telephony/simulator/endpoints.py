"""Where a simulated provider's webhooks go."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where webhooks go; `events` holds "*" for all types."""

    endpoint_id: str
    url: str
    events: frozenset[str]
    secret: str = field(repr=False)

    def wants(self, kind: str) -> bool:
        """Whether it asked for this type."""
        return "*" in self.events or kind in self.events
