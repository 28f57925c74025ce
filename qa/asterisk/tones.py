"""Tones by which one end of a talk recognizes the other: makes them and detects their frequency.

Audio is mu-law of ITU-T G.711, 8,000 samples a second.
"""

from __future__ import annotations

import math
import struct
import wave
from collections.abc import Iterable
from pathlib import Path

RATE, STEP = 8000, 50
"""Samples a second, and the frequency step in Hz at which each 20 ms packet begins a new period."""

AUDIBLE = 0.01
"""The least power that is not silence; the most is 1."""


def tone(hertz: int, loudness: float = 0.3) -> bytes:
    """Twenty milliseconds of a tone, to be repeated; `hertz` is a multiple of 50."""
    samples = (loudness * math.sin(2 * math.pi * hertz * n / RATE) for n in range(160))
    return bytes(_encoded(round(sample * 32_000)) for sample in samples)


def pitch(packets: Iterable[bytes]) -> int | None:
    """The loudest tone in these packets, to 50 Hz; None if all are silent."""
    loudest: dict[int, float] = {}
    for packet in packets:
        samples = [_LINEAR[byte] / 32_768 for byte in packet[:160]]
        if len(samples) == 160 and sum(x * x for x in samples) / 160 > AUDIBLE:
            for hertz in range(200, 2000, STEP):
                loudest[hertz] = loudest.get(hertz, 0.0) + _power(samples, hertz)
    return max(loudest, key=lambda hertz: loudest[hertz]) if loudest else None


def write_beeps(path: Path, hertz: int, seconds: float = 10.0) -> None:
    """Write beeps for a fake microphone; browsers suppress a steady tone as noise."""
    rate = 48_000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for n in range(round(rate * seconds)):
            loudness = 16_000 if n % (rate // 2) < rate // 4 else 0
            sample = round(loudness * math.sin(2 * math.pi * hertz * n / rate))
            file.writeframesraw(struct.pack("<h", sample))


def _power(samples: list[float], hertz: int) -> float:
    turn = 2 * math.pi * hertz / RATE
    real = sum(x * math.cos(turn * n) for n, x in enumerate(samples))
    imaginary = sum(x * math.sin(turn * n) for n, x in enumerate(samples))
    return real * real + imaginary * imaginary


def _encoded(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    size = min(abs(sample), 32_635) + 0x84
    exponent = size.bit_length() - 8
    return ~(sign | (exponent << 4) | ((size >> (exponent + 3)) & 0x0F)) & 0xFF


def _linear(byte: int) -> int:
    byte = ~byte & 0xFF
    size = (((byte & 0x0F) << 3) + 0x84) << ((byte & 0x70) >> 4)
    return 0x84 - size if byte & 0x80 else size - 0x84


_LINEAR = [_linear(byte) for byte in range(256)]
