"""The body maps and the points of a session on them."""

from __future__ import annotations

from typing import Any

from treatments.forms.session import plain
from treatments.models import InjectionSession

MAP_TITLES = {
    "head_front": "Head, front",
    "head_left": "Head, left side",
    "head_right": "Head, right side",
    "head_back": "Head, back",
    "neck_front": "Neck, front",
    "neck_back": "Neck and shoulders, back",
}


def maps_of(session: InjectionSession, views: list[str]) -> list[dict[str, Any]]:
    """The body maps with the stored points of a session; courses after the first have a colour of their own."""
    order = [row.course_id for row in session.treated.all()]
    return [
        {
            "view": view,
            "title": MAP_TITLES[view],
            "template": f"treatments/bodymap/{view}.svg",
            "points": [
                {"x": row.x, "y": row.y, "units": plain(row.units), "group": order.index(row.course_id)}
                for row in session.injections.all()
                if row.view == view
            ],
        }
        for view in views
    ]
