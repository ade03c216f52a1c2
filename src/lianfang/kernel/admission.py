"""Who may come in when more ask than can be served at once: a bounded number of places, a bounded room to wait in, shared
fairly between sources (a school, or a client address).

Start-time fair queueing over several servers, SFQ(D): each request is tagged with the virtual time at which it would begin
if its source had its fair share; the lowest tag goes next. Goyal, Vin, Cheng: "Start-time Fair Queuing", SIGCOMM 1996; Jin,
Chase, Kaur: "Interposed Proportional Sharing for a Storage Service Utility", SIGMETRICS 2004. Here virtual time also moves
on by one share when somebody goes in before those who wait, so that a stream of new sources cannot hold them up for ever.

Pure: no clock, no threads. `config.overload` puts a lock and threads around it.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from enum import Enum


class State(Enum):
    INSIDE = "inside"
    WAITING = "waiting"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(order=True, slots=True)
class Ticket:
    """One request at the door. Ordered by its turn: tag, then arrival."""

    tag: float
    number: int
    key: str = field(compare=False)
    state: State = field(compare=False, default=State.WAITING)
    own_fault: bool = field(compare=False, default=False)


class Door:
    """`places` requests at once, `room` waiting ones. Whatever is free may be used by anybody; a source gets less than it
    asks for only while others wait or while everything is full."""

    def __init__(self, places: int, room: int) -> None:
        if places < 1 or room < 0:
            raise ValueError("a door needs at least one place, and no fewer than none to wait in")
        self.places, self.room = places, room
        self.inside = 0
        self._waiting: list[Ticket] = []
        self._numbers = 0
        self._virtual = 0.0
        self._finish: dict[str, float] = {}  # end of the share that a source has already been given, while it has any
        self._load: dict[str, int] = {}  # inside and waiting, by source

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def load(self, key: str) -> int:
        """How many of a source are inside or waiting."""
        return self._load.get(key, 0)

    def arrive(self, key: str) -> tuple[Ticket, Ticket | None]:
        """The newcomer's ticket (inside, waiting or refused), and one that had to leave the room for it (refused)."""
        self._numbers += 1
        ticket = Ticket(max(self._virtual, self._finish.get(key, 0.0)), self._numbers, key)
        pushed: Ticket | None = None
        if self.inside >= self.places and len(self._waiting) >= self.room:
            last = self._waiting[-1] if self._waiting else None
            if last is None or last < ticket:
                ticket.state, ticket.own_fault = State.REFUSED, self._too_much(key, key)
                return ticket, None
            pushed = self._push_out(last, key)
        self._finish[key] = ticket.tag + 1.0
        self._load[key] = self._load.get(key, 0) + 1
        if self.inside < self.places:
            self._enter(ticket)
        else:
            insort(self._waiting, ticket)
        return ticket, pushed

    def leave(self, ticket: Ticket) -> Ticket | None:
        """A request is done: its place goes to the one whose turn it is, which is returned (now inside)."""
        if ticket.state is not State.INSIDE:
            raise ValueError(f"only who is inside can leave, not {ticket.state.value}")
        ticket.state = State.GONE
        self.inside -= 1
        self._forget(ticket.key)
        if not self._waiting:
            return None
        turn = self._waiting.pop(0)
        self._enter(turn)
        return turn

    def give_up(self, ticket: Ticket) -> bool:
        """A waiting request has waited long enough: refused. False when it got in meanwhile, or was refused already."""
        if ticket.state is not State.WAITING:
            return False
        self._waiting.remove(ticket)
        ticket.own_fault = self._too_much(ticket.key)
        ticket.state = State.REFUSED
        self._finish[ticket.key] -= 1.0
        self._forget(ticket.key)
        return True

    def _enter(self, ticket: Ticket) -> None:
        ticket.state = State.INSIDE
        self.inside += 1
        if ticket.tag > self._virtual:
            self._virtual = ticket.tag
        elif self._waiting:
            self._virtual += 1.0 / len(self._load)

    def _push_out(self, last: Ticket, newcomer: str) -> Ticket:
        """The one whose turn is furthest away is always the newest of its source, so its share is given back whole."""
        self._waiting.pop()
        last.state, last.own_fault = State.REFUSED, self._too_much(last.key, newcomer)
        self._finish[last.key] = last.tag
        self._forget(last.key)
        return last

    def _forget(self, key: str) -> None:
        if self._load[key] == 1:
            del self._load[key], self._finish[key]
        else:
            self._load[key] -= 1

    def _too_much(self, key: str, newcomer: str | None = None) -> bool:
        """Whether the source has more than an even part of all that are there, others being there as well; a `newcomer`
        that is not yet inside or waiting counts as one."""
        sources = len(self._load) + (newcomer is not None and newcomer not in self._load)
        total = sum(self._load.values()) + (newcomer is not None)
        own = self._load.get(key, 0) + (newcomer == key)
        return sources > 1 and own * sources > total


class Slots:
    """A count with a bound for all and a bound for each source: those who are still sending their request."""

    def __init__(self, total: int, each: int) -> None:
        self.total, self.each = total, each
        self.taken = 0
        self._by_key: dict[str, int] = {}

    def take(self, key: str) -> bool:
        """Whether there is one left for this source."""
        own = self._by_key.get(key, 0)
        if self.taken >= self.total or own >= self.each:
            return False
        self._by_key[key] = own + 1
        self.taken += 1
        return True

    def give(self, key: str) -> None:
        self.taken -= 1
        own = self._by_key[key] - 1
        if own:
            self._by_key[key] = own
        else:
            del self._by_key[key]
