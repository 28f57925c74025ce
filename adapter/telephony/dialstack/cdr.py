"""DialStack's record of a call, field by field, before it is known what they mean."""

from msgspec import Struct


class CdrRow(Struct, frozen=True):
    """One call as DialStack's fields tell it; times in Unix ms, None where it does not say.

    An event's data and a row of the call log have the same fields.

    `status` is the provider's own word, `cause` a Q.850 number; `live` says that the
    provider has not closed the row.
    """

    provider_call_id: str
    user_id: str | None = None
    direction: str | None = None
    from_number: str | None = None
    to_number: str | None = None
    from_name: str | None = None
    started_at: int | None = None
    answered_at: int | None = None
    connected_at: int | None = None
    ended_at: int | None = None
    status: str | None = None
    cause: int | None = None
    live: bool = False
