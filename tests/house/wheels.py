"""Wheels as small as can be: a name, a version, what they need. For tests of installing."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wheel:
    """`needs` are Requires-Dist lines; `extras` the names of its extras."""

    name: str
    version: str
    needs: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()

    def build(self, folder: Path) -> str:
        """Write it there; its line in a lock.

        The format is https://packaging.python.org/en/latest/specifications/binary-distribution-format/
        """
        info = f"{self.name}-{self.version}.dist-info"
        metadata = [
            "Metadata-Version: 2.1",
            f"Name: {self.name}",
            f"Version: {self.version}",
            *(f"Provides-Extra: {extra}" for extra in self.extras),
            *(f"Requires-Dist: {need}" for need in self.needs),
        ]
        files = {
            f"{self.name}.py": f'VERSION = "{self.version}"\n',
            f"{info}/METADATA": "\n".join(metadata) + "\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\n"
            "Root-Is-Purelib: true\nTag: py3-none-any\n",
        }
        files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
        path = folder / f"{self.name}-{self.version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{self.name}=={self.version} --hash=sha256:{digest}\n"
