"""The port of fan-outs: what listeners are."""

from __future__ import annotations

import inspect

from adapter.fanout.local import LocalHints
from adapter.fanout.port import Hints


def test_the_local_fan_out_takes_what_the_port_takes() -> None:
    """Method by method, the same parameters by the same names."""
    for name in ("publish", "listen", "start", "close"):
        ports, ours = getattr(Hints, name), getattr(LocalHints, name)
        assert (
            inspect.signature(ports).parameters.keys() == inspect.signature(ours).parameters.keys()
        )
        assert inspect.iscoroutinefunction(ports) is inspect.iscoroutinefunction(ours)
