"""The rules as people read them: what each says, what it looks at, what it does, and where it comes from.

`id` is R1 to R14 of the clinical reference, or the part of the page a rule of the clinic is about; a finding's `rule`,
or else its `about`, leads here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RuleWords:
    """`does` says stop, warning or note, and for what; `looks_at` the facts it needs; `checks` the functions."""

    id: str
    title: str
    words: str
    does: str
    looks_at: str
    source: str
    checks: tuple[str, ...] = ()


RULES: tuple[RuleWords, ...] = (
    RuleWords(
        "R1",
        "Units belong to their product",
        "No dose before the product is chosen. A vial holds the product of the session. Units of one product are never "
        "converted to another's, and nothing is copied across products.",
        "Stop",
        "product, vials",
        "all labels: not interchangeable (A)",
        ("something_to_sign", "vial_may_be_used"),
    ),
    RuleWords(
        "R2",
        "The sums agree",
        "Each site has a muscle, a side and units above 0. Given and discarded together are the vial, and the vials "
        "give what the sites need. Each course of the session has a site.",
        "Stop",
        "sites, vials, dilution",
        "claim documentation (A)",
        ("something_to_sign", "vial_ledger"),
    ),
    RuleWords(
        "R3",
        "BOTOX over three months",
        "This session and all BOTOX of the previous 83 days, every use and every site: at most 400 U in an adult. "
        "The label's three months are read as 84 days, so that a legal repeat on day 84 is not blocked. What was given "
        "from 84 to 91 days before and would exceed it only warns. A session entered late counts with those given "
        "after it: no 84 days hold more. One voided to be written again counts until its replacement is signed.",
        "Stop above 400 U; warning from day 84 to day 91",
        "units of this session and of those before and after it",
        "BOTOX-PI 2.1 (A); the arithmetic of days is our reading",
        ("label_maximum", "near_maximum"),
    ),
    RuleWords(
        "R4",
        "Most units in one session",
        "Xeomin 400 U; Dysport 1500 U in an adult's limbs, arm and leg together, 1000 U in cervical dystonia; Daxxify "
        "250 U and Myobloc 5000 U are upper ends of a range, not stated maxima. Two sessions of one day count as one. "
        "A use off the label for which there is no maximum at all is said.",
        "Stop for Xeomin and for Dysport in limbs; warning for Dysport in cervical dystonia until it is confirmed; "
        "only ever a warning for Daxxify and Myobloc, and without a maximum",
        "units of this session and others of its day, for each use",
        "labels (A to C, see the numbers)",
        ("label_maximum", "no_maximum"),
    ),
    RuleWords(
        "R5",
        "Children go by weight",
        "Under 18 a weight of the last 30 days is needed. The most is the lower of units for each kg and a number of "
        "units, for one limb, several limbs or all uses as the label says; an adult's maxima hold as well. Two "
        "sessions of one day count as one. Without a weight only what the label allows at any weight is checked, and "
        "that is said.",
        "Stop for numbers marked A, warning for B until they are confirmed; warning without a weight",
        "age, weight, units of each limb",
        "BOTOXONE, DYSHCP, XEO-ML",
        ("label_maximum", "weight", "no_maximum_for_children"),
    ),
    RuleWords(
        "R6",
        "One site and one muscle",
        "BOTOX: 5 U a site in migraine, at most 50 U a site in spasticity and cervical dystonia, at most 100 U in the "
        "sternocleidomastoid of both sides. Dysport: at most 1 mL a site in an adult's limb, 0.5 mL in a child. Units "
        "and sites of a muscle on one side stay within its row below. What a study gave is said and asks for nothing.",
        "Warning; note for a study range and for use off the label",
        "sites, dilution, weight under 18",
        "labels (A, A-, B)",
        ("per_site", "volume_per_site", "muscle_range"),
    ),
    RuleWords(
        "R7",
        "Time since the last toxin",
        "Not before the first allowed day of a course: the longest of label, policy and payer; asked once for each "
        "earlier session. Any toxin of the last 83 days asks for a reason, other toxin of up to 112 days is shown; a "
        "session entered late is asked the same "
        "about those given after it. Where a label limits one session alone, more than that within the label's own "
        "interval warns, in a child for each limb on its own. Of a touch-up only another toxin is asked about.",
        "Warning; note from 84 to 112 days",
        "windows, sessions before and after, here and elsewhere",
        "labels; payers",
        ("interval", "rolling_total"),
    ),
    RuleWords(
        "R8",
        "A vial that may be used",
        "Not expired, not recalled, in stock, not another patient's, and within its in-use time when it is given. It "
        "is written down when each vial was reconstituted.",
        "Stop; the in-use time only warns where its hours are marked B, until they are confirmed; note when no time "
        "was written down",
        "vials, lots, the time of the injections",
        "labels: single-dose vial, one patient, one session (A); hours A or B",
        ("vial_may_be_used", "in_use_time", "reconstitution"),
    ),
    RuleWords(
        "R9",
        "Contraindications",
        "Allergy to a toxin or to an ingredient of this product, infection at a planned site. Allergy to cow's milk "
        "protein concerns Dysport only. Other answers of the screening and facts on file warn.",
        "Stop for what is marked A; warning for B until it is confirmed",
        "allergies, medication, history, screening of the day",
        "labels, contraindications; intake screening",
        ("alerts", "ingredients"),
    ),
    RuleWords(
        "R10",
        "Use off the label",
        "A condition that the product's label does not list for this age and diagnosis is named, on consent, note and "
        "claim. The consent has to cover it.",
        "Note; warning when the consent does not cover it",
        "conditions, age, diagnosis, consent",
        "labels, indications (A)",
        ("off_label", "consent"),
    ),
    RuleWords(
        "R11",
        "A signed session never changes",
        "What was signed stays. An addendum is added beside it; a session entered in error is voided and replaced, and "
        "stays readable.",
        "Refused by the database",
        "every change of a signed session",
        "record-keeping practice of payers and 21 CFR Part 11 (A)",
    ),
    RuleWords(
        "R12",
        "When a repeat is due",
        "New, in effect, opening, due, overdue, lapsed: from the dates of the last session. Only a new session or an "
        "appointment clears it.",
        "State of the course, on the recall list",
        "windows, appointments",
        "the three to six months of the product's design",
    ),
    RuleWords(
        "R13",
        "Signs of spread",
        "A red answer of the questionnaire after a session opens an adverse event with its first day and tells the "
        "provider the same day; for trouble with breathing or swallowing the emergency words come first. An event that "
        "is not over is said before the next session.",
        "Adverse event on My day; warning at the next session while it is not over",
        "questionnaires after the session, adverse events",
        "boxed warning (A); which answer is how urgent is our triage (B)",
        ("open_events",),
    ),
    RuleWords(
        "R14",
        "Response to the last session",
        "Judged by one measure for each condition: the last score on or before the first session of the course, in "
        "migraine a diary of 28 days, against the last one on the measuring days, weeks 9 to 12 in migraine and weeks "
        "4 to 6 in dystonia and spasticity, with the grace the clinic's rules give. Without either it is not "
        "assessable and says why; it is never counted as zero.",
        "Note",
        "scores of the course, days of its sessions",
        "trial designs; the grace is ours (B)",
        ("cycle_response",),
    ),
    RuleWords(
        "patient",
        "What is known of the patient",
        "Allergies, medication, history and the answers of the screening, one line for each. Toxin from "
        "elsewhere that the patient names is a note where the record has a session from elsewhere in those 4 months.",
        "As graded by the intake screening",
        "facts on file, screening of the day",
        "intake screening 1.7",
        ("alerts",),
    ),
    RuleWords(
        "before",
        "Before the needle",
        "The screening is of the day of the session and complete. A consent in date covers every condition treated; "
        "under 18 somebody else has signed it.",
        "Warning",
        "screening, consents",
        "intake screening 1.7",
        ("screening", "consent"),
    ),
    RuleWords(
        "signature",
        "Who signs, and when",
        "A provider with a licence in force signs, for a day that has come, of a patient who was alive. Who signs what "
        "somebody else charted says why, and a touch-up says why.",
        "Stop; warning for another's session",
        "credentials, dates",
        "clinic rule",
        ("signer",),
    ),
    RuleWords(
        "course",
        "Suitability and diagnosis",
        "The latest evaluation of a treated course does not say that it is not suitable. Each treated course has its "
        "diagnosis code. Where a limb's code names a limb or a side, it is that of the course and of a site.",
        "Warning",
        "courses, evaluations",
        "clinic rule; claim documentation",
        ("suitability", "diagnosis"),
    ),
    RuleWords(
        "visit",
        "Guidance and response",
        "Guidance that was used says why it was needed. A repeat session says how the one before worked, unless a "
        "follow-up or a score since says it.",
        "Warning",
        "visit details, follow-ups",
        "ready to sign; payers",
        ("guidance", "response"),
    ),
    RuleWords(
        "payer",
        "Prior authorisation",
        "Where a payer wants one, or one is on file for this product and condition: approved, in date, for the right "
        "product, with enough units and visits left.",
        "Warning",
        "coverage, authorisations, what signed sessions used",
        "the payer's rule",
        ("prior_authorization",),
    ),
)
