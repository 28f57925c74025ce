"""What an org's Salesforce can do, joined from its surfaces."""

from __future__ import annotations

from typing import Any, cast

from adapter.core.logs.model import SaveError
from adapter.core.route import Route
from adapter.opencti.surface import open_cti
from adapter.page.parts import ErrorIn
from adapter.page.port import NOBODYS, SalesforceOrg, Surface
from adapter.salesforce.tasklog import TaskRules

VOICE = Surface("voice", Route.BACKEND)


def test_surfaces_are_joined_and_found_by_name() -> None:
    """What one has not, the other has."""
    writer = cast("Any", object())
    both = open_cti(TaskRules()).with_surface(SalesforceOrg((VOICE,), writer=writer))
    assert both.surface("voice") is VOICE
    assert both.surface("open-cti") == Surface("open-cti", Route.PAGE)
    assert both.surface("lwc") is None
    assert Route.PAGE in both.page_calls
    assert both.writer is writer


def test_salesforces_answer_is_read_by_its_surface_or_kept_verbatim() -> None:
    """A page may report for an org that is no longer set up."""
    errors = [ErrorIn(code="SERVER_ERROR", message="busy")]
    assert open_cti(TaskRules()).reads_errors(Route.PAGE)(errors)[0].transient
    assert NOBODYS.reads_errors(Route.PAGE)(errors) == (SaveError("SERVER_ERROR", "busy"),)
