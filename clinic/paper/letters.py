"""Letters to patients: one a page, the address where the window of an envelope is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import Site
from clinic.paper.pdf import render_pdf
from messaging.actions.queue import contact_policy
from messaging.models import Message
from messaging.rules.times import day_words
from messaging.rules.wording import clinic_name


def letters_pdf(letters: Iterable[Message], *, site: Site) -> bytes:
    """The letters as they were kept, so that printing them again gives the same. Needs their patients.

    Raises PdfUnavailableError without Pango.
    """
    policy = contact_policy(site)
    return render_pdf(
        "paper/letters.html",
        {
            "letters": [letter_page(letter, site=site, sender_name=policy.sender_name) for letter in letters],
            "site": site,
        },
    )


def letter_page(letter: Message, *, site: Site, sender_name: str) -> dict[str, Any]:
    """One letter as its template wants it: address lines, paragraphs of lines, the day in its language."""
    patient = letter.patient
    name = f"{patient.given_name} {patient.family_name}"
    paragraphs = [block.splitlines() for block in letter.body.split("\n\n") if block.strip()]
    address = [name, *letter.sent_to.replace(", ", "\n", 1).splitlines()]
    # The text may begin with the address; it stands in the window already.
    if paragraphs and paragraphs[0] and paragraphs[0][-1] == address[-1]:
        address, paragraphs = paragraphs[0], paragraphs[1:]
    on = site.localtime(letter.sent_at).date() if letter.sent_at else site.today()
    of_year = f" de {on.year}" if letter.language == "es" else f" {on.year}"
    return {
        "letter": letter,
        "address": address,
        "paragraphs": paragraphs,
        "day": day_words(on, letter.language) + of_year,
        "clinic": clinic_name(sender_name=sender_name, site_name=site.name, language=letter.language),
    }
