"""May a page of another route save this log? When an agent has moved, only such pages may be left.

Law of this file: a create whose outcome nobody knows is repeated by key alone, or never.
"""

from __future__ import annotations

from adapter.core.logmodel import CallLog
from adapter.core.policy import SavePolicy
from adapter.core.route import Route


def may_save(log: CallLog, route: Route, at: int, policy: SavePolicy) -> bool:
    """Whether a page of that route may have a log that is to be saved now; `at` Unix ms.

    By the gate, what is to be saved has nothing under way, so a save by key is safe. The other way
    a keyed save may be: until it can no longer be committed, or where it may have made the record.
    """
    if log.route is route or not (log.route.by_page and route.by_page):
        return log.route is route
    if route is Route.KEYED or not log.unsure or log.attempt is None:
        return True
    return log.saved is not None and at - log.attempt.at >= policy.read_back_at[-1]
