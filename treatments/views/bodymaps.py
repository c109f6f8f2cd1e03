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
    "jaw_right": "Jaw, right side",
    "jaw_left": "Jaw, left side",
    "back": "Back",
    "arms_front": "Arms, front",
    "arms_deep": "Arms, deep",
    "forearms_front": "Forearms, front",
    "forearms_deep": "Forearms, deep",
    "hands_front": "Hands, palm",
    "arms_back": "Arms, back",
    "legs_front": "Thighs, front",
    "legs_back": "Legs, back",
    "legs_deep": "Calves, deep",
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
