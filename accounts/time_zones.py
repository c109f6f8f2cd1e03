"""The time zones a site may choose from, in the order and with the names people look for."""

import zoneinfo
from functools import cache

UNITED_STATES = (
    ("America/New_York", "Eastern time (New York)"),
    ("America/Chicago", "Central time (Chicago)"),
    ("America/Denver", "Mountain time (Denver)"),
    ("America/Phoenix", "Mountain time without summer time (Phoenix)"),
    ("America/Los_Angeles", "Pacific time (Los Angeles)"),
    ("America/Anchorage", "Alaska time (Anchorage)"),
    ("Pacific/Honolulu", "Hawaii time (Honolulu)"),
    ("America/Puerto_Rico", "Atlantic time (Puerto Rico)"),
)
REGIONS = ("America", "Europe", "Africa", "Asia", "Atlantic", "Australia", "Indian", "Pacific")


@cache
def time_zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of (name, label) for a select; a label begins with the city, so that typing its letters finds it."""
    zones = zoneinfo.available_timezones()
    named = {name for name, _ in UNITED_STATES}
    groups = [("United States", [(name, label) for name, label in UNITED_STATES if name in zones])]
    for region in REGIONS:
        members = [zone for zone in zones if zone.startswith(f"{region}/") and zone not in named]
        groups.append((region, sorted(((zone, _label(zone)) for zone in members), key=lambda pair: pair[1])))
    return groups


def time_zone_words(zone: str) -> str:
    """The name people know a zone by."""
    return dict(UNITED_STATES).get(zone) or _label(zone)


def _label(zone: str) -> str:
    *_, city = parts = zone.replace("_", " ").split("/")
    return city if len(parts) < 3 else f"{city} ({parts[1]})"
