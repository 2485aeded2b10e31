#!/usr/bin/env python3
"""A model of who is at an address, where no keys prove it.

Two processes call themselves server 1: the right one, at url 2, where the new
configuration of the observer has server 1, and a stranger, at url 1, where the
old one has it (the former process, or one with a wrong port). The observer's
configuration goes from url 1 to url 2 and back, up to TURNS times. Its frames
to server 1 go to the configured url; an answer to a stale life goes back the
way the frame came. The network keeps every frame for ever. With a twin there is
also an older life of the right process, which has lost its port.

What is to hold: neither of the two is fenced, since the configuration decides
between them and not their age; and once the observer has url 2 for good, it and
the right process come to hold one session, and the twin stops.

Every state is looked at, for five rules:
  none        a url is not looked at
  late        ... only after the lives were compared
  hellos      ... first, but a frame without a hello is not judged by it
  kept        every frame is judged by the url of its life's hello, first; what
              is known of lives is kept over a change of url
  new link    the same, and a change of url makes a new link that knows no lives
Only the last one holds. Prints a line for each; exits 1 if one is not as said.
"""
import collections
import itertools
import sys

TURNS = 1
RULES = ('none', 'late', 'hellos', 'kept', 'new link')
URL = {'right': 2, 'stranger': 1, 'twin': 2}
AT = {2: 'right', 1: 'stranger'}

# A frame of the observer: its epoch, the life it speaks to, in a session or
# not. One of the others: who, the epoch it speaks to, in a session or not, with
# its hello or not.
ToOther = collections.namedtuple('ToOther', 'epoch dst session')
ToObserver = collections.namedtuple('ToObserver', 'src dst session hello')
# Phases: 0 no session, 1 held here, 2 held by both.
Observer = collections.namedtuple('Observer', 'url epoch peer phase turns')
Other = collections.namedtuple('Other', 'fenced epoch phase hello_known')
State = collections.namedtuple('State', 'observer others frames')
NAMES = ('right', 'stranger', 'twin')


class Model:

    def __init__(self, rule, older, newer):
        self.rule = rule
        self.age = {None: 0, 'twin': 1, older: 2, newer: 3}

    def observer_says(self, me):
        if me.phase == 0:
            return (AT[me.url], ToOther(me.epoch, None, False))
        return (AT[me.url], ToOther(me.epoch, me.peer, True))

    def observer_reads(self, me, frame):
        """What it is then, and what it sends."""
        src = frame.src
        right_url = URL[src] == me.url
        if RULES.index(self.rule) >= RULES.index('kept'):
            if not right_url or not (frame.hello or src == me.peer):
                # Who it is is asked for the way the frame came.
                asks = not frame.hello
                return me, [(src, ToOther(me.epoch, None, False))] * asks
        if self.rule == 'hellos' and frame.hello and not right_url:
            return me, []
        if self.age[src] < self.age[me.peer]:
            return me, [(src, ToOther(me.epoch, me.peer, True))]
        if self.rule == 'late' and frame.hello and not right_url:
            return me, []
        if frame.dst != me.epoch:
            return me, [(AT[me.url], ToOther(me.epoch, src, False))]
        sent = []
        if self.age[src] > self.age[me.peer]:
            if not frame.hello:
                return me, []
            me = me._replace(peer=src, phase=1)
            sent = [(AT[me.url], ToOther(me.epoch, src, True))]
        if frame.session:
            me = me._replace(phase=2)
        return me, sent

    def reload(self, me):
        me = me._replace(url=3 - me.url, turns=me.turns - 1)
        if self.rule == 'new link':
            me = me._replace(epoch=me.epoch + 1, peer=None, phase=0)
        return me

    @staticmethod
    def other_says(name, me):
        if me.fenced:
            return []
        if me.phase == 0:
            return [('observer', ToObserver(name, None, False, True))]
        return [('observer',
                 ToObserver(name, me.epoch, True, not me.hello_known))]

    def other_reads(self, name, me, frame):
        if me.fenced:
            return me, []
        if self.age[frame.dst] > self.age[name]:
            return me._replace(fenced=True), []
        if frame.epoch < me.epoch:
            return me, []
        if frame.dst != name:
            return me, [('observer',
                         ToObserver(name, frame.epoch, False, True))]
        sent = []
        if frame.epoch > me.epoch:
            me = me._replace(epoch=frame.epoch, phase=1, hello_known=False)
            sent = [('observer', ToObserver(name, me.epoch, True, True))]
        if frame.session:
            me = me._replace(phase=2, hello_known=True)
        return me, sent

    def read(self, state, to, frame):
        if to == 'observer':
            me, sent = self.observer_reads(state.observer, frame)
            return state._replace(observer=me), sent
        i = NAMES.index(to)
        me, sent = self.other_reads(to, state.others[i], frame)
        others = state.others[:i] + (me,) + state.others[i + 1:]
        return state._replace(others=others), sent

    def say(self, state):
        """All that somebody says of his own accord."""
        frames = [self.observer_says(state.observer)]
        for name, other in zip(NAMES, state.others):
            frames += self.other_says(name, other)
        return frames

    def successors(self, state):
        if state.observer.turns > 0:
            yield state._replace(observer=self.reload(state.observer))
        for frame in self.say(state):
            yield state._replace(frames=state.frames | {frame})
        for to, frame in state.frames:
            after, sent = self.read(state, to, frame)
            yield after._replace(frames=state.frames | set(sent))

    def converges(self, state):
        """Six rounds without a loss, in which everybody speaks."""
        for _ in range(6):
            under_way = self.say(state)
            for reads in itertools.count():
                if not under_way:
                    break
                if reads > 50:
                    return False
                state, sent = self.read(state, *under_way.pop(0))
                under_way += sent
        right, _, twin = state.others
        return (state.observer.peer == 'right' and state.observer.phase == 2 and
                right.epoch == state.observer.epoch and right.phase == 2 and
                not right.fenced and twin.fenced)

    def holds(self, with_twin):
        nobody = Other(False, -1, 0, False)
        twin = Other(not with_twin, 0, 2, True)
        first = State(Observer(1, 0, None, 0, TURNS), (nobody, nobody, twin),
                      frozenset())
        seen = {first}
        todo = collections.deque(seen)
        while todo:
            state = todo.popleft()
            right, stranger, _ = state.others
            if right.fenced or stranger.fenced:
                return len(seen), False
            if state.observer.url == 2 and not self.converges(state):
                return len(seen), False
            for after in self.successors(state):
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
        return len(seen), True


def main():
    as_said = True
    for rule in RULES:
        states = 0
        got = True
        for older, newer in (('right', 'stranger'), ('stranger', 'right')):
            for with_twin in (False, True):
                count, held = Model(rule, older, newer).holds(with_twin)
                states += count
                got &= held
        wanted = rule == 'new link'
        as_said &= got == wanted
        print('%s  who is at an address, rule "%s": %s, %d states' %
              ('ok    ' if got == wanted else 'FAILED', rule,
               'holds' if got else 'breaks', states))
    return 0 if as_said else 1


if __name__ == '__main__':
    sys.exit(main())
