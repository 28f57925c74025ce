"""The whole state of one simulator, for its request handlers."""

from collections import deque
from typing import Any

from aiohttp import web

from adapter.telephony.simulator.chaos import Dice
from adapter.telephony.simulator.chores import Chores
from adapter.telephony.simulator.config import Config
from adapter.telephony.simulator.deliveries import Sender
from adapter.telephony.simulator.switch import Switch


class State:
    """The parts of a running simulator, wired together."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.dice = Dice(config.seed)
        self.chores = Chores()
        self.sender = Sender(config, self.dice, self.chores)
        self.switch = Switch(config, self.dice, self.sender)
        self.posts: deque[dict[str, Any]] = deque(maxlen=config.history_limit)
        self.post_count = 0
        for url in config.webhooks:
            self.sender.register(url, frozenset({"*"}), config.secret)


STATE: web.AppKey[State] = web.AppKey("state", State)
