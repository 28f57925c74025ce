"""Whether a page of another route may save a log: after an agent has moved, no other may be left.

Law of this file: a create that was tried by key is only ever repeated by key.
"""

from __future__ import annotations

from adapter.core.logs.model import CallLog
from adapter.core.policy import SavePolicy
from adapter.core.route import Route


def may_save(log: CallLog, route: Route, at: int, policy: SavePolicy) -> bool:
    """Whether a page of that route may get a log that is to be saved now; `at` is Unix ms.

    The gate guarantees that nothing is under way, so changing over to a save by key is safe. The
    other way round it is not: a keyed save may have been sent twice, and its second copy may still
    create the record or undo an update. So only a log that was never tried changes over at once,
    and an update once the last copy can no longer be committed.
    """
    if log.route is route or not (log.route.by_page and route.by_page):
        return log.route is route
    if route is Route.KEYED or log.attempt is None:
        return True
    return log.saved is not None and at - log.attempt.at >= policy.read_back_at[-1]
