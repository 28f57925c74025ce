"""A process that commits until it is killed, and says which versions were acknowledged.

`python -m tests.contracts.committer URL`: eight agents at once; each line of its output is
"<user> <version>", written only after the commit returned.
"""

import asyncio
import sys

from adapter.core.model import AgentKey
from adapter.storage.open import open_store
from adapter.storage.port import Store
from tests.contracts.stores import NOW, write


async def commit_forever(store: Store, key: AgentKey) -> None:
    """Commit version after version of one agent."""
    version = 0
    while True:
        await store.commit(write(version, name=f"version {version + 1}", key=key))
        version += 1
        sys.stdout.write(f"{key.user_id} {version}\n")
        sys.stdout.flush()


async def main() -> None:
    """All agents at once."""
    store = await open_store(sys.argv[1], clock_ms=lambda: NOW)
    agents = (commit_forever(store, AgentKey("00D1", f"005{n}")) for n in range(8))
    await asyncio.gather(*agents)


if __name__ == "__main__":
    asyncio.run(main())
