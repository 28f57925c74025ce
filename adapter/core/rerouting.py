"""May a page of another route save this log? When an agent has moved, only such pages may be left.

Law of this file: a create that was tried by key is repeated by key alone, whatever became of it.
"""

from __future__ import annotations

from adapter.core.logmodel import CallLog
from adapter.core.policy import SavePolicy
from adapter.core.route import Route


def may_save(log: CallLog, route: Route, at: int, policy: SavePolicy) -> bool:
    """Whether a page of that route may have a log that is to be saved now; `at` Unix ms.

    By the gate, what is to be saved has nothing under way, so a save by key is safe. The other way
    round no answer proves that: a keyed save may have been sent twice, and the other copy make the
    record, or undo an update. So only what was never tried goes over at once, and an update when
    the last copy can no longer be committed.
    """
    if log.route is route or not (log.route.by_page and route.by_page):
        return log.route is route
    if route is Route.KEYED or log.attempt is None:
        return True
    return log.saved is not None and at - log.attempt.at >= policy.read_back_at[-1]
