"""What an agent enters about a call, and the record that the call is about."""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.values import Value

MOST_FIELDS = 50
"""Agents are asked for at most 20; each field is in the agent's value and in every view."""


class Record(Value, frozen=True):
    """The Salesforce record that a call is about, as the click on a number describes it."""

    id: str
    name: str = ""
    object_type: str = ""
    account_id: str = ""
    contact_id: str = ""
    person_account: bool = False


class Draft(Value, frozen=True):
    """What the agent has entered about a call; None means nothing was entered.

    `who` and `what` are the related person and object; a Record with an empty ID clears the link.
    `fields` are the values that the admin asks for, by field name.
    """

    subject: str | None = None
    notes: str | None = None
    disposition: str | None = None
    who: Record | None = None
    what: Record | None = None
    follow_up: bool | None = None
    fields: tuple[tuple[str, str], ...] = ()

    def merged(self, later: Draft) -> Draft:
        """This draft, updated with every field that the later one sets."""
        return Draft(
            subject=self.subject if later.subject is None else later.subject,
            notes=self.notes if later.notes is None else later.notes,
            disposition=self.disposition if later.disposition is None else later.disposition,
            who=self.who if later.who is None else later.who,
            what=self.what if later.what is None else later.what,
            follow_up=self.follow_up if later.follow_up is None else later.follow_up,
            fields=tuple({**dict(self.fields), **dict(later.fields)}.items())[:MOST_FIELDS],
        )

    def unlinked(self) -> Draft:
        """This draft without the links that the agent has picked."""
        return replace(self, who=None, what=None)


NO_DRAFT = Draft()
