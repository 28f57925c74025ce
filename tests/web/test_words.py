"""A page's texts: what is fetched at once, and what few pages need."""

from __future__ import annotations

from adapter.web.words import early_words, late_words


def test_a_minified_language_file_has_the_same_values() -> None:
    """Whatever language it is in."""
    source = '{\n  "a": "Grüße: {name}",\n\n  "b": { "one": "1", "other": "2" }\n}\n'.encode()
    assert early_words(source) == '{"a":"Grüße: {name}","b":{"one":"1","other":"2"}}'.encode()


def test_the_words_of_a_page_that_cannot_start_come_later() -> None:
    """Save those for a server that would not answer that either."""
    source = (
        b'{"blocked.title": "a", "blocked.server-unreachable.admin": "b", "blocked.no-mode": "c"}'
    )
    assert late_words(source) == b'{"blocked.no-mode":"c"}'
    assert early_words(source) == b'{"blocked.title":"a","blocked.server-unreachable.admin":"b"}'
