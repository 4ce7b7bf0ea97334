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


COLOURS = tuple(
    """red orange yellow green blue brown magenta fuchsia mauve teal turquoise burgundy silver gold
    black grey purple pink""".split()
)
NUMBER_WORDS = tuple(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen""".split()
)


def with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


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

# (singular, plural) of things that come in colours.
COLOURED_THINGS = (
    ("keychain", "keychains"), ("notebook", "notebooks"), ("plate", "plates"), ("jug", "jugs"),
    ("pen", "pens"), ("dog leash", "dog leashes"), ("stress ball", "stress balls"),
    ("pencil", "pencils"), ("sheet of paper", "sheets of paper"), ("bracelet", "bracelets"),
    ("envelope", "envelopes"), ("crayon", "crayons"), ("mug", "mugs"), ("teddy bear", "teddy bears"),
    ("scrunchiephone charger", "scrunchiephone chargers"), ("necklace", "necklaces"),
    ("pair of sunglasses", "pairs of sunglasses"), ("paperclip", "paperclips"),
    ("booklet", "booklets"), ("cat toy", "cat toys"), ("cup", "cups"), ("puzzle", "puzzles"),
    ("fidget spinner", "fidget spinners"), ("textbook", "textbooks"), ("spoon", "spoons"),
    ("candle", "candles"), ("hair brush", "hair brushes"), ("coin", "coins"), ("basket", "baskets"),
)  # fmt: skip

FIRST_NAMES = tuple(
    """William Sarah James David Ashley Sean Betty Thomas Richard Samantha Susan Emily Leslie Jennifer
    Jessica Kimberly Michael Tiffany Linda Anthony Lisa Andrew Nancy Elizabeth Hannah Mark John Jason
    Mary Steven Peter Laura Robert Karen Daniel Maria""".split()
)
SIGHTINGS = (
    "waiting at the train station", "driving to the water park", "taking photos near the Eiffel Tower",
    "fixing their computer at the electronic store", "working out at the gym", "sitting on a rooftop",
    "buying a bike at the bike shop", "buying lunch at the deli", "getting a coffee at the cafe",
    "reading at the library", "walking towards the Statue of Liberty",
    "taking photos near the Leaning Tower of Pisa", "playing tennis at the tennis court",
    "walking in the garden", "stretching at a yoga studio", "buying clothes at the mall",
    "buying a phone at the electronics store", "watching a movie at the theater",
    "attending class at the school", "working at the office", "waiting at the airport",
    "buying cookies at a bakery", "feeding ducks at the pond", "painting a fence in the yard",
)  # fmt: skip
VENUES = (
    "coffee shop", "soccer field", "restaurant", "beach", "movies", "amusement park", "bookstore",
    "construction site", "orchestra hall", "art studio", "art show", "museum", "swimming pool",
    "basketball court", "park", "hardware store", "physics classroom", "football field", "market",
    "zoo", "bowling alley", "post office", "barbershop", "library", "theater", "gym",
)  # fmt: skip

DEDUCTION_BIRDS = tuple(
    ["hummingbird", "owl", "quail", "falcon", "hawk", "robin", "blue jay", "crow", "cardinal", "raven"]
)
DEDUCTION_BOOKS = tuple(
    f"{colour} book" for colour in "black orange red gray white blue green brown purple yellow".split()
)
# "motorcyle" is how the benchmark spells it.
DEDUCTION_VEHICLES = tuple(
    ["hatchback", "sedan", "motorcyle", "tractor", "bus", "truck", "station wagon", "convertible",
     "limousine", "minivan"]
)  # fmt: skip
DEDUCTION_FRUITS = tuple(
    "apples mangoes pears peaches oranges cantaloupes watermelons kiwis plums loquats".split()
)
DEDUCTION_GOLFERS = tuple("Ana Rob Ada Mya Eli Mel Amy Eve Joe Dan".split())

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

# Every word that should be one token, with its leading space.
LEXICON = tuple(
    sorted(
        {
            word.strip("?.,")
            for phrase in (
                *NAMES, *FIRST_NAMES, *NOUNS, *COLOURS, *NUMBER_WORDS, *SIGHTINGS, *VENUES, *DEDUCTION_BIRDS,
                *DEDUCTION_BOOKS, *DEDUCTION_VEHICLES, *DEDUCTION_FRUITS, *DEDUCTION_GOLFERS,
                *(form for forms in COLOURED_THINGS for form in forms),
            )
            for word in phrase.split()
        }
    )
)  # fmt: skip
