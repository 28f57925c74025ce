"""XML out and in: declared, indented, and nothing that grows."""

from __future__ import annotations

import pytest

from adapter.xmltext import NotXml, branch, decoded, document, leaf, read


def test_a_document_is_declared_and_indented() -> None:
    """As the Salesforce CLI writes it, so that a retrieve makes no difference."""
    assert document(branch("a", leaf("b", "1 < 2"), c='"')) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<a c="&quot;">\n    <b>1 &lt; 2</b>\n</a>\n'
    )


def test_an_empty_text_keeps_its_closing_tag() -> None:
    """An admin who looks for where to write finds it."""
    assert "<b></b>" in document(branch("a", leaf("b", "")))


@pytest.mark.parametrize(
    "text", ["", "<a>", "a", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<a>&b;</a>"]
)
def test_anything_but_a_plain_document_is_refused(text: str) -> None:
    """Broken markup and entities alike."""
    with pytest.raises(NotXml):
        read(text)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<a/>", "<a/>"),
        (b"\xef\xbb\xbf<a/>", "<a/>"),
        ("<a>\u00e9</a>".encode("utf-16"), "<a>\u00e9</a>"),
        ("<a/>".encode("utf-16-le"), "<a/>"),
        ("<a/>".encode("utf-16-be"), "<a/>"),
        ("<a/>".encode("utf-32"), "<a/>"),
        (
            b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>',
            '<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e9</a>',
        ),
    ],
)
def test_the_first_bytes_determine_the_encoding(data: bytes, text: str) -> None:
    """A mark, the width of the first letter, or the declaration; and then it can be read."""
    assert decoded(data) == text
    assert read(decoded(data)).tag == "a"


def test_a_document_type_is_refused_in_every_encoding() -> None:
    """What hides in wide letters grows as much."""
    with pytest.raises(NotXml):
        read(decoded('<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16")))


@pytest.mark.parametrize("data", [b"<a>\xff</a>", b'<?xml version="1.0" encoding="none"?><a/>'])
def test_bytes_that_are_not_text_are_refused(data: bytes) -> None:
    """Rather than read with gaps."""
    with pytest.raises(NotXml):
        decoded(data)
