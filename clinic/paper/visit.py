"""The patient's after-visit sheet, in words a person of thirteen understands.

What it says of effect and side effects follows the clinical reference: 3, Timing; 6, events by product and condition;
6.2, the questions after an injection and their flags. Aftercare itself is the clinic's own word: the reference gives
none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from clinic.paper.session import courses_of, head_of, windows_of
from outcomes.rules import plain
from treatments.as_signed import show_as_signed
from treatments.forms.session import AFTERCARE
from treatments.models import FollowUp

# What was treated, as people call it, and where.
TREATED = {
    "chronic_migraine": "chronic migraine",
    "cervical_dystonia": "tight or twisting neck muscles (cervical dystonia)",
    "upper_limb_spasticity": "tight muscles in the arm (spasticity)",
    "lower_limb_spasticity": "tight muscles in the leg (spasticity)",
    "tmj_bruxism": "jaw pain or teeth grinding",
    "myofascial_neck_shoulder": "muscle pain in the neck and shoulders",
    "low_back_pain": "lower back pain with muscle spasm",
}
PLACES = {
    "head": "head and face",
    "neck": "neck",
    "neck/shoulder": "neck and shoulders",
    "trunk": "back",
    "upper limb": "arm",
    "lower limb": "leg",
}
# Clinical reference 3, Timing: when the effect is strongest.
STRONGEST = {
    "chronic_migraine": "The full benefit may take two or three treatments to build up.",
    "cervical_dystonia": "It is often strongest after four to six weeks.",
    "upper_limb_spasticity": "It is often strongest after four to six weeks.",
    "lower_limb_spasticity": "It is often strongest after four to six weeks.",
}
# Clinical reference 6: what people report most, in plain words.
COMMON = {
    "chronic_migraine": ["neck pain or a stiff neck", "headache for a few days", "a droopy eyelid"],
    "cervical_dystonia": ["neck pain", "headache", "trouble swallowing: call us if you notice it"],
    "upper_limb_spasticity": ["weak muscles", "pain in the arm", "feeling tired or sick to the stomach"],
    "lower_limb_spasticity": ["weak muscles", "pain in the leg"],
    "tmj_bruxism": ["weaker chewing", "an uneven smile", "a dry mouth"],
}
AT_THE_SPOT = "pain, redness, swelling or a bruise where the needle went in"
# Clinical reference 6.2: breathing and allergy are emergencies, and rule R13 puts swallowing beside them.
EMERGENCY = [
    "You have trouble breathing or feel short of breath.",
    "You cannot swallow, or you choke.",
    "You have a rash with swelling of your face or tongue, or you wheeze.",
]
SAME_DAY = [
    "New weakness away from the treated area, or all over",
    "Trouble swallowing, or drooling",
    "Double or blurred vision, or droopy eyelids",
    "A hoarse or weak voice, or slurred speech",
    "Loss of bladder control",
    "Falls, or a neck too weak to hold your head up",
]


def after_visit_sheet(session: Any) -> dict[str, Any]:
    """What the patient takes home. The session comes from for_paper()."""
    show_as_signed(session)
    today = session.site.today()
    booked = {row.course_id: row.course.next_booked(on=today) for row in session.treated.all()}
    conditions = [row.course.condition.key for row in session.treated.all()]
    common = list(dict.fromkeys(words for key in conditions for words in COMMON.get(key, [])))
    windows = {row["name"]: row for row in windows_of(session)}
    return head_of(session) | {
        "treated": [_treated(part) for part in courses_of(session)],
        "product": session.product,
        "total": plain(sum((row.units for row in session.injections.all() if row.units), Decimal(0))),
        "strongest": list(dict.fromkeys(STRONGEST[key] for key in conditions if key in STRONGEST)),
        "common": [AT_THE_SPOT, *common],
        "emergency": EMERGENCY,
        "same_day": SAME_DAY,
        # The words the form begins with are for the record; the sheet says the same to the patient above.
        "aftercare": session.aftercare_note.replace(AFTERCARE, "").strip(),
        "next": [
            {
                "name": TREATED.get(row.course.condition.key, row.course.condition.name),
                "window": windows.get(row.course.condition.name),
                "booked": booked[row.course_id],
            }
            for row in session.treated.all()
        ],
        "contacts": FollowUp.objects.filter(session=session, status=FollowUp.Status.PLANNED, due_on__gte=today)
        .order_by("due_on")
        .values_list("due_on", flat=True)
        .distinct()[:6],
    }


def _treated(part: dict[str, Any]) -> dict[str, Any]:
    condition = part["course"].condition
    return {
        "name": TREATED.get(condition.key, condition.name),
        "sites": part["sites"],
        "units": part["units"],
        "places": _and([PLACES.get(region, region) for region in part["regions"]]),
    }


def _and(words: list[str]) -> str:
    """ "neck", "head and face and neck" as people say it: "head and face, neck, and back"."""
    found = list(dict.fromkeys(words))
    # Somebody treated in the neck and shoulders was treated in the neck.
    if "neck and shoulders" in found and "neck" in found:
        found.remove("neck")
    if len(found) < 3:
        return " and ".join(found) if "and" not in " ".join(found).split() else ", and ".join(found)
    return f"{', '.join(found[:-1])}, and {found[-1]}"
