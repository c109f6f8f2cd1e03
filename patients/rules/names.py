"""Names as they are compared and sorted."""

from __future__ import annotations

import re
import unicodedata

_DROPPED = re.compile("[\u0300-\u036f'’`´]")
_BREAKS = re.compile(r"""[\]\[ \t\r\n!"#$%&()*+,./:;<=>?@\\^_{|}~-]+""")
_STROKED = str.maketrans("øłđðı", "olddi")


def fold(text: str) -> str:
    """The text in plain small letters, word by word: the same as `patients_fold` in the database.

    Accents and apostrophes are dropped, punctuation becomes one space.
    """
    # One letter at a time: Python's lower() of a whole word knows a final sigma, the database does not.
    small = "".join(letter.lower() for letter in unicodedata.normalize("NFKD", text))
    small = small.replace("ß", "ss").replace("æ", "ae").replace("œ", "oe")
    return _BREAKS.sub(" ", _DROPPED.sub("", small).translate(_STROKED)).strip(" ")
