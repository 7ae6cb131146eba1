"""Lists of words that the rules need. Each holds a closed class of the language, not what some data happened to have."""

from __future__ import annotations

from typing import Final


def listed(words: str) -> frozenset[str]:
    """The words of a list with spaces between."""
    return frozenset(words.split())


ARTICLES: Final = frozenset({"a", "an", "the"})

NEGATORS: Final = listed(
    "not no never none nobody nothing neither nor nowhere without cannot non"
    " cant wont dont doesnt didnt isnt arent wasnt werent hasnt havent hadnt wouldnt shouldnt couldnt mustnt neednt aint"
    # Of other languages, where no English word looks the same.
    " nicht kein keine keinen keinem keiner nie niemals ohne ne jamais nunca jamás não sem niet geen nooit inte ikke"
    " не нет ни никогда без nigdy değil لا ليس नहीं मत 不 没 沒 无 無 안 않"
)
"""Words that turn a sentence into its contrary; forms in -n't are split before they are looked up."""

_AUXILIARIES: Final = listed("will would shall should can could may might must ought do does did doing done being having getting")

MERE_VERBS: Final = listed("s is are m am was were be been re ve have has had d ll get gets got")
"""Forms of be, have and get, also shortened: where they stand between the same other words makes no difference."""

_PRONOUNS: Final = listed(
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it"
    " its itself they them their theirs themselves one ones someone somebody anyone anybody everyone everybody something anything"
    " everything this that these those there here who whom whose which what"
)
PREPOSITIONS: Final = listed(
    "of in on at by for to from with about into onto as through over under between among per via than upon within during"
)
_ADVERBS_AND_CONJUNCTIONS: Final = listed(
    "and or but if then so because while when where why how also too just really very quite even only please exactly actually"
    " basically"
)
_QUANTITIES: Final = listed("some any many much most more all few several lot lots")

FUNCTION_WORDS: Final = _AUXILIARIES | _PRONOUNS | PREPOSITIONS | _ADVERBS_AND_CONJUNCTIONS | _QUANTITIES | ARTICLES | MERE_VERBS
"""Words that hold a sentence together and change when it is put differently."""

LIST_JOINTS: Final = frozenset(
    {
        ",",
        "/",
        "&",
        "and",
        "or",
        "nor",
        "vs",
        "versus",
        "(",
        ")",
        "-",
        "und",
        "oder",
        "et",
        "ou",
        "и",
        "или",
        "和",
        "与",
        "與",
        "或",
    }
)
"""What stands between things whose order is free: in "A and B", "A, B or C", "A/B", "A vs B" and "A (B)"."""

CONJUNCTIONS: Final = frozenset({"and", "or", "&", "/"})

TIMES: Final = listed("now today tonight tomorrow yesterday currently nowadays recently week month year")
"""Words that make an answer one for a time, as in "today" or "this week"; beside a number, a week is a unit."""

YES_OR_NO_OPENINGS: Final = listed("is are was were am do does did has have had can could will would should shall may might must")
"""Verbs that a question for yes or no begins with."""

MEASURED_BY_HOW: Final = listed("many much long far old often tall big high fast deep large")
"""What follows "how" where it asks for a quantity."""

UNITS: Final = {
    spelling: unit
    for unit, spellings in {
        "mm": "mm millimeter millimetre millimeters millimetres",
        "cm": "cm centimeter centimetre centimeters centimetres",
        "m": "m meter metre meters metres",
        "km": "km kms kilometer kilometre kilometers kilometres",
        "inch": "inch inches",
        "foot": "ft foot feet",
        "mile": "mile miles",
        "mg": "mg milligram milligrams",
        "g": "g gram grams",
        "kg": "kg kgs kilo kilos kilogram kilograms",
        "lb": "lb lbs pound pounds £",
        "ml": "ml milliliter millilitre milliliters millilitres",
        "l": "l liter litre liters litres",
        "ms": "ms millisecond milliseconds",
        "second": "sec secs second seconds",
        "minute": "min mins minute minutes",
        "hour": "h hr hrs hour hours",
        "day": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "yr yrs year years",
        "kb": "kb kilobyte kilobytes",
        "mb": "mb megabyte megabytes",
        "gb": "gb gigabyte gigabytes",
        "tb": "tb terabyte terabytes",
        "percent": "% percent",
        "permille": "‰ permille",
        "basis point": "‱ bp bps",
        "dollar": "$ usd dollar dollars",
        "cent": "¢ cent cents",
        "euro": "€ eur euro euros",
        "rupee": "₹ rs inr rupee rupees",
        "yen": "¥ jpy yen",
        "yuan": "rmb cny yuan",
        "rouble": "₽ rub ruble rubles rouble roubles",
        "lira": "₺ lira",
        "baht": "฿ baht",
        "bitcoin": "₿ btc bitcoin bitcoins",
        "krw": "₩ krw",
        "hryvnia": "₴ hryvnia",
        "naira": "₦ naira",
        "shekel": "₪ shekel shekels",
        "peso": "₱ peso pesos",
        "dong": "₫ dong",
    }.items()
    for spelling in spellings.split()
}
"""What is counted, by its spellings; looked up beside a number."""

UNITS_ANYWHERE: Final = listed(
    "% ‰ ‱ $ ¢ € £ ¥ ₹ ₽ ₺ ฿ ₿ ₩ ₴ ₦ ₪ ₱ ₫ percent usd eur inr jpy cny rmb dollar dollars euro euros rupee rupees yen yuan"
)
"""Units that are told without a number beside them: "prices in $"."""

SPANS: Final = {
    word: span
    for span, words in {
        "minute": "minute minutes",
        "hour": "hour hours hourly",
        "day": "day days daily",
        "week": "weekly",
        "month": "monthly",
        "year": "yearly annual annually",
        "decade": "decade decades",
        "century": "century centuries",
    }.items()
    for word in words.split()
}
"""Spans of time, which are units without a number, too: "wages per hour"."""

QUANTIFIERS: Final = {
    word: quantifier
    for quantifier, words in {
        "all": "all whole entire",
        "every": "every each everyone everybody everything everywhere",
        "both": "both",
        "either": "either",
        "some": "some someone somebody something somewhere several any anyone anybody anything anywhere",
        "few": "few",
        "half": "half halves",
        "third": "thirds",
        "quarter": "quarter quarters",
        "once": "once",
        "twice": "twice double",
        "thrice": "thrice triple",
        "always": "always",
        "often": "often frequently usually",
        "sometimes": "sometimes occasionally",
        "rarely": "rarely seldom",
    }.items()
    for word in words.split()
}
"""How much of something, how many, or how often. Questions ask for "some" and "any" alike."""

QUANTIFIERS_BEFORE_OF: Final = listed("most one many much")
NOT_ALL_AFTER: Final = listed("at after above")
"""What "all" says nothing of an amount after: "at all"."""
