"""Events of a real Asterisk, as they were recorded, and events made by hand."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from adapter.telephony.asterisk.wire import Bridge, Channel, Dialplan, Event, Party, read_event

TRACES = Path(__file__).parent / "traces"
NAMES = sorted(path.stem for path in TRACES.glob("*.jsonl"))
BEGIN = "2026-11-29T15:00:"


def trace(name: str) -> list[Event]:
    """The events of one recording, in the order in which they came."""
    lines = (TRACES / f"{name}.jsonl").read_bytes().splitlines()
    return [read_event(line) for line in lines]


def stamp(second: float) -> str:
    """A time stamp so many seconds after the beginning."""
    return f"{BEGIN}{second:06.3f}+0000"


def channel(
    name: str, state: str = "Down", *told: str, number: str = "", connected: str = "", **more: str
) -> Channel:
    """A channel, with what our application was told with it."""
    plan = Dialplan(more.get("exten", ""), more.get("app", "Stasis"), ",".join(("cti", *told)))
    caller, other = Party(number=number), Party(number=connected)
    return Channel(name, more.get("name", "PJSIP/ada-01"), state, caller, other, plan)


def event(
    kind: str,
    name: str,
    second: float,
    state: str = "Up",
    *told: str,
    cause: int | None = None,
    tech: int | None = None,
    soft: bool = False,
    status: str = "",
) -> Event:
    """An event about one channel."""
    subject = channel(name, state, *told)
    dials = kind == "Dial"
    return Event(
        kind,
        stamp(second),
        channel=None if dials else subject,
        peer=subject if dials else None,
        args=told if kind == "StasisStart" else (),
        cause=cause,
        tech_cause=tech,
        soft=soft,
        dialstatus=status,
    )


def up(name: str, second: float) -> Event:
    """It was picked up."""
    return event("ChannelStateChange", name, second, "Up")


def bye(name: str, second: float) -> Event:
    """Its phone hung up."""
    return event("ChannelHangupRequest", name, second, "Up")


def destroyed(name: str, second: float, cause: int = 16, state: str = "Up") -> Event:
    """Its end."""
    return event("ChannelDestroyed", name, second, state, cause=cause)


def bridge(name: str, *channels: str) -> Bridge:
    """A bridge with these channels in it."""
    return Bridge(name, channels)


def inside(second: float, name: str, *there: str, state: str = "Up") -> Event:
    """It entered its call's bridge, in which these are now."""
    return _moved("ChannelEnteredBridge", second, name, there, state)


def outside(second: float, name: str, *there: str) -> Event:
    """It left its call's bridge, in which these are now."""
    return _moved("ChannelLeftBridge", second, name, there, "Up")


def _moved(kind: str, second: float, name: str, there: tuple[str, ...], state: str) -> Event:
    place = bridge(f"{name.partition('-')[0]}-b", *there)
    return replace(event(kind, name, second, state), bridge=place)
