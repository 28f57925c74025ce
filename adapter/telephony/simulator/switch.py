"""Runs simulated calls: plays their scenarios and sends their webhooks."""

import asyncio
import contextlib
from dataclasses import replace

from adapter.telephony.simulator import call as calls
from adapter.telephony.simulator import render
from adapter.telephony.simulator.call import Call, Direction, Phase, Verb
from adapter.telephony.simulator.chaos import Dice, Knobs
from adapter.telephony.simulator.config import Config, User
from adapter.telephony.simulator.deliveries import Sender
from adapter.telephony.simulator.scenarios import Choice
from adapter.telephony.simulator.script import Outcome, Scenario, Step, timeline


class Switch:
    """All live and finished calls of the account, with the timers that drive them."""

    def __init__(self, config: Config, dice: Dice, sender: Sender) -> None:
        self._config = config
        self._dice = dice
        self._sender = sender
        self.choice = Choice(config.scenario)
        self.knobs = config.knobs
        self.users = {user.user_id: user for user in config.users}
        self.calls: dict[str, Call] = {}
        self._number = 0
        self._subjects: dict[str, tuple[str, Knobs | None]] = {}
        self._timers: dict[str, list[asyncio.TimerHandle]] = {}

    # --- how a call begins -----------------------------------------------------------

    def place(self, user: User, dial_string: str, did: str | None = None) -> Call:
        """Begin a call of `POST /v1/calls`: the user's devices ring.

        `did` is the number shown to the destination.
        """
        source = did or self._config.number
        made = self._new_call(user, Direction.OUTBOUND, source, dial_string, user.name)
        made = replace(made, did=did)
        made = self._perhaps_internal(made, user)
        scenario = self.choice.scenario(user.user_id, dial_string)
        if user.do_not_disturb or not user.is_online:
            scenario = replace(scenario, outcome=Outcome.NOBODY_PICKS_UP)
        self._play(made, scenario, self.choice.knobs(dial_string), picked_up=False)
        return made

    def sandbox(
        self,
        user: User,
        direction: Direction,
        from_number: str,
        to_number: str,
        scenario: Scenario,
        *,
        from_name: str | None = None,
        knobs: Knobs | None = None,
        rings: tuple[str, ...] = (),
    ) -> Call:
        """Begin a call without an API request: an inbound one, or one from a desk phone.

        `rings` are the users of a ring group that an inbound call is for.
        """
        made = self._new_call(user, direction, from_number, to_number, from_name)
        made = replace(made, rings=rings, unnamed=scenario.unnamed)
        if direction is not Direction.INBOUND:
            made = self._perhaps_internal(made, user)
        self._play(made, scenario, knobs, picked_up=True)
        return made

    def _new_call(
        self, user: User, direction: Direction, source: str, target: str, name: str | None
    ) -> Call:
        return Call(
            call_id=f"call_{self._config.new_id()}",
            user_id=user.user_id,
            direction=direction,
            from_number=source,
            from_name=name,
            to_number=target,
            placed=self._config.now(),
        )

    def _perhaps_internal(self, made: Call, user: User) -> Call:
        """Make the call internal if a colleague's extension was dialed."""
        for other in self.users.values():
            if other.extension == made.to_number and other is not user:
                return replace(
                    made,
                    direction=Direction.INTERNAL,
                    from_number=user.extension,
                    callee=other.user_id,
                )
        return made

    # --- how it goes on --------------------------------------------------------------

    def _play(
        self, made: Call, scenario: Scenario, knobs: Knobs | None, *, picked_up: bool
    ) -> None:
        self._number += 1
        subject = f"call-{self._number}"
        self._forget_oldest()
        self._subjects[made.call_id] = (subject, knobs)
        made = replace(made, hung_up_by=scenario.hung_up_by, greeted=scenario.greeting)
        made = replace(made, recorded=scenario.recorded, summary=scenario.summary)
        self.calls[made.call_id] = made
        if picked_up:
            self._store_and_notify(*calls.begin(made, self._config.now()))
        seed = f"{self._dice.seed}:{subject}"
        steps = timeline(scenario, self._config.timings, seed, picked_up=picked_up)
        loop = asyncio.get_running_loop()
        scale = self._config.time_scale / 1000
        self._timers[made.call_id] = [
            loop.call_later(step.delay_ms * scale, self._run_step, made.call_id, step)
            for step in steps
        ]

    def _run_step(self, call_id: str, step: Step) -> None:
        with contextlib.suppress(calls.Impossible, KeyError):  # a manual act was faster
            self.act(call_id, step.verb, cause=step.cause, target=step.target)

    def by_hand(self, call_id: str, verb: Verb) -> Call:
        """Perform an act manually and end the call's scenario. Raises like `act`."""
        acted = self.act(call_id, verb)
        self._stop_timers(call_id)
        return acted

    def act(
        self, call_id: str, verb: Verb, *, cause: int | None = None, target: str | None = None
    ) -> Call:
        """Perform an act on a call and send its webhooks.

        Raises:
            KeyError: no such call.
            Impossible: the call's phase does not allow it.
        """
        changed, events = calls.act(
            self.calls[call_id], verb, self._config.now(), cause=cause, target=target
        )
        self._store_and_notify(changed, events)
        if changed.phase is Phase.OVER:
            self._stop_timers(call_id)
        return changed

    def _store_and_notify(self, changed: Call, events: tuple[calls.Event, ...]) -> None:
        self.calls[changed.call_id] = changed
        subject, own = self._subjects[changed.call_id]
        knobs = own or self.knobs
        for item in events:
            about = f"{subject}:{item.type}:{item.user_id}"
            event_id = f"evt_{self._config.new_id()}"
            body = render.event(
                event_id, self._config.account, changed, item, self._config.user_field
            )
            self._omit_fields(body["data"], about, knobs)
            self._sender.send(body, about, knobs)

    def _omit_fields(self, data: dict[str, object], about: str, knobs: Knobs) -> None:
        """Leave out fields by the dice, but never the call id."""
        for name in [name for name in data if name != "call_id"]:
            if self._dice.hits("omit", f"{about}:{name}", knobs.omit):
                del data[name]

    # --- housekeeping ----------------------------------------------------------------

    def _forget_oldest(self) -> None:
        if len(self.calls) < self._config.history_limit:
            return
        oldest = next((c for c in self.calls.values() if c.phase is Phase.OVER), None)
        if oldest is not None:
            del self.calls[oldest.call_id], self._subjects[oldest.call_id]

    def _stop_timers(self, call_id: str) -> None:
        for timer in self._timers.pop(call_id, []):
            timer.cancel()

    def close(self) -> None:
        """Stop all scenarios."""
        for call_id in list(self._timers):
            self._stop_timers(call_id)
