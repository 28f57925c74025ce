"""The table of routes: nothing more than the design names."""

from __future__ import annotations

from tests.scenarios.conftest import World


async def test_the_routes_are_those_of_the_design(world: World) -> None:
    """A new route is a decision: it shows up here."""
    routes = {
        (route.method, route.resource.canonical)
        for route in world.app.server.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert routes >= {
        ("GET", "/softphone"),
        ("GET", "/softphone/{name}"),
        ("GET", "/api/page-settings"),
        ("POST", "/api/ws-ticket"),
        ("POST", "/auth/dev"),
        ("POST", "/auth/sign-out"),
        ("GET", "/ws"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("POST", "/webhooks/dialstack"),
    }
    assert not [path for _, path in routes if path.startswith("/v1")]
