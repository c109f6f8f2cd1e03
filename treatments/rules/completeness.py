"""What a payer's reviewer asks of one session, and whether the record holds it.

The list follows the clinical reference 5.2 (Noridian documentation and prior-authorisation pages, A; lot, expiry and
dilution are good practice, B) and the audit packet of the product description. Plain functions on plain values: no
database, no clock. Nothing here judges the treatment: an item is met when the words or numbers are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from treatments.rules.paper import Completeness, CoursePaper, Item, Light, SessionPaper

# Who asks, as the packet says it to a payer: 5.2 (A), 5.2 and 1.7 (B), 5.2 (A), 5.1 of the reference.
PAYER = "Noridian documentation list"
PRACTICE = "good practice"
RESPONSE = "Noridian documentation list, continuing treatment"
PRIOR = "the payer"

# Most days of a 28-day month: the payers of clinical reference 5 ask for 15 headache days or more.
MOST_DAYS = Decimal(15)

# Noridian asks for no earlier treatment in a focal dystonia; cervical dystonia is one.
NO_TRIAL_NEEDED = frozenset({"cervical_dystonia"})


def completeness_of(paper: SessionPaper) -> Completeness:
    """Every item for one session, met, missing or not needed."""
    return Completeness(
        (
            Item(
                "every_page",
                "Name and date on every page",
                Light.MET,
                "Printed by Cadence: name, date of birth, record number and date of service.",
                PAYER,
            ),
            _signature(paper),
            _diagnosis(paper),
            _evaluation(paper),
            _baseline(paper),
            _most_days(paper),
            _tried(paper),
            _product(paper),
            _dilution(paper),
            _lots(paper),
            _sites(paper),
            _dose(paper),
            _guidance(paper),
            _waste(paper),
            _response(paper),
            _side_effects(paper),
            _today(paper),
            _screening(paper),
            _consent(paper),
            _off_label(paper),
            _guide(paper),
            _aftercare(paper),
            _authorization(paper),
        )
    )


def _signature(paper: SessionPaper) -> Item:
    title = "Signature and credentials"
    if paper.is_draft:
        return Item("signature", title, Light.NOT_NEEDED, "Signing adds them.", PAYER)
    return _item("signature", title, bool(paper.signature), paper.signature, "Not signed here.", PAYER)


def _diagnosis(paper: SessionPaper) -> Item:
    return _per_course(
        paper.courses,
        "diagnosis",
        "Diagnosis, ICD-10-CM",
        lacking=[course for course in paper.courses if not course.diagnosis],
        there=", ".join(course.diagnosis for course in paper.courses),
        lack="No code",
        source=PAYER,
        place="course",
    )


def _evaluation(paper: SessionPaper) -> Item:
    unsuitable = [course for course in paper.courses if course.not_suitable]
    return _per_course(
        paper.courses,
        "evaluation",
        "Indication and medical necessity",
        lacking=unsuitable or [course for course in paper.courses if not course.evaluated],
        there="The evaluation says why.",
        lack="The evaluation says not suitable" if unsuitable else "No evaluation",
        source=PAYER,
        place="evaluation",
    )


def _baseline(paper: SessionPaper) -> Item:
    return _per_course(
        paper.courses,
        "baseline",
        "Baseline before the first session",
        lacking=[course for course in paper.courses if not course.baseline],
        there=", ".join(course.baseline for course in paper.courses),
        lack="No score before the first session",
        source=PAYER,
        place="score",
    )


def _most_days(paper: SessionPaper) -> Item:
    title = "Headache on most days of the month"
    migraine = [course for course in paper.courses if course.condition == "chronic_migraine"]
    if not migraine:
        return Item("most_days", title, Light.NOT_NEEDED, "Asked for chronic migraine only.", PAYER)
    days = migraine[0].headache_days
    # A number below says no, and more typing does not mend it: the reviewer will see the same.
    lack = (
        "No headache days at baseline."
        if days is None
        else f"{_plain(days)} headache days in 28 at baseline; payers ask for {_plain(MOST_DAYS)} or more."
    )
    return _item(
        "most_days",
        title,
        days is not None and days >= MOST_DAYS,
        f"{_plain(days or Decimal(0))} of 28 days at baseline.",
        lack,
        PAYER,
        place="score",
        course_id=migraine[0].id,
    )


def _tried(paper: SessionPaper) -> Item:
    title = "Treatments tried before"
    if paper.courses and all(course.condition in NO_TRIAL_NEEDED for course in paper.courses):
        return Item("tried", title, Light.NOT_NEEDED, "Not asked for in a focal dystonia.", PAYER)
    count = paper.tried_treatments
    return _item("tried", title, count > 0, f"{count} on file.", "None on file.", PAYER, place="tried")


def _product(paper: SessionPaper) -> Item:
    title = "Product, NDC and vial size"
    codes = ", ".join(sorted({vial.ndc for vial in paper.vials}))
    lack = ""
    if not paper.vials:
        lack = "No vial is chosen." if paper.product else "No product is chosen."
    elif any(not vial.ndc for vial in paper.vials):
        lack = "A vial size has no NDC on file."
    return _item("product", title, not lack, f"{paper.product}, NDC {codes}.", lack, PRACTICE, place="chart")


def _dilution(paper: SessionPaper) -> Item:
    if paper.supplied_as_solution and not paper.diluted:
        return Item("dilution", "Dilution", Light.NOT_NEEDED, "Supplied as a solution.", PRACTICE)
    return _item(
        "dilution", "Dilution", paper.diluted, "Units and mL are recorded.", "Not chosen.", PRACTICE, place="chart"
    )


def _lots(paper: SessionPaper) -> Item:
    complete = bool(paper.vials) and all(vial.lot and vial.expires for vial in paper.vials)
    return _item(
        "lots",
        "Lot and expiry of each vial",
        complete,
        ", ".join(dict.fromkeys(f"lot {vial.lot}" for vial in paper.vials)) + ".",
        "No vial is chosen.",
        PRACTICE,
        place="chart",
    )


def _sites(paper: SessionPaper) -> Item:
    title = "Each muscle, side, sites and units per site"
    if not paper.sites:
        return Item("sites", title, Light.MISSING, "No site is charted.", PAYER, "chart")
    empty = sum(not site.units or not site.muscle or not site.side for site in paper.sites)
    if empty:
        return Item("sites", title, Light.MISSING, f"Without muscle, side or units: {empty}.", PAYER, "chart")
    return Item("sites", title, Light.MET, f"{len(paper.sites)} in all, each with its units.", PAYER)


def _dose(paper: SessionPaper) -> Item:
    return _item(
        "dose",
        "Total dose",
        paper.units > 0,
        f"{_plain(paper.units)} U of {paper.product}.",
        "No units yet.",
        PAYER,
        place="chart",
    )


def _guidance(paper: SessionPaper) -> Item:
    title = "Guidance and why"
    if not paper.guidance_used:
        return Item("guidance", title, Light.MET, f"{paper.guidance or 'Landmarks only'}.", PAYER)
    return _item(
        "guidance",
        title,
        bool(paper.guidance_reason.strip()),
        f"{paper.guidance}: {paper.guidance_reason}",
        f"{paper.guidance}, and no reason.",
        PAYER,
        place="chart",
    )


def _waste(paper: SessionPaper) -> Item:
    title = "Units opened, given and discarded"
    if not paper.vials:
        return Item("waste", title, Light.MISSING, "No vial is chosen.", PAYER, "chart")
    opened = sum((vial.units for vial in paper.vials), Decimal(0))
    given = sum((vial.given for vial in paper.vials), Decimal(0))
    discarded = sum((vial.discarded for vial in paper.vials), Decimal(0))
    closes = given == paper.units and all(vial.given + vial.discarded == vial.units for vial in paper.vials)
    return _item(
        "waste",
        title,
        closes,
        f"{_plain(opened)} U opened, {_plain(given)} U given, {_plain(discarded)} U discarded.",
        "The vials do not close: given and discarded must be what was opened.",
        PAYER,
        place="chart",
    )


def _response(paper: SessionPaper) -> Item:
    title = "Response to the sessions before"
    repeated = [course for course in paper.courses if course.sessions_before]
    if not repeated:
        return Item("response", title, Light.NOT_NEEDED, "The first session.", RESPONSE)
    said_first = paper.last_response == "first" and len(repeated) == len(paper.courses)
    if paper.last_response and paper.last_response != "unknown" and not said_first:
        return Item("response", title, Light.MET, "Recorded with this session.", RESPONSE)
    lacking = [course for course in repeated if not (course.scores_since or course.impression_since)]
    if not lacking:
        return Item("response", title, Light.MET, "A score or a follow-up since the last session.", RESPONSE)
    return Item(
        "response",
        title,
        Light.MISSING,
        f"Neither a score nor words on the last session{_of(paper.courses, lacking)}.",
        RESPONSE,
        "chart" if paper.is_draft else "score",
        lacking[0].id,
    )


def _side_effects(paper: SessionPaper) -> Item:
    title = "Side effects of the session before"
    # What was given elsewhere is followed up there.
    asked = [course for course in paper.courses if course.sessions_before and not course.last_was_outside]
    if not asked:
        return Item("side_effects", title, Light.NOT_NEEDED, "No session here before.", PAYER)
    return _per_course(
        paper.courses,
        "side_effects",
        title,
        lacking=[course for course in asked if not course.side_effects_asked],
        there="Asked at a follow-up.",
        lack="No follow-up asked about them",
        source=PAYER,
        place="follow_up",
    )


def _today(paper: SessionPaper) -> Item:
    return _item(
        "tolerance",
        "Tolerance on the day",
        bool(paper.complication and paper.bleeding),
        f"Complications: {paper.complication.lower()}; bleeding: {paper.bleeding.lower()}.",
        "Complications and bleeding are not recorded.",
        PAYER,
        place="chart",
    )


def _screening(paper: SessionPaper) -> Item:
    return _item(
        "screening",
        "Screening before the injection",
        paper.screened,
        "The questions of the day are answered.",
        "No screening of the day.",
        PRACTICE,
        place="screening",
    )


def _consent(paper: SessionPaper) -> Item:
    return _item(
        "consent",
        "Consent",
        paper.consented,
        "Signed, and in force on the day.",
        "No consent in force on the day.",
        PAYER,
        place="consent",
    )


def _off_label(paper: SessionPaper) -> Item:
    title = "Off-label use agreed to"
    off = [course for course in paper.courses if not course.on_label]
    if not off:
        return Item("off_label", title, Light.NOT_NEEDED, "The label names this use.", PRACTICE)
    lacking = [course for course in off if not course.off_label_agreed]
    return _item(
        "off_label",
        title,
        not lacking,
        f"{', '.join(course.name for course in off)}: said on the consent.",
        f"{', '.join(course.name for course in lacking)}: no consent says off-label.",
        PRACTICE,
        place="consent",
    )


def _guide(paper: SessionPaper) -> Item:
    given = paper.guide_given or (bool(paper.courses) and all(course.guide_given for course in paper.courses))
    return _item(
        "medication_guide",
        "Medication guide given",
        given,
        "With this session." if paper.guide_given else "At the evaluation.",
        "Not recorded.",
        PRACTICE,
        place="chart" if paper.is_draft else "evaluation",
        course_id=paper.courses[0].id if paper.courses else None,
    )


def _aftercare(paper: SessionPaper) -> Item:
    return _item(
        "aftercare", "Aftercare explained", paper.aftercare_given, "Recorded.", "Not recorded.", PRACTICE, place="chart"
    )


def _authorization(paper: SessionPaper) -> Item:
    title = "Prior authorisation"
    if paper.authorization_problem is None:
        return Item("authorization", title, Light.NOT_NEEDED, "No payer on file asks for one.", PRIOR)
    return _item(
        "authorization",
        title,
        not paper.authorization_problem,
        "On file and in date.",
        paper.authorization_problem,
        PRIOR,
        place="coverage",
    )


def _item(
    key: str,
    title: str,
    met: bool,
    there: str,
    lack: str,
    source: str,
    *,
    place: str = "",
    course_id: int | None = None,
) -> Item:
    if met:
        return Item(key, title, Light.MET, there, source)
    return Item(key, title, Light.MISSING, lack, source, place, course_id)


def _per_course(
    courses: Sequence[CoursePaper],
    key: str,
    title: str,
    *,
    lacking: Sequence[CoursePaper],
    there: str,
    lack: str,
    source: str,
    place: str,
) -> Item:
    """Met when every course has it; what lacks it is named when there are several."""
    if not courses:
        return Item(key, title, Light.MISSING, "The session treats no course.", source)
    if not lacking:
        return Item(key, title, Light.MET, there, source)
    return Item(key, title, Light.MISSING, f"{lack}{_of(courses, lacking)}.", source, place, lacking[0].id)


def _of(courses: Sequence[CoursePaper], lacking: Iterable[CoursePaper]) -> str:
    return ": " + ", ".join(course.name for course in lacking) if len(courses) > 1 else ""


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"
