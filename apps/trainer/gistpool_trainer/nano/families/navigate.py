"""Do the instructions lead back to the start? Turning walkers and walkers who always face forward."""

from random import Random

from .item import Item
from .sizes import full_size_more_often

FAMILY = "navigate"
_COMPASS = ("north", "east", "south", "west")
_VECTORS = {"north": (0, 1), "east": (1, 0), "south": (0, -1), "west": (-1, 0)}
_SIDES = {"forward": (0, 1), "right": (1, 0), "backward": (0, -1), "left": (-1, 0)}
_TURNS = {"right": 1, "around": 2, "left": 3}

# (number of steps, side) walks; ("turn", side) turns.
Move = tuple[int, str]
_TURN = 0


def generate(rng: Random, level: float = 1.0) -> Item:
    count = full_size_more_often(rng, level, 2, rng.randint(3, 8), 9)
    closing = rng.random() < 0.45
    if rng.random() < 0.5:
        moves = _facing_forward(rng, count, closing)
        opening = "Always face forward. "
    else:
        moves = _turning(rng, count, closing)
        opening = ""
    sentences = " ".join(_sentence(move, bool(opening)) for move in moves)
    thoughts, home = walk(moves, bool(opening))
    question = (
        "If you follow these instructions, do you return to the starting point? "
        f"{opening}{sentences}\nOptions:\n- Yes\n- No"
    )
    return Item(FAMILY, question, tuple(thoughts), "Yes" if home else "No")


def walk(moves: list[Move], facing_forward: bool) -> tuple[list[str], bool]:
    x = y = facing = 0
    thoughts = []
    for number, (steps, side) in enumerate(moves, start=1):
        if steps == _TURN:
            facing = (facing + _TURNS[side]) % 4
            text = f"turn {side}: {_COMPASS[facing]} x{x:+d} y{y:+d}"
        else:
            heading = side if facing_forward else _COMPASS[facing]
            dx, dy = (_SIDES if facing_forward else _VECTORS)[heading]
            to_x, to_y = x + dx * steps, y + dy * steps
            sum_x = f"{dx * steps:+d}={to_x:+d}" if dx else ""
            sum_y = f"{dy * steps:+d}={to_y:+d}" if dy else ""
            text = f"{steps} {heading}: x{x:+d}{sum_x} y{y:+d}{sum_y}"
            x, y = to_x, to_y
        thoughts.append(f"{number}. {text}")
    return thoughts, x == 0 and y == 0


def _sentence(move: Move, facing_forward: bool) -> str:
    steps, side = move
    if steps == _TURN:
        return f"Turn {side}."
    unit = "step" if steps == 1 else "steps"
    return f"Take {steps} {unit} {side}." if facing_forward else f"Take {steps} {unit}."


def _facing_forward(rng: Random, count: int, closing: bool) -> list[Move]:
    for _ in range(50):
        sides = (
            list(_SIDES) if rng.random() < 0.7 else rng.choice((["left", "right"], ["forward", "backward"]))
        )
        moves = [(rng.randint(1, 10), rng.choice(sides)) for _ in range(count)]
        if not closing:
            return moves
        moves = moves[: max(1, rng.randint(count // 2, count - 1))]
        x = sum(_SIDES[side][0] * steps for steps, side in moves)
        y = sum(_SIDES[side][1] * steps for steps, side in moves)
        moves += _back(rng, x, "left", "right") + _back(rng, y, "backward", "forward")
        if len(moves) <= count + 1:
            rng.shuffle(moves)
            return moves
    return [(3, "left"), (3, "right")]


def _back(rng: Random, distance: int, if_positive: str, if_negative: str) -> list[Move]:
    """Walks that undo a distance, in legs of at most ten steps, sometimes split for variety."""
    left, side = abs(distance), if_positive if distance > 0 else if_negative
    legs: list[Move] = []
    while left > 0:
        leg = min(left, 10)
        if leg > 1 and rng.random() < 0.3:
            leg = rng.randint(1, leg)
        legs.append((leg, side))
        left -= leg
    return legs


def _turning(rng: Random, count: int, closing: bool) -> list[Move]:
    turn_share = rng.choice((0.2, 0.3, 0.4, 0.5))

    def some(number: int) -> list[Move]:
        return [
            (_TURN, rng.choice(tuple(_TURNS))) if rng.random() < turn_share else (rng.randint(1, 10), "")
            for _ in range(number)
        ]

    for _ in range(100):
        moves = some(count)
        if not closing:
            return moves
        moves = moves[: max(1, rng.randint(count // 3, max(1, count - 2)))]
        x = y = facing = 0
        for steps, side in moves:
            if steps == _TURN:
                facing = (facing + _TURNS[side]) % 4
            else:
                dx, dy = _VECTORS[_COMPASS[facing]]
                x, y = x + dx * steps, y + dy * steps
        legs = [(0, 2 if y > 0 else 0, abs(y)), (1, 3 if x > 0 else 1, abs(x))]
        rng.shuffle(legs)
        for _, wanted, distance in legs:
            if distance:
                moves += _face(rng, (wanted - facing) % 4)
                facing = wanted
                moves += [(steps, "") for steps, _ in _back(rng, distance, "", "")]
        if rng.random() < 0.3:
            moves.append((_TURN, rng.choice(tuple(_TURNS))))
        if 2 <= len(moves) <= count + 1:
            return moves
    return [(4, ""), (_TURN, "around"), (4, "")]


def _face(rng: Random, quarter_turns: int) -> list[Move]:
    if quarter_turns == 0:
        return []
    if quarter_turns == 2 and rng.random() < 0.3:
        return [(_TURN, side := rng.choice(("left", "right"))), (_TURN, side)]
    return [(_TURN, next(side for side, turn in _TURNS.items() if turn == quarter_turns))]
