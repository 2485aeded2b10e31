#!/usr/bin/env python3
"""A model of a hello that is said again on an open session, after a reload.

A has a configuration, whose number rises with each reload; B believes what A's
last hello said. The network keeps every frame for ever, which is loss, delay
and duplication at once. What is to hold: once A stops saying its hello, B
believes the number that A has.

Every state within the bounds is looked at, for three rules:
  any frame   A stops when any frame of the session has come since
  echo        A stops when the first frame with that hello was echoed
  number      the same, and B believes no hello with a lower number
Only the last one holds. Prints a line for each; exits 1 if one is not as said.
"""
import collections
import sys

RELOADS = 2
FRAMES = 5

State = collections.namedtuple(
    'State', 'number stamp says said_at believed heard to_b to_a')


def successors(state, rule):
    if state.number < RELOADS:
        yield state._replace(number=state.number + 1, says=True, said_at=None)
    if state.stamp < FRAMES:
        stamp = state.stamp + 1
        said_at = state.said_at
        if state.says and said_at is None:
            said_at = stamp
        frame = (stamp, state.number if state.says else None)
        yield state._replace(stamp=stamp, said_at=said_at,
                             to_b=state.to_b | {frame})
    yield state._replace(to_a=state.to_a | {state.heard})
    for stamp, number in state.to_b:
        believed = state.believed
        if number is not None and (rule != 'number' or number > believed):
            believed = number
        yield state._replace(believed=believed, heard=max(state.heard, stamp))
    for echo in state.to_a:
        echoed = state.said_at is not None and echo >= state.said_at
        if state.says and (rule == 'any frame' or echoed):
            yield state._replace(says=False)


def holds(rule):
    first = State(0, 0, False, None, 0, 0, frozenset(), frozenset())
    seen = {first}
    todo = collections.deque(seen)
    while todo:
        state = todo.popleft()
        if (not state.says and state.stamp < FRAMES and
                state.believed != state.number):
            return len(seen), False
        for after in successors(state, rule):
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return len(seen), True


def main():
    as_said = True
    for rule, wanted in (('any frame', False), ('echo', False),
                         ('number', True)):
        states, got = holds(rule)
        as_said &= got == wanted
        print('%s  a hello said again, rule "%s": %s, %d states' %
              ('ok    ' if got == wanted else 'FAILED', rule,
               'holds' if got else 'breaks', states))
    return 0 if as_said else 1


if __name__ == '__main__':
    sys.exit(main())
