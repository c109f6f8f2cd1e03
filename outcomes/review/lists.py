"""The rows behind each figure, newest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from outcomes.review import courses, cycles, given
from outcomes.review.scope import PAGE_SIZE, Family, Scope, fetch
from outcomes.rules import Outcome, Timing


@dataclass(frozen=True)
class Figure:
    """What stands behind one number of the page: the rows of a family that ended so. `words` head the list."""

    words: str
    family: Family
    ends: tuple[str, ...]


ASSESSED = (str(Outcome.RESPONDER), str(Outcome.NON_RESPONDER))

# By what they are called in the address of their list.
FIGURES: dict[str, Figure] = {
    "cycles": Figure("Sessions by what came of them", cycles.RESPONSES, tuple(map(str, Outcome))),
    "assessed": Figure("Sessions assessed", cycles.RESPONSES, ASSESSED),
    "responder": Figure("Responders", cycles.RESPONSES, (str(Outcome.RESPONDER),)),
    "non-responder": Figure("Non-responders", cycles.RESPONSES, (str(Outcome.NON_RESPONDER),)),
    "missing": Figure("Score missing", cycles.RESPONSES, (str(Outcome.MISSING),)),
    "no-baseline": Figure("No baseline to measure against", cycles.RESPONSES, (str(Outcome.NOT_ASSESSABLE),)),
    "unassessed": Figure("Not assessable", cycles.RESPONSES, (str(Outcome.MISSING), str(Outcome.NOT_ASSESSABLE))),
    "measuring": Figure("Still being measured", cycles.RESPONSES, (str(Outcome.PENDING),)),
    "re-treated": Figure("Re-treatments", cycles.RETREATMENTS, tuple(map(str, Timing))),
    "early": Figure("Re-treated early", cycles.RETREATMENTS, (str(Timing.EARLY),)),
    "on-time": Figure("Re-treated on time", cycles.RETREATMENTS, (str(Timing.ON_TIME),)),
    "late": Figure("Re-treated late", cycles.RETREATMENTS, (str(Timing.LATE),)),
    "followed": Figure("Followed to wear-off", cycles.WEAR_OFF, ("wearing off", "still in effect")),
    "wearing-off": Figure("Wearing off recorded", cycles.WEAR_OFF, ("wearing off",)),
    "still-in-effect": Figure("Last seen in effect", cycles.WEAR_OFF, ("still in effect",)),
    "nobody-asked": Figure("Nobody asked about wearing off", cycles.WEAR_OFF, ("nobody asked",)),
    "to-come": Figure("Follow-up still to come", cycles.WEAR_OFF, ("to come",)),
    "begun": Figure("Courses begun", courses.RETENTION, ("lapsed", "stopped", "left", "ended otherwise", "going on")),
    "lost": Figure("Courses lost", courses.RETENTION, ("lapsed", "stopped", "left")),
    "going-on": Figure("Courses going on", courses.RETENTION, ("going on",)),
    "ended-otherwise": Figure("Courses that ended otherwise", courses.RETENTION, ("ended otherwise",)),
    "could-lapse": Figure("Windows that lapsed or not", cycles.LAPSES, ("lapsed", "came back")),
    "lapsed": Figure("Lapses", cycles.LAPSES, ("lapsed",)),
    "came-back": Figure("Came back before lapsing", cycles.LAPSES, ("came back",)),
    "ended-before": Figure("Ended before lapsing", cycles.LAPSES, ("ended before",)),
    "doses": Figure("Doses", given.DOSES, ("dose",)),
    "touch-ups": Figure("Touch-ups", given.DOSES, ("touch-up",)),
    "vials": Figure("Units given and discarded", given.VIALS, ("vials",)),
    "no-vial": Figure("Sessions without a vial on record", given.VIALS, ("no vial",)),
    "sessions": Figure("Sessions given", given.ASKED, ("asked", "not asked")),
    "not-asked": Figure("Sessions nobody asked about afterwards", given.ASKED, ("not asked",)),
    "events": Figure("Adverse events", given.EVENTS, ("event",)),
}


@dataclass(frozen=True)
class Row:
    """One row behind a figure; (day, key) is its place in the list, `facts` are its further columns."""

    key: int
    course_id: int
    session_id: int
    day: date
    figure: str
    facts: dict[str, Any]


def rows(
    figure: str,
    scope: Scope,
    *,
    on: date,
    part: str | None = None,
    month: date | None = None,
    after: tuple[date, int] | None = None,
    limit: int = PAGE_SIZE,
) -> list[Row]:
    """At most `limit` rows behind a figure, newest first, beginning after that place; one query.

    `part` narrows to what a row is counted under beside (a session number, a term); `month` is the first day of one.
    """
    asked = FIGURES[figure]
    facts = "".join(f", {name}" for name in asked.family.facts)
    sql = f"""
        WITH {asked.family.found}
        SELECT key, course_id, session_id, day, figure{facts}
          FROM found
         WHERE figure = ANY(%(ends)s)
           AND (%(part)s::text IS NULL OR %(part)s = ANY(parts))
           AND (%(month)s::date IS NULL
                OR (day >= %(month)s::date AND day < (%(month)s::date + interval '1 month')::date))
           AND (%(after_day)s::date IS NULL OR (day, key) < (%(after_day)s::date, %(after_key)s::bigint))
         ORDER BY day DESC, key DESC
         LIMIT %(limit)s
    """
    after_day, after_key = after or (None, None)
    found = fetch(
        sql,
        scope,
        on=on,
        ends=list(asked.ends),
        part=part,
        month=month,
        after_day=after_day,
        after_key=after_key,
        limit=limit,
    )
    return [
        Row(key, course_id, session_id, day, end, dict(zip(asked.family.facts, more, strict=True)))
        for key, course_id, session_id, day, end, *more in found
    ]
