"""XML out and in: declared, indented, and nothing that grows."""

from __future__ import annotations

import pytest

from adapter.xmltext import NotXml, branch, document, leaf, read


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
def test_what_is_no_plain_document_is_refused(text: str) -> None:
    """Broken markup and entities alike."""
    with pytest.raises(NotXml):
        read(text)
