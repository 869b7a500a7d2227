"""Made-up names and email addresses for the customers of the sample sales, who have none.

The addresses are at example.com, which RFC 2606 reserves for examples: no email reaches anyone.
"""

from zlib import crc32

FIRST_NAMES = (
    "Adam", "Alice", "Amelia", "Andrew", "Anna", "Beatrice", "Benjamin", "Carla", "Charles",
    "Chloe", "Claire", "Daniel", "David", "Edith", "Edward", "Eleanor", "Emma", "Fiona",
    "Frances", "George", "Hannah", "Harriet", "Helen", "Henry", "Isabel", "Jack", "James",
    "Joanna", "Julia", "Katherine", "Laura", "Leo", "Louise", "Lucy", "Margaret", "Martha",
    "Martin", "Matilda", "Michael", "Nina", "Oliver", "Patricia", "Peter", "Philip", "Rachel",
    "Rebecca", "Robert", "Samuel", "Sarah", "Sophie", "Stephen", "Teresa", "Thomas", "Victoria",
    "William",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Allen", "Atkinson", "Bailey", "Barnes", "Bennett", "Bradley", "Chapman",
    "Clarke", "Collins", "Cooper", "Davies", "Dixon", "Edwards", "Ellis", "Evans", "Fletcher",
    "Foster", "Gibson", "Graham", "Griffiths", "Harrison", "Hughes", "Hunt", "Jackson",
    "Jenkins", "Johnson", "Jones", "Kelly", "Knowles", "Lawson", "Lewis", "Marshall",
    "Mitchell", "Morgan", "Murphy", "Newton", "Osborne", "Owens", "Palmer", "Parker", "Pearson",
    "Phillips", "Reynolds", "Richards", "Roberts", "Saunders", "Simpson", "Smith", "Spencer",
    "Taylor", "Thompson", "Turner", "Walker", "Watson", "Webster", "Whittaker", "Williams",
    "Wilson", "Wright",
)  # fmt: skip
ONE_WITHOUT_EMAIL_IN = 10
"""One in this many customers has no name or email address, so exports leave them out."""


def made_up_contact(customer_id: str) -> tuple[str, str] | None:
    """Return a name and an email address for a customer, always the same; None for one in ten."""
    number = crc32(customer_id.encode())
    number, remainder = divmod(number, ONE_WITHOUT_EMAIL_IN)
    if not remainder:
        return None
    number, first = divmod(number, len(FIRST_NAMES))
    names = FIRST_NAMES[first], LAST_NAMES[number % len(LAST_NAMES)]
    return " ".join(names), f"{'.'.join(names)}.{customer_id}@example.com".lower()
