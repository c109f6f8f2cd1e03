"""Words that say, or let guess, what somebody is treated for: none of them leaves the clinic in a message.

Plain functions on plain values: no database, no clock. English and Spanish; tests/messaging/test_wording_rules.py holds
every condition, muscle and product of the reference data against this list.
"""

from __future__ import annotations

import re
import unicodedata

# Anywhere in a word: these join with others ("onabotulinumtoxinA", "physiotherapy", "Migrainecenter").
_PARTS = (
    "toxin", "toxina", "botul", "botox", "migrain", "migrana", "headache", "jaqueca", "cefale", "neurol", "dyston",
    "diston", "spasm", "spasti", "espasm", "espasti", "therap", "terap", "inject", "inyec", "bruxis", "myofasc",
    "miofasc", "patholog", "patolog", "psychi", "psiqui", "physiat", "fisiat", "orthop", "ortop", "dermat", "oncolog",
)  # fmt: skip

# At the beginning of a word.
_STEMS = (
    # products
    "dysport", "xeomin", "myobloc", "daxxify", "neurobloc", "jeuveau", "letybo", "azzalure", "bocouture",
    # what is treated and how
    "treat", "tratam", "medicat", "medicam", "medicin", "prescri", "recetad", "symptom", "sintom", "diagnos", "diseas",
    "enferm", "illness", "disorder", "trastorno", "syndrom", "sindrom", "surger", "surgic", "cirug", "operacion",
    "quirurg", "dolor", "dolencia", "tremor", "temblor", "paraly", "parali", "stroke", "derrame", "nerve",
    "nervi", "nervo", "brain", "cerebr", "spinal", "espinal", "columna", "needle", "aguja", "syringe", "jering",
    "dose", "dosis", "dosage", "dosific", "vial", "relapse", "recaida", "rehab", "remedy", "remedio", "drug", "farmac",
    "pharma", "wrinkl", "arrug", "cosmet", "aesthet", "estetic", "sweat", "sudor", "saliva", "drool", "babeo",
    "bladder", "vejiga", "anest", "anaesth", "weakness", "debilidad", "swallow", "disfag", "dysphag",
    # parts of the body
    "muscle", "muscul", "neck", "cuello", "nuca", "jaw", "mandib", "shoulder", "hombro", "spine", "espalda", "cervic",
    "lumba", "lumbri", "thorac", "torac", "limb", "extremidad", "forehead", "temporomandib", "skull", "craneo",
    # muscles
    "procer", "corrugator", "frontalis", "temporalis", "occipital", "paraspin", "trapezi", "trapeci", "masseter",
    "maseter",
    "pterygoid", "pterigoid", "digastri", "sternocleid", "esternocleid", "spleni", "espleni", "semispin", "longissim",
    "levator", "scalen", "escalen", "obliqu", "oblicuo", "longus", "capitis", "platysma", "platisma", "pectoral",
    "latissimus", "dorsi", "subscapul", "subescapul", "biceps", "triceps", "brachi", "braqui", "pronator",
    "pronador", "flexor", "extensor", "interosse", "adductor", "aductor", "pollicis", "opponens", "oponente",
    "gastrocnem",
    "soleus", "soleo", "tibial", "hamstring", "isquiotib", "femoris", "iliopsoas", "erector", "quadratus", "cuadrado",
    "orbicular", "hallucis",
)  # fmt: skip

# Alone: too short, or part of harmless words.
_WORDS = frozenset(
    {
        "ache", "aches", "atm", "colli", "eeg", "emg", "mri", "numb", "numbness", "pain", "painful", "painless",
        "pains", "preempt", "prp", "shot", "shots", "teres", "tmj",
    }
)  # fmt: skip

_WORD = re.compile(r"[^\W\d_]+")


def health_words(text: str) -> list[str]:
    """The words of a text that say something about health, as they stand in it, each once, in their order."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(unicodedata.normalize("NFC", text)):
        word = match.group()
        plain = _plain(word)
        if plain in _WORDS or plain.startswith(_STEMS) or any(part in plain for part in _PARTS):
            found.setdefault(word)
    return list(found)


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
