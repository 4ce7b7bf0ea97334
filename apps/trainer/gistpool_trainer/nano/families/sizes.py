"""How large an item gets at a given level of the curriculum."""

from random import Random


def size_at(rng: Random, level: float, smallest: int, largest: int) -> int:
    """A size between the two ends whose upper end grows with the level (0 to 1)."""
    top = smallest + round((largest - smallest) * min(1.0, max(0.0, level)))
    return rng.randint(smallest, top)


def full_size_more_often(rng: Random, level: float, smallest: int, usual: int, largest: int) -> int:
    """As `size_at`, but once the level allows the usual size, half of the items have it."""
    size = size_at(rng, level, smallest, largest)
    top = smallest + round((largest - smallest) * min(1.0, max(0.0, level)))
    return usual if top >= usual and rng.random() < 0.5 else size
