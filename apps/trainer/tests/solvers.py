"""A second opinion for every family: solves the question from its text alone, in another way."""

import re
from collections.abc import Callable

from gistpool_trainer.families.words import ANIMALS, FRUITS, HOUSEHOLD, INSTRUMENTS, VEGETABLES


def web_of_lies(question: str) -> str:
    knows: dict[str, bool] = {}
    for sentence in re.findall(r"(\w+(?: says \w+)? (?:tells the truth|lies))\.", question):
        words = sentence.split()
        claim = words[-1] == "truth"
        knows[words[0]] = claim if words[1] != "says" else not (knows[words[2]] ^ claim)
    asked = re.search(r"Does (\w+) tell", question)
    assert asked
    return "Yes" if knows[asked[1]] else "No"


def boolean_expressions(question: str) -> str:
    return str(eval(question.removesuffix(" is"), {"__builtins__": {}}))


def navigate(question: str) -> str:
    text = question.split("? ", 1)[1].split("\n")[0]
    at, facing = 0j, 1j
    sides = {"forward": 1j, "backward": -1j, "left": -1 + 0j, "right": 1 + 0j}
    for sentence in re.findall(r"(Take [^.]+|Turn [^.]+)\.", text):
        if sentence.startswith("Turn"):
            facing *= {"left": 1j, "right": -1j, "around": -1}[sentence.split()[1]]
            continue
        found = re.fullmatch(r"Take (\d+) steps? ?(\w+)?", sentence)
        assert found
        at += int(found[1]) * (sides[found[2]] if found[2] else facing)
    return "Yes" if at == 0 else "No"


def tracking(question: str) -> str:
    scene, rest = question.split("\n", 1)
    starts = re.split(r", (?:and )?", scene.rsplit(": ", 1)[1].rstrip("."))
    pattern = r"(\w+) (?:is dancing with|has an?|gets|is playing) (.*)"
    holds: dict[str, str] = {}
    for start in starts:
        found = re.fullmatch(pattern, start)
        assert found
        holds[found[1]] = found[2]
    story, options = rest.split("\nOptions:\n")
    for a, b in re.findall(r"(?:First|Then|Finally), (\w+) and (\w+) (?:swap|switch|trade)", story):
        holds[a], holds[b] = holds[b], holds[a]
    asked = re.search(r"At the end of the \w+, (\w+) (?:is|has)", story)
    assert asked
    return next(line[:3] for line in options.split("\n") if line[4:] == holds[asked[1]])


def object_counting(question: str) -> str:
    listed, asked = question.removeprefix("I have ").split(". How many ")
    kind = asked.removesuffix(" do I have?")
    pools = {
        "fruits": FRUITS,
        "vegetables": VEGETABLES,
        "animals": ANIMALS,
        "musical instruments": INSTRUMENTS,
        "objects": FRUITS + VEGETABLES + ANIMALS + INSTRUMENTS + HOUSEHOLD,
    }
    forms = {form for pair in pools[kind] for form in pair}
    numbers = {"two": 2, "three": 3, "four": 4, "five": 5}
    total = 0
    for entry in re.split(r", (?:and )?", listed):
        first, rest = entry.split(" ", 1)
        if first in numbers:
            total += numbers[first] if rest in forms else 0
        else:
            total += entry in forms
    return str(total)


def nth_word(question: str) -> str:
    found = re.fullmatch(r"The list is: (.*)\. Which word is at place (\d+)\?", question)
    assert found
    return found[1].split(", ")[int(found[2]) - 1]


def loop_ring(question: str) -> str:
    """The closed form: every round moves by the same distance."""
    start, places, _, _, forward, back, rounds = map(int, re.findall(r"\d+", question))
    return str((start + rounds * (forward - back)) % places)


def loop_turn(question: str) -> str:
    compass = ["north", "east", "south", "west"]
    start = question.split("facing ")[1].split(".")[0]
    clockwise = {"right": 1, "around": 2, "left": 3}
    each = sum(clockwise[turn] for turn in re.findall(r"turns (\w+)", question))
    rounds = int(re.findall(r"after (\d+) rounds", question)[0])
    return compass[(compass.index(start) + each * rounds) % 4]


SOLVERS: dict[str, Callable[[str], str]] = {
    "web_of_lies": web_of_lies,
    "boolean_expressions": boolean_expressions,
    "navigate": navigate,
    "tracking_three": tracking,
    "tracking_five": tracking,
    "tracking_seven": tracking,
    "object_counting": object_counting,
    "nth_word": nth_word,
    "loop_ring": loop_ring,
    "loop_turn": loop_turn,
}
