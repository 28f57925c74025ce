"""Writes XML like Salesforce's tools (declared, indented by four spaces), and reads it safely."""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class NotXml(Exception):
    """The text is not a readable XML document; the message says why."""


def branch(tag: str, *children: ET.Element, **attributes: str) -> ET.Element:
    """An element with children."""
    made = ET.Element(tag, attributes)
    made.extend(children)
    return made


def leaf(tag: str, text: str, attributes: Mapping[str, str] | None = None) -> ET.Element:
    """An element with text."""
    made = ET.Element(tag, dict(attributes or {}))
    made.text = text
    return made


def document(root: ET.Element) -> str:
    """The whole file."""
    ET.indent(root, "    ")
    return DECLARATION + ET.tostring(root, encoding="unicode", short_empty_elements=False) + "\n"


_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
"""The first bytes of files in these encodings (https://www.w3.org/TR/xml/#sec-guessing)."""

_DECLARED = re.compile(rb"""\A<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def decoded(data: bytes) -> str:
    """The text of an XML file, in the encoding given by its first bytes. Raises NotXml."""
    declared = _DECLARED.match(data)
    named = declared[1].decode("ascii") if declared else "utf-8"
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), named)
    try:
        return data.decode(encoding)
    except LookupError:
        raise NotXml(f"it is in an unknown encoding: {encoding}") from None
    except UnicodeError:
        raise NotXml(f"it is not in the encoding that it declares: {encoding}") from None


def read(text: str) -> ET.Element:
    """The root of a document. Raises NotXml.

    Document types are refused: our files have none, and their entities can grow without limit.
    """
    if "<!DOCTYPE" in text:
        raise NotXml("it has a DOCTYPE, which a definition file never needs")
    try:
        return ET.fromstring(text)  # noqa: S314 - no document type, so no entities
    except ET.ParseError as error:
        raise NotXml(f"it is not well-formed: {error}") from None
