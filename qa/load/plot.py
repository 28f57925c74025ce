"""The figures as a picture: bars in an SVG file, drawn from the medians of the rounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WIDTH, LABEL, VALUE, ROW, BAR, GAP = 820, 200, 90, 22, 14, 34
PANELS = (
    ("Webhook to page: deliveries a second", "events_per_second", "cpu_us_per_event"),
    ("Processor time a delivery, µs", "cpu_us_per_event", "cpu_us_per_event"),
    ("Webhook to page at shares of our limit: p99, ms", "p99_ms", "worst_ms"),
    ("Click to POST: p50, ms", "p50_ms", "clicks"),
    ("Memory of an idle page, KiB", "kib_per_page_of_all", "kib_per_page_of_all"),
    ("All pages back after a restart, seconds", "back_seconds", "back_seconds"),
)
"""Each panel's heading, its value, and the value that rounds must have to be drawn there."""

INK, OURS, OTHERS = "#222222", "#0b6e4f", "#9aa5b1"


def svg(result: dict[str, Any]) -> str:
    """All panels that have something to draw, one below the other."""
    parts: list[str] = []
    top = GAP
    machine = result["machine"]
    about = (
        f"{machine['processor']}, {machine['cores']} cores; Python {machine['python']}, "
        f"aiohttp {machine['aiohttp']}; one fdatasync {result['fsync_ms']} ms; {result['commit']}"
    )
    parts.append(_text(10, 18, about, 11))
    for heading, key, needs in PANELS:
        bars = {name: row[key] for name, row in result["medians"].items() if needs in row}
        if bars:
            parts.append(_text(10, top + 14, heading, 14))
            parts += _bars(bars, top + 22)
            top += 22 + ROW * len(bars) + GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" '
        f'font-family="sans-serif" fill="{INK}">'
    )
    return "\n".join(
        [head, f'<rect width="{WIDTH}" height="{top}" fill="white"/>', *parts, "</svg>"]
    )


def _bars(bars: dict[str, float], top: int) -> Iterator[str]:
    most = max(bars.values()) or 1
    for row, (name, value) in enumerate(bars.items()):
        y = top + row * ROW
        length = (WIDTH - LABEL - VALUE) * value / most
        colour = OURS if "ours" in name or name == "postgres" else OTHERS
        yield _text(10, y + BAR - 2, name.removeprefix("crowd, ").removeprefix("click, "), 12)
        yield (
            f'<rect x="{LABEL}" y="{y}" width="{max(length, 1):.1f}" height="{BAR}" '
            f'fill="{colour}"/>'
        )
        yield _text(LABEL + length + 6, y + BAR - 2, f"{value:,.5g}", 12)


def _text(x: float, y: float, text: str, size: int) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}">{escape(text)}</text>'


def write(result: dict[str, Any], file: Path) -> None:
    """Write the plot to a file."""
    file.write_text(svg(result) + "\n", encoding="utf-8")
