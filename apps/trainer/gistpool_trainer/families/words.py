"""The lexicons that the generators draw from. Common words only; every list is ours to extend."""

from random import Random

NAMES = tuple(
    """Alejandro Alexis Amberly Andree Antwan Audrie Bernita Christie Conception Crista Dallas
    Delbert Delfina Elanor Fidel Fletcher Gwenn Helene Inga Jamey Jaymie Jerry Jim Ka Kandi Kristian
    Leda Lorine Maybelle Michael Michaela Millicent Millie Osvaldo Phoebe Rashida Raymond Ryan Sal
    Shalonda Shaunda Shenna Sherrie Sima Tamika Teressa Vernell Vina Willian Yoland Ada Amir Anna
    Boris Carla Chen Clara David Diego Elena Emma Erik Fatima Felix Grace Hana Hugo Ines Ivan Jack
    Julia Karen Kofi Laura Leo Lena Liam Maria Marco Mia Nadia Nina Noah Olga Omar Oscar Paula Peter
    Priya Quinn Rita Rosa Simon Sofia Tariq Tess Tom Uma Victor Wendy Yuki Zara""".split()
)

_ONSETS = "b br c ch d dr f fl g gr h j k kl l m n p pr r s sh st t tr v w z".split()
_VOWELS = "a e i o u ai ee ia".split()
_CODAS = "n r l s m th x d ck".split()


def made_up_name(rng: Random) -> str:
    """A capitalised name outside every list, so that the model copies names instead of knowing them."""
    syllables = [rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(rng.choice((1, 2, 2)))]
    return ("".join(syllables) + rng.choice(_CODAS)).capitalize()


def pick_names(rng: Random, count: int, made_up_share: float = 0.2) -> list[str]:
    """Distinct names, about a fifth of them made up."""
    names = rng.sample(NAMES, count)
    for i in range(count):
        if rng.random() < made_up_share:
            name = made_up_name(rng)
            if name not in names:
                names[i] = name
    return names


BALL_COLOURS = tuple("red blue green yellow black white orange pink purple brown".split())

# (singular with its article, plural) as they read in a list of possessions.
FRUITS = (
    ("an apple", "apples"), ("a banana", "bananas"), ("a blackberry", "blackberries"),
    ("a grape", "grapes"), ("a nectarine", "nectarines"), ("an orange", "oranges"),
    ("a peach", "peaches"), ("a plum", "plums"), ("a raspberry", "raspberries"),
    ("a strawberry", "strawberries"), ("a pear", "pears"), ("a cherry", "cherries"),
    ("a mango", "mangoes"), ("a lemon", "lemons"), ("a melon", "melons"), ("a kiwi", "kiwis"),
    ("an apricot", "apricots"), ("a blueberry", "blueberries"), ("a fig", "figs"),
)  # fmt: skip
VEGETABLES = (
    ("a cabbage", "cabbages"), ("a carrot", "carrots"), ("a cauliflower", "cauliflowers"),
    ("a garlic", "garlics"), ("a head of broccoli", "heads of broccoli"),
    ("a lettuce head", "lettuce heads"), ("an onion", "onions"), ("a potato", "potatoes"),
    ("a stalk of celery", "stalks of celery"), ("a yam", "yams"), ("a turnip", "turnips"),
    ("a radish", "radishes"), ("a leek", "leeks"), ("a beet", "beets"),
    ("a cucumber", "cucumbers"), ("a zucchini", "zucchinis"),
)  # fmt: skip
ANIMALS = (
    ("a bear", "bears"), ("a cat", "cats"), ("a chicken", "chickens"), ("a cow", "cows"),
    ("a dog", "dogs"), ("a donkey", "donkeys"), ("a duck", "ducks"), ("a fish", "fish"),
    ("a frog", "frogs"), ("a goat", "goats"), ("a mouse", "mice"), ("a pig", "pigs"),
    ("a rabbit", "rabbits"), ("a snail", "snails"), ("a snake", "snakes"), ("a horse", "horses"),
    ("a sheep", "sheep"), ("a lion", "lions"), ("a tiger", "tigers"), ("a wolf", "wolves"),
    ("a monkey", "monkeys"), ("an owl", "owls"),
)  # fmt: skip
INSTRUMENTS = (
    ("an accordion", "accordions"), ("a clarinet", "clarinets"), ("a drum", "drums"),
    ("a flute", "flutes"), ("a piano", "pianos"), ("a trombone", "trombones"),
    ("a trumpet", "trumpets"), ("a violin", "violins"), ("a guitar", "guitars"),
    ("a harp", "harps"), ("a cello", "cellos"), ("an oboe", "oboes"),
    ("a saxophone", "saxophones"), ("a banjo", "banjos"),
)  # fmt: skip
HOUSEHOLD = (
    ("a bed", "beds"), ("a car", "cars"), ("a chair", "chairs"), ("a couch", "couches"),
    ("a fridge", "fridges"), ("a lamp", "lamps"), ("a microwave", "microwaves"),
    ("an oven", "ovens"), ("a stove", "stoves"), ("a table", "tables"), ("a toaster", "toasters"),
    ("a desk", "desks"), ("a sofa", "sofas"), ("a mirror", "mirrors"), ("a clock", "clocks"),
    ("a kettle", "kettles"), ("a shelf", "shelves"),
)  # fmt: skip

NOUNS = tuple(
    sorted(
        {
            word
            for kind in (FRUITS, VEGETABLES, ANIMALS, INSTRUMENTS, HOUSEHOLD)
            for forms in kind
            for form in forms
            for word in form.split()
        }
    )
)
