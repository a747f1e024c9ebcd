"""Word lists of the closed question set; what is kept from training is listed here too."""


def listed(text: str) -> list[str]:
    """Return the words of a text.

    Examples
    --------
    >>> listed("red blue")
    ['red', 'blue']
    """
    return text.split()


CAPITALS = dict(
    pair.split(":")
    for pair in listed(
        "France:Paris Germany:Berlin Italy:Rome Spain:Madrid Portugal:Lisbon Norway:Oslo Sweden:Stockholm "
        "Finland:Helsinki Denmark:Copenhagen Poland:Warsaw Austria:Vienna Greece:Athens Ireland:Dublin "
        "Hungary:Budapest Japan:Tokyo China:Beijing India:Delhi Thailand:Bangkok Vietnam:Hanoi "
        "Egypt:Cairo Kenya:Nairobi Ghana:Accra Morocco:Rabat Peru:Lima Chile:Santiago Brazil:Brasilia "
        "Canada:Ottawa Cuba:Havana Turkey:Ankara Iran:Tehran Iraq:Baghdad Jordan:Amman Nepal:Kathmandu "
        "Russia:Moscow Ukraine:Kyiv Belgium:Brussels Iceland:Reykjavik Romania:Bucharest Bulgaria:Sofia"
    )
)
OPPOSITES = dict(
    pair.split(":")
    for pair in listed(
        "hot:cold big:small fast:slow happy:sad light:dark early:late full:empty strong:weak young:old "
        "open:closed dry:wet hard:soft rich:poor loud:quiet deep:shallow clean:dirty brave:afraid "
        "cheap:expensive near:far high:low"
    )
)
PLURALS = dict(
    pair.split(":")
    for pair in listed(
        "mouse:mice child:children foot:feet tooth:teeth goose:geese man:men woman:women leaf:leaves "
        "knife:knives wolf:wolves city:cities baby:babies box:boxes bus:buses dish:dishes story:stories "
        "life:lives half:halves potato:potatoes hero:heroes"
    )
)
SEQUENCES = (
    listed("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    listed("January February March April May June July August September October November December"),
)
LISTS = {
    "fruits": listed("apple banana cherry grape mango orange pear plum"),
    "colors": listed("red blue green yellow purple white black pink"),
    "animals": listed("dog cat horse lion tiger rabbit sheep wolf"),
    "metals": listed("iron gold silver copper zinc lead tin nickel"),
    "planets": listed("Mercury Venus Earth Mars Jupiter Saturn Uranus Neptune"),
    "sports": listed("tennis football rugby golf cricket hockey boxing rowing"),
    "vegetables": listed("carrot onion potato spinach cabbage pea leek celery"),
    "instruments": listed("piano violin guitar drum flute trumpet cello harp"),
    "tools": listed("hammer saw drill wrench pliers chisel file level"),
    "drinks": listed("water milk tea coffee juice cocoa soda lemonade"),
}
DEFINITIONS = {
    "telescope": "a device that makes *distant *objects look *closer",
    "thermometer": "a device that measures *temperature",
    "library": "a place where people *borrow and read *books",
    "bakery": "a shop that makes and sells *bread",
    "compass": "a tool that shows which way is *north",
    "bicycle": "a vehicle with two *wheels that a rider moves with *pedals",
    "volcano": "a *mountain that can erupt with *lava",
    "desert": "a *dry place with very little *rain",
    "island": "a piece of *land with *water all around it",
    "museum": "a place that shows *art and old *objects",
    "calendar": "a chart that shows the *days and *months of a year",
    "microscope": "a device that makes *tiny things look *bigger",
    "hospital": "a place where *doctors treat *sick people",
    "umbrella": "a cover that keeps a person *dry in the *rain",
    "map": "a *drawing that shows where *places are",
    "battery": "a part that stores *electric *energy",
    "glacier": "a large mass of *ice that moves *slowly",
    "orchard": "a field where *fruit *trees grow",
    "harbor": "a safe place where *ships can *stop",
    "recipe": "a list of *steps for making *food",
}
NAMES = listed(
    "Anna Ben Carla David Elena Frank Grace Hugo Iris Jack Karen Leo Maria Nina Oscar Paula Ravi Sara "
    "Tom Vera"
)
THINGS = listed("lamp desk phone chair camera printer tent jacket kettle clock")
REASONS = (
    "it was *broken",
    "it was too *small",
    "the *color was wrong",
    "it arrived *late",
    "it cost too *much",
)
PLACES = listed("school office park station market beach garden theater")
PRAISE = (
    "I love it.",
    "It works very well.",
    "The quality is great.",
    "I would buy it again.",
)
BLAME = (
    "It broke in one day.",
    "I want my money back.",
    "The quality is awful.",
    "I would not buy it again.",
)
DOCUMENTS = listed("report budget contract invoice schedule survey poster manual")
TASKS = listed("send check write update print finish review translate")
DAYS = SEQUENCES[0]
TEAMS = listed("sales design support finance research marketing")
CITIES = list(CAPITALS.values())

HELD_OUT = frozenset(listed("Peru Kenya Norway Japan Hungary Ghana compass glacier recipe Grace Tom"))
"""Words the judge never meets in training, with the capitals of the countries among them."""
HELD_OUT_ALL = HELD_OUT | {CAPITALS[word] for word in HELD_OUT if word in CAPITALS}

POOLS: dict[str, list[str]] = {
    "country": list(CAPITALS),
    "city": CITIES,
    "name": NAMES,
    "thing": THINGS,
    "place": PLACES,
    "document": DOCUMENTS,
    "task": TASKS,
    "team": TEAMS,
    "day": DAYS,
    "next": [word for sequence in SEQUENCES for word in sequence],
    "opposite": [*OPPOSITES, *OPPOSITES.values()],
    "plural": list(PLURALS.values()),
    "tone": ["positive", "negative"],
    "item": [word for words in LISTS.values() for word in words],
}
"""Words that can stand in for one another, by the kind of slot."""

# For sentences of no family, and for wordings made up on the spot.
NOUNS = listed(
    "teacher garden window bottle engine letter ticket bridge kitchen farmer doctor captain village "
    "forest mountain song story paper coffee train ship truck road market door wall roof floor box "
    "coin ring coat shirt shoe hat bag painting picture movie game team player lawyer nurse pilot "
    "driver singer writer student class lesson company factory machine computer screen button cable "
    "wire stone sand snow wind fire smoke cloud star moon sun bird fish cow egg cheese soup cake salt "
    "sugar oil cup plate spoon"
)
ADJECTIVES = listed(
    "red green tall short long wide narrow heavy bright warm cool new ancient modern famous secret "
    "local foreign simple strange gentle angry proud tired busy lucky wooden golden plastic round "
    "square thick thin fresh sour sweet bitter sharp"
)
VERBS = listed(
    "opened closed found lost built painted carried followed watched heard visited moved bought stole "
    "fixed broke cleaned washed cooked ate drank drew sang played taught learned started finished "
    "joined left crossed climbed pushed pulled lifted dropped threw caught kept hid showed described "
    "measured counted mixed heated cooled"
)
PREPOSITIONS = listed(
    "in on under near behind above with without from to for after before during across inside outside"
)
DETERMINERS = listed("the a one every this that his her their our")
CARRIERS = listed(
    "according asked anyone answer based because best call called can case choose clear clearly comes "
    "correct could does exactly expect fact few find following fits gave gets give given gives going "
    "goes have here hold holds indeed just know known learn listed looking made make matter mean "
    "means mention mentioned must namely need needed obviously one only option people picked plain "
    "point possible question quite reads really refer referred reply requested response result right "
    "said say saying says see seems should shown so speaking stands states suggest sure take taken "
    "tell tells text then therefore there think this thus told true turns understand used usual want "
    "well when which who word would write written wrote you your"
)
