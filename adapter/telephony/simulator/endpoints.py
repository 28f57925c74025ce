"""The webhook endpoints of a simulated provider."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook endpoint; `events` contains "*" for all types."""

    endpoint_id: str
    url: str
    events: frozenset[str]
    secret: str = field(repr=False)

    def wants(self, kind: str) -> bool:
        """Whether it subscribed to this type."""
        return "*" in self.events or kind in self.events
