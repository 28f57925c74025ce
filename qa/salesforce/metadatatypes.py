"""Checks metadata files against Salesforce's published types (npm's `@salesforce/types`).

Salesforce refuses a whole deploy because of one element that its type does not have. In these
types, a repeated element is an array, and an enumeration a union of strings.
https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_types_list.htm
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TYPES = ROOT / "node_modules/@salesforce/types/lib/metadata.d.ts"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"

# A component's name is that of its file, and a class's content is in a file beside it.
NOT_IN_THE_FILE = frozenset({"fullName", "content"})

# Its type is text, although it contains elements, in a language of their own per target:
# https://developer.salesforce.com/docs/platform/lwc/guide/reference-configuration-tags.html
ELEMENTS_TOLD_AS_TEXT = frozenset({"LightningComponentBundle.targetConfigs"})

_OBJECT = re.compile(r"^export type (\w+) = (?:(\w+) & )?\{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
_WORDS = re.compile(r"^export type (\w+) = ('[^;]*');", re.MULTILINE)
_FIELD = re.compile(r"^    (\w+)(\??): ([\w.]+)(\[\])?;", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Field:
    """One element of a type."""

    type: str
    required: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class MetadataTypes:
    """The fields of each object type, and the values of each enumeration."""

    objects: dict[str, dict[str, Field]]
    words: dict[str, frozenset[str]]

    def problems(self, text: str) -> list[str]:
        """What Salesforce would refuse in this component's file, in one sentence each."""
        root = ET.fromstring(text)
        name = root.tag.removeprefix(NAMESPACE)
        if not root.tag.startswith(NAMESPACE):
            return [f"{name} is not in the namespace {NAMESPACE[1:-1]}"]
        if name not in self.objects:
            return [f"there is no type {name}"]
        return list(self._of_object(root, name, name))

    def _of_object(self, element: ET.Element, type_: str, path: str) -> Iterator[str]:
        fields = self.objects[type_]
        counts = Counter(child.tag.removeprefix(NAMESPACE) for child in element)
        for child in element:
            name = child.tag.removeprefix(NAMESPACE)
            if name in fields:
                yield from self._of_value(child, fields[name].type, f"{path}.{name}")
            else:
                yield f"{path}.{name}: {type_} has no such element"
        for name, field in fields.items():
            if counts[name] > 1 and not field.repeated:
                yield f"{path}.{name} occurs {counts[name]} times, but is allowed once"
            is_missing = field.required and not field.repeated and not counts[name]
            if is_missing and name not in NOT_IN_THE_FILE:
                yield f"{path}.{name} is missing"

    def _of_value(self, element: ET.Element, type_: str, path: str) -> Iterator[str]:
        text = element.text or ""
        if type_ in self.objects:
            yield from self._of_object(element, type_, path)
        elif len(element) and path not in ELEMENTS_TOLD_AS_TEXT:
            yield f"{path} contains elements, but {type_} is a value"
        elif type_ in self.words and text not in self.words[type_]:
            yield f"{path} is {text!r}; it may be {', '.join(sorted(self.words[type_]))}"
        elif type_ == "boolean" and text not in {"true", "false"}:
            yield f"{path} is {text!r}, but must be true or false"
        elif type_ == "number" and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            yield f"{path} is {text!r}, but must be a number"


@cache
def metadata_types(file: Path = TYPES) -> MetadataTypes:
    """Read the types. Raises OSError if the page checks' packages are not installed."""
    source = file.read_text(encoding="utf-8")
    bases: dict[str, str] = {}
    objects: dict[str, dict[str, Field]] = {}
    for name, base, body in _OBJECT.findall(source):
        bases[name] = base
        objects[name] = {
            field: Field(type_, required=not optional, repeated=bool(array))
            for field, optional, type_, array in _FIELD.findall(body)
        }
    inherited = {name: objects.get(base, {}) | objects[name] for name, base in bases.items()}
    words = {
        name: frozenset(re.findall(r"'([^']*)'", body)) for name, body in _WORDS.findall(source)
    }
    return MetadataTypes(inherited, words)
