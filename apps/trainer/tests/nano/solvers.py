"""A second opinion for every family: solves the question from its text alone, in another way."""

import re
from collections.abc import Callable
from itertools import permutations

from gistpool_trainer.nano.families.words import (
    ANIMALS,
    COLOURED_THINGS,
    COLOURS,
    FRUITS,
    HOUSEHOLD,
    INSTRUMENTS,
    NUMBER_WORDS,
    VEGETABLES,
)


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


def logical_deduction(question: str) -> str:
    """Tries every order: the only one that agrees with all statements."""
    story, options = question.split("\nOptions:\n")
    scene, *statements = story.split("each paragraph. ")[1].rstrip(".").split(". ")
    listed = re.split(r", (?:and )?", scene.split(": ")[1])
    things = [thing if scene.startswith("A fruit") else re.sub(r"^an? ", "", thing) for thing in listed]

    count = len(things)

    def read(statement: str) -> Callable[[tuple[int, ...]], bool]:
        """The statement as a test of the places of all things."""
        statement = statement.removeprefix("The ")
        thing = max((thing for thing in things if statement.startswith(f"{thing} ")), key=len)
        claim, mine = statement.removeprefix(f"{thing} "), things.index(thing)
        for words, sign in _RELATIONS:
            if claim.startswith(words):
                other = things.index(claim.removeprefix(words).strip().removeprefix("the "))
                return lambda places: (places[other] - places[mine]) * sign > 0
        named = set(re.findall(r"[a-z]+", claim))
        far = next((rank for word, rank in _RANKS if word in named), 0)
        from_high = bool({"right", "rightmost", "newest", "last"} & named) or "most expensive" in claim
        wanted = count - 1 - far if from_high else far
        return lambda places: places[mine] == wanted

    tests = [read(statement) for statement in statements]
    places = next(p for p in permutations(range(count)) if all(test(p) for test in tests))
    return next(line[:3] for line in options.split("\n") if read(line[4:])(places))


_RELATIONS = (
    ("is to the left of", 1), ("is to the right of", -1), ("is older than", 1), ("is newer than", -1),
    ("are less expensive than", 1), ("are more expensive than", -1),
    ("finished above", 1), ("finished below", -1),
)  # fmt: skip
_RANKS = (("second", 1), ("third", 2), ("fourth", 3))


def colored_objects(question: str) -> str:
    text, options = question.split("\nOptions:\n")
    scene, asked = re.split(r"\. (?=What|Is|How|If)", text)
    listing = scene.rsplit(": ", 1)[1] if ": " in scene else re.split(r"there is |there are |see ", scene)[1]
    heaps = []
    for entry in re.split(r", and |, | and ", listing):
        number, colour, thing = entry.split(" ", 2)
        heaps.append((NUMBER_WORDS.index(number) if number in NUMBER_WORDS else 1, colour, thing))
    answer = _about_colours(asked, heaps)
    return next(line[:3] for line in options.split("\n") if line[4:] == answer)


def _about_colours(asked: str, heaps: list[tuple[int, str, str]]) -> str:
    colours = [colour for _, colour, _ in heaps]
    things = [thing for _, _, thing in heaps]
    noun = r"(?:item|object|thing)s?"

    def place(name: str) -> int:
        name = re.sub(rf" {noun}$", "", name)
        return things.index(name) if name in things else colours.index(name)

    if found := re.fullmatch(r"What color is the (.*)\?", asked):
        return colours[things.index(found[1])]
    if found := re.fullmatch(r"Is the (.*) (\w+)\?", asked):
        return "yes" if colours[things.index(found[1])] == found[2] else "no"
    if found := re.fullmatch(rf"How many {noun} are neither (\w+) nor (\w+)\?", asked):
        return NUMBER_WORDS[sum(colour not in found.groups() for colour in colours)]
    if found := re.search(r"directly to the (left|right) of the (.*)\?", asked):
        return colours[place(found[2]) + (1 if found[1] == "right" else -1)]
    if found := re.search(r"(left|right)-most", asked):
        return colours[0 if found[1] == "left" else -1]
    if found := re.search(r"furthest from the (.*)\?", asked):
        return max(((abs(i - place(found[1])), colours[i]) for i in range(len(colours))), key=lambda p: p[0])[
            1
        ]
    if found := re.search(rf"How many non-(\w+) {noun} do you see to the (left|right) of the (.*)\?", asked):
        at = place(found[3])
        side = colours[:at] if found[2] == "left" else colours[at + 1 :]
        return NUMBER_WORDS[sum(colour != found[1] for colour in side)]
    found = re.fullmatch(r"If I remove all the (.*) from the \w+, how many (.*) remain on it\?", asked)
    assert found
    total = 0
    forms = {one: many for one, many in COLOURED_THINGS}

    def means(words: str, colour: str, thing: str) -> bool:
        colour_asked = re.fullmatch(rf"(\w+) {noun}", words)
        if colour_asked and colour_asked[1] in COLOURS:
            return colour == colour_asked[1]
        return words in (thing, forms.get(thing))

    for number, colour, thing in heaps:
        if means(found[2], colour, thing) and not means(found[1], colour, thing):
            total += number
    return NUMBER_WORDS[total]


def temporal_sequences(question: str) -> str:
    def hour(clock: str) -> int:
        return int(clock[:-2]) % 12 + (12 if clock.endswith("pm") else 0)

    woke = re.search(r"woke up at (\w+)", question)
    closed = re.search(r"closed after (\w+)", question)
    assert woke and closed
    busy = {h for a, b in re.findall(r"from (\w+) to (\w+)\.", question) for h in range(hour(a), hour(b))}
    for letter, start, end in re.findall(r"(\(\w\)) (\w+) to (\w+)", question):
        hours = set(range(hour(start), hour(end)))
        if not hours & busy and hour(woke[1]) <= hour(start) and hour(end) <= hour(closed[1]):
            return str(letter)
    raise ValueError(question)


def dyck_languages(question: str) -> str:
    """Deletes matching pairs until only what is open is left."""
    text = question.split("Input: ")[1].replace(" ", "")
    while (shorter := re.sub(r"\(\)|\[\]|\{\}|<>", "", text)) != text:
        text = shorter
    return " ".join(text[::-1].translate(str.maketrans("([{<", ")]}>")))


def multistep_arithmetic(question: str) -> str:
    return str(eval(question.removesuffix(" ="), {"__builtins__": {}}))


SOLVERS: dict[str, Callable[[str], str]] = {
    "web_of_lies": web_of_lies,
    "boolean_expressions": boolean_expressions,
    "navigate": navigate,
    **{f"tracking_shuffled_objects_{count}_objects": tracking for count in ("three", "five", "seven")},
    **{f"logical_deduction_{count}_objects": logical_deduction for count in ("three", "five", "seven")},
    "reasoning_about_colored_objects": colored_objects,
    "temporal_sequences": temporal_sequences,
    "dyck_languages": dyck_languages,
    "multistep_arithmetic_two": multistep_arithmetic,
    "object_counting": object_counting,
    "nth_word": nth_word,
    "loop_ring": loop_ring,
    "loop_turn": loop_turn,
}
