"""The questions asked before an injection, and what an answer means.

Source: section 1.7 (intake screening) of the clinical reference, in words of our own. It has 20 rows, of which 17 are
asked here; `NOT_ASKED` says how the other three are met. A row marked B or C there never makes a stop.

The row on earlier toxin asks for any of the last 4 months. What was given here is on record and counted by itself, so
the patient is asked for what was given elsewhere; otherwise everybody who comes every 12 weeks would say yes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patients.rules.alert import Alert, Severity

# Raised with every change of a question, its order or its meaning; a screening keeps the version it was asked in.
VERSION = "2026-11"

YES, NO, UNSURE = "yes", "no", "unsure"
ANSWERS = (YES, NO, UNSURE)

STOP, WARN = Severity.STOP, Severity.WARN

# The rows of the reference that are no question of this form.
NOT_ASKED = {
    "uti": "concerns injections into the bladder only, which no condition of Cadence is",
    "age_weight": "the date of birth stands on the patient's row and the weight under 18 in a weight record",
    "consent": "met by a signed consent in date, which has its own form, version and off-label mark",
}


@dataclass(frozen=True)
class Question:
    """One question of the screening.

    `key` is that of the reference and of the answers. `words` are for the patient, with `help` below them; `label` is
    for staff. `note` says what is worth writing down beside a yes. A yes makes an alert with `code`, `severity`,
    `meaning` and `source`; `code` is the one that a recorded fact of the same kind has, so that both make one alert.
    `requires` is what somebody then has to do before the session is signed; empty for weighing it up.
    """

    key: str
    label: str
    words: str
    help: str
    code: str
    severity: Severity
    meaning: str
    source: str
    confidence: str
    affects_booking: bool
    note: str = ""
    requires: str = ""
    # Codes of recorded facts that speak of the same thing.
    also: tuple[str, ...] = ()
    # The sex on file of patients who are not asked.
    not_asked_of: str = ""


QUESTIONS: tuple[Question, ...] = (
    Question(
        key="hypersensitivity",
        label="Allergy to botulinum toxin or an ingredient",
        words="Have you ever had an allergic reaction to a botulinum toxin, or to anything in it?",
        help="For example Botox, Dysport, Xeomin, Myobloc or Daxxify.",
        code="botulinum_toxin",
        severity=STOP,
        meaning="Allergy to a botulinum toxin product or an ingredient: contraindicated, all products",
        source="intake screening: allergy to toxin, rule R9",
        confidence="A",
        affects_booking=True,
        note="Which product, what happened",
    ),
    Question(
        key="milk_allergy",
        label="Allergy to cow's milk protein",
        words="Are you allergic to the protein in cow's milk?",
        help="Trouble digesting milk sugar (lactose) is not an allergy.",
        code="milk_protein",
        severity=WARN,
        meaning="Allergy to cow's milk protein: Dysport is contraindicated",
        source="intake screening: allergy to cow's milk, rule R9",
        confidence="B",
        affects_booking=True,
        note="What happens",
    ),
    Question(
        key="albumin_objection",
        label="Human albumin: reaction or objection",
        words="Have you reacted to human albumin, or do you not want medicines made with it?",
        help="Albumin is a protein from donated human blood. Most of these medicines contain a little.",
        code="albumin",
        severity=WARN,
        meaning=(
            "Reaction or objection to human albumin: BOTOX, Dysport, Xeomin and Myobloc contain it, Daxxify does not"
        ),
        source="intake screening: human albumin",
        confidence="A BOTOX, Myobloc, Daxxify; B Dysport, Xeomin",
        affects_booking=True,
        note="Reaction, or objection",
    ),
    Question(
        key="site_infection",
        label="Infection or inflammation at the sites",
        words="Is the skin sore, infected or inflamed where you will be injected?",
        help="For example redness, pus, a rash or an open wound.",
        code="site_infection",
        severity=STOP,
        meaning="Infection or inflammation at a planned site: contraindicated, all products",
        source="intake screening: infection at the site, rule R9",
        confidence="A",
        affects_booking=True,
        note="Where",
    ),
    Question(
        key="neuromuscular",
        label="Neuromuscular disorder",
        words="Do you have a disease of the nerves or muscles that causes weakness?",
        help="For example myasthenia gravis, Lambert-Eaton syndrome, ALS or a motor neuropathy.",
        code="neuromuscular",
        severity=WARN,
        meaning="Neuromuscular disorder: more risk of severe swallowing and breathing trouble",
        source="intake screening: neuromuscular disorder",
        confidence="A-",
        affects_booking=False,
        note="Which",
        requires="The provider acknowledges it.",
    ),
    Question(
        key="dysphagia_resp",
        label="Swallowing or breathing problem",
        words="Do you have trouble swallowing or breathing?",
        help="For example choking on food, COPD, or a breathing tube in the neck.",
        code="swallowing_breathing",
        severity=WARN,
        meaning="Swallowing or breathing problem: the toxin can worsen it",
        source="intake screening: swallowing or breathing",
        confidence="A-",
        affects_booking=False,
        note="Which",
    ),
    Question(
        key="prior_toxin",
        label="Toxin elsewhere in the last 4 months",
        words="Apart from your treatment here, have you had any botulinum toxin in the last 4 months?",
        help="Also for wrinkles, sweating or the bladder.",
        code="prior_toxin",
        severity=WARN,
        meaning=(
            "Botulinum toxin elsewhere in the last 4 months: the effect of two treatments within months of each other "
            "is unknown, and weakness may become worse"
        ),
        source="intake screening: toxin in the last 4 months",
        confidence="A",
        affects_booking=True,
        note="Product, units, date, where on the body",
        requires="Enter it as an outside session, so that its units count; they are never converted.",
    ),
    Question(
        key="aminoglycosides",
        label="Aminoglycoside antibiotic",
        words="Are you taking, or being given, an antibiotic of the aminoglycoside kind?",
        help="Gentamicin, tobramycin, amikacin, streptomycin or neomycin.",
        code="aminoglycoside",
        severity=WARN,
        meaning="Aminoglycoside antibiotic: can strengthen the effect of the toxin",
        source="intake screening: aminoglycosides",
        confidence="A",
        affects_booking=True,
        note="Which, until when",
    ),
    Question(
        key="nmj_agents",
        label="Other agent acting on neuromuscular transmission",
        words="Have you lately been given any other medicine that acts between nerves and muscles?",
        help="For example muscle blockers for an anaesthetic, lincomycin, polymyxin, quinidine, magnesium by drip.",
        code="neuromuscular_blocker",
        severity=WARN,
        meaning="Interferes with neuromuscular transmission: can strengthen the effect of the toxin",
        source="intake screening: neuromuscular blockers",
        confidence="A curare-like; C the rest of the list",
        affects_booking=False,
        note="Which, when",
    ),
    Question(
        key="anticholinergics",
        label="Anticholinergic",
        words="Are you taking an anticholinergic medicine?",
        help="Often given for the bladder, the stomach, tremor or travel sickness.",
        code="anticholinergic",
        severity=WARN,
        meaning="Anticholinergic: the toxin can strengthen its systemic effects",
        source="intake screening: anticholinergics",
        confidence="A",
        affects_booking=False,
        note="Which",
    ),
    Question(
        key="muscle_relaxants",
        label="Muscle relaxant",
        words="Are you taking a muscle relaxant?",
        help="For example baclofen, tizanidine or cyclobenzaprine.",
        code="muscle_relaxant",
        severity=WARN,
        meaning="Muscle relaxant: can worsen excessive weakness",
        source="intake screening: muscle relaxants",
        confidence="A",
        affects_booking=False,
        note="Which, how much",
    ),
    Question(
        key="anticoagulants",
        label="Anticoagulant, antiplatelet or bleeding disorder",
        words="Do you take a blood thinner, or do you bleed or bruise easily?",
        help="For example warfarin, apixaban, clopidogrel, daily aspirin, or a bleeding disorder.",
        code="anticoagulant",
        severity=WARN,
        meaning=(
            "Anticoagulant, antiplatelet or bleeding disorder: bruising and haematoma; press longer, ultrasound for "
            "deep muscles"
        ),
        source="intake screening: anticoagulants",
        confidence="B",
        affects_booking=True,
        note="Which; the last INR and its date",
        also=("antiplatelet", "bleeding"),
    ),
    Question(
        key="cardiac",
        label="Heart disease",
        words="Do you have heart disease?",
        help="For example an irregular heartbeat, or a heart attack in the past.",
        code="cardiac",
        severity=WARN,
        meaning="Heart disease: arrhythmia and infarction were reported after treatment",
        source="intake screening: heart disease",
        confidence="A Daxxify, B BOTOX",
        affects_booking=False,
        note="Which, since when",
    ),
    Question(
        key="pregnancy",
        label="Pregnant, planning or breast-feeding",
        words="Are you pregnant, trying to become pregnant, or breast-feeding?",
        help="If this cannot be, answer no.",
        not_asked_of="M",
        code="pregnancy",
        severity=WARN,
        meaning="Pregnant, planning to be, or breast-feeding: no adequate human data",
        source="intake screening: pregnancy",
        confidence="A-",
        affects_booking=True,
        note="Which",
        requires="The provider decides.",
    ),
    Question(
        key="surgery",
        label="Surgery planned or changed anatomy",
        words="Is an operation or anaesthetic planned, or has surgery changed your face or neck?",
        help="",
        code="surgery",
        severity=WARN,
        meaning="Surgery or anaesthesia planned, or changed anatomy: blockers may be given, landmarks may be moved",
        source="intake screening: surgery",
        confidence="B",
        affects_booking=True,
        note="What, when",
    ),
    Question(
        key="compartment_weakness",
        label="Marked weakness, wasting or contracture at the target",
        words="Is a muscle that will be treated very weak or wasted, or a joint there stiff for good?",
        help="",
        code="target_weakness",
        severity=WARN,
        meaning="Marked weakness or atrophy of the target muscle, or a fixed contracture: the benefit is limited",
        source="intake screening: weakness or contracture",
        confidence="B",
        affects_booking=False,
        note="Where",
    ),
    Question(
        key="antibody_nonresponse",
        label="Lost response before",
        words="Has botulinum toxin worked for you before and then stopped working?",
        help="",
        code="lost_response",
        severity=WARN,
        meaning="Lost response to toxin before: neutralising antibodies are possible",
        source="intake screening: lost response",
        confidence="A",
        affects_booking=False,
        note="Which product, since when",
    ),
)

BY_KEY = {question.key: question for question in QUESTIONS}

Answers = Mapping[str, Mapping[str, Any]]


def answer_of(answers: Answers, key: str) -> str:
    """yes, no or unsure, or nothing when the question was not answered."""
    given = answers.get(key)
    answer = given.get("answer") if isinstance(given, Mapping) else None
    return answer if answer in ANSWERS else ""


def note_of(answers: Answers, key: str) -> str:
    """What was written beside the answer."""
    given = answers.get(key)
    return str(given.get("note") or "").strip() if isinstance(given, Mapping) else ""


def questions_for(sex: str) -> tuple[Question, ...]:
    """The questions asked of a patient of that sex, as on file; with no sex on file all of them."""
    return tuple(question for question in QUESTIONS if not sex or question.not_asked_of != sex)


def unanswered(answers: Answers, *, sex: str = "") -> list[str]:
    """The keys of the questions asked of the patient that have no answer, in the order they are asked."""
    return [question.key for question in questions_for(sex) if not answer_of(answers, question.key)]


def screening_alerts(answers: Answers) -> list[Alert]:
    """What the answers ask to be seen, the gravest first; an unsure one is a warning that somebody has to clear.

    Source: the "software action" column of section 1.7; only rows marked A stop. What concerns one product only
    (`milk_protein`, `albumin`, `cardiac`) has the code under which it is judged against the session's product.
    """
    found = []
    for question in QUESTIONS:
        answer, note = answer_of(answers, question.key), note_of(answers, question.key)
        if answer not in (YES, UNSURE):
            continue
        sure = answer == YES
        meaning = question.meaning if sure else f"{question.label}: the patient is not sure; ask until it is clear"
        details, requires = (note,) if note else (), question.requires if sure else ""
        found.append(
            Alert(
                code=question.code,
                label=_tag(question) if sure else f"{_tag(question)}?",
                words=Alert.said(meaning, details, requires),
                severity=question.severity if sure else WARN,
                affects_booking=question.affects_booking,
                source=f"{question.source} ({question.confidence})",
                meaning=meaning if sure else "",
                details=details,
                requires=requires,
            )
        )
    return sorted(found, key=lambda alert: alert.severity != STOP)


_TAGS = {
    "botulinum_toxin": "allergy: botulinum toxin",
    "milk_protein": "allergy: cow's milk protein",
    "albumin": "allergy: albumin",
    "site_infection": "infection at a site",
    "neuromuscular": "neuromuscular disorder",
    "swallowing_breathing": "swallowing or breathing",
    "prior_toxin": "toxin in 4 months",
    "aminoglycoside": "aminoglycoside",
    "neuromuscular_blocker": "neuromuscular blocker",
    "anticholinergic": "anticholinergic",
    "muscle_relaxant": "muscle relaxant",
    "anticoagulant": "anticoagulant",
    "cardiac": "heart disease",
    "pregnancy": "pregnant or breast-feeding",
    "surgery": "surgery",
    "target_weakness": "weak target muscle",
    "lost_response": "lost response",
}


def _tag(question: Question) -> str:
    return _TAGS[question.code]
