"""The demo clinic: invented people, two years of treatment, and a day full of work."""

from __future__ import annotations

PASSWORD = "correct horse battery staple"

# Role, e-mail and password of the people to try Cadence as.
SIGN_INS: list[tuple[str, str, str]] = [
    ("provider", "maren.holt@example.org", PASSWORD),
    ("trainee", "ivo.lindahl@example.org", PASSWORD),
    ("front desk", "robin.vale@example.org", PASSWORD),
    ("administrator", "ada.brandt@example.org", PASSWORD),
]
