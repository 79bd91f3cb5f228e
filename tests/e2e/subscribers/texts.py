"""Articles that come after the shipped one, as edition files: what they say is what the tests ask about."""


def edition(title: str, published: str, *sentences: str, topics: str = "news") -> str:
    """An edition file."""
    head = ["---", f"title: {title}", "language: en", "original: en", f"published: {published}"]
    return "\n".join([*head, "source: Linden town hall", f"topics: [{topics}]", "---", *sentences, ""])


LIBRARY = edition(
    "The library of Linden opens on Sundays",
    "2026-03-04",
    "From 12 April 2026 the library of Linden opens on Sundays, from 10 to 18.",
    "",
    "Reading cards for children cost nothing.",
)
LIBRARY_TITLE = "The library of Linden opens on Sundays"

SALE = edition(
    "Half price for bicycles in Linden",
    "2026-03-05",
    "The shop of Linden sells bicycles at half price until 30 March 2026.",
    "",
    "A city bicycle costs 240 euros instead of 480.",
    topics="offers",
)
SALE_TITLE = "Half price for bicycles in Linden"

PRICE = edition(
    "The Xiaomi SU7 gets its price for Italy",
    "2026-03-06",
    "The Xiaomi SU7 costs 61,900 euros in Italy.",
    "",
    "Orders for the Xiaomi SU7 are taken in Italy from 1 June 2026.",
)
PRICE_QUESTION = "What is the price of the SU7 in Italy?"
PRICE_ANSWER = "The Xiaomi SU7 costs 61,900 euros in Italy."

POOL = edition(
    "The indoor pool of Linden has new hours",
    "2026-03-07",
    "The indoor pool of Linden opens at 7 in the morning.",
    "",
    "A ticket for the indoor pool costs 5 euros.",
)
POOL_QUESTION = "How much is a ticket for the indoor pool of Linden?"
POOL_WAS = "A ticket for the indoor pool costs 5 euros."
POOL_NOW = "A ticket for the indoor pool costs 6 euros."
POOL_LATER = POOL.replace(POOL_WAS, POOL_NOW)

MARKET = edition(
    "The market of Linden moves to the river",
    "2026-03-08",
    "From 2 May 2026 the market of Linden is held on the bank of the river.",
)
MARKET_TITLE = "The market of Linden moves to the river"

ZOO = edition(
    "The zoo of Linden has two young otters",
    "2026-03-09",
    "Two young otters were born in the zoo of Linden on 1 March 2026.",
)
ZOO_TITLE = "The zoo of Linden has two young otters"

SCHOOL = edition(
    "The school of Linden gets a new roof",
    "2026-03-10",
    "The school of Linden gets a new roof in July 2026, for 300,000 euros.",
)
SCHOOL_TITLE = "The school of Linden gets a new roof"
