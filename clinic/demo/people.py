"""Invented people: names, addresses and what is known of them. Nobody here exists; no name holds a digit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any


def _listed(words: str) -> list[str]:
    return words.split()


WOMEN = _listed(
    "Abena Adela Agnes Aisha Alba Amara Anaïs Annelie Beatriz Brigid Camila Carmen Chiara Chloé Clotilde Dalia "
    "Delphine Edith Elif Eloise Esperanza Farah Fatou Fiona Freya Giulia Greta Hana Harriet Helga Imani Ines "
    "Ingrid Ione Joy Kaia Keiko Lakshmi Leilani Leonor Lien Lucinda Maeve Mairead Marisol Marta Mercy Mina Miriam "
    "Nadia Naomi Niamh Noor Odette Ottilie Paloma Perpetua Priya Renée Rosalind Ruth Sanna Saoirse Shirin Siobhán "
    "Solveig Sunita Svetlana Tamsin Teresa Thandiwe Ursula Valentina Vesna Wanda Winifred Xiomara Yara Yvonne "
    "Zainab Zofia "
)
MEN = _listed(
    "Adebayo Aleksander Amir Anders Anselm Arjun Arturo Barnaby Benedikt Bjørn Caleb Cassian Cedric Dashiell "
    "Declan Dmitri Edmund Eino Emeka Esteban Farid Fergus Gaspard Giorgos Hamish Hector Hiroshi Horatio Idris "
    "Ignacio Ilya Isidro Jasper Joaquín Josué Kofi Kwame Lars Laszlo Leopold Lorenzo Magnus Marek Matteo Mehmet "
    "Milo Nikolai Noël Olumide Omar Orson Osvaldo Pavel Percival Quentin Rafael Rashid Rubén Rufus Sándor Samir "
    "Sören Stellan Tariq Tobias Tomasz Umberto Vikram Viggo Wendell Wolfgang Xavier Yannick Yusuf Zoltan "
)
FAMILIES = _listed(
    "Abernathy Achterberg Adeyemi Aguilar Almeida Amankwah Anand Andrássy Arbuthnot Ashcombe Azikiwe Bäcker "
    "Balogun Barrientos Bellweather Benavídez Bergström Birkenshaw Blackwood Borgesius Bouchard Brankovič "
    "Briarley Castellanos Chaudhuri Chikwanha Cloverfield Corrigan Cruickshank D'Amico D'Souza Dankworth "
    "Delacroix Desrosiers Dimitriou Dragomir Drummond Eichhorn Ekström El-Amin Everhart Fairweather Falkenrath "
    "Featherstone Fernández-Ruiz Fontaine Fujimoto Gallardo Garcia-Moreno Gjertsen Goncharov Greenhalgh "
    "Guðmundsson Gutiérrez Hadjiev Hallström Hawthorne Hernández Hollingsworth Ibarra Ingebrigtsen Iwasaki "
    "Janković Jayawardena Kaczmarek Kalinowski Kavanagh Khatri Kilbride Kingfisher Kobayashi Kowalczyk "
    "Kristjánsson Lachance Larkspur Lindqvist Livingstone Lozano-Vega MacAuley Mahlangu Marchetti Mbeki "
    "Meadowcroft Mendonça Merriweather Mikkelsen Moghaddam Montalbán Muñoz Nakagawa Nightshade Nwosu O'Brien "
    "O'Connell O'Dwyer O'Shaughnessy Oakhurst Odinga Ødegaard Okonkwo Olszewski Ortega Ozturk Palmgren Papadakis "
    "Pemberton Pereira Petrović Pettigrew Quigley Quintero Rajagopal Ramírez Redfern Robichaud Rosenqvist "
    "Rutherford Saint-Clair Salazar Sauvageau Schönfeld Sepúlveda Shackleton Silverthorne Sinclair-Boyd Skarsgård "
    "Sokolova Stavropoulos Stonebridge Szymański Takahashi Tennyson Thistlewood Thorvaldsen Trelawney Tunstall "
    "Umarov Underhill Valdés Vandermeer Varga Venkataraman Villanueva Vuković Wainwright Weatherby Westergaard "
    "Whitlock Winterbourne Wójcik Woodhouse Yamaguchi Yarborough Yilmaz Zapata Zielinski "
)

STREETS = (
    "Juniper Lane",
    "Mill Road",
    "Orchard Street",
    "Quarry Way",
    "Larch Avenue",
    "Ferry Street",
    "Granite Court",
    "Willow Bend",
    "Cooper Hill Road",
    "Harvest Lane",
    "Old Ropewalk",
    "Saddler Street",
    "Fern Hollow",
    "Beacon Terrace",
)
PLACES = {
    "east": (("Boston", "MA", "02118"), ("Cambridge", "MA", "02139"), ("Quincy", "MA", "02169")),
    "west": (("Denver", "CO", "80205"), ("Aurora", "CO", "80012"), ("Boulder", "CO", "80302")),
}
# The numbers 555 0100 to 0199 of an area are kept free for fiction.
AREAS = {"east": ("617", "781", "978"), "west": ("303", "720", "970")}
LANGUAGES = ("English",) * 16 + ("Spanish", "Spanish", "Portuguese", "Vietnamese", "Haitian Creole")
CHANNELS = ("phone",) * 5 + ("text", "text", "email")


@dataclass(frozen=True)
class Person:
    """The columns of a patient's row, without the site."""

    given_name: str
    family_name: str
    birth_date: date
    sex: str
    phone: str
    email: str
    address: str
    city: str
    state: str
    postal_code: str
    language: str
    preferred_channel: str
    former_name: str = ""


@dataclass
class Crowd:
    """Makes people who differ from each other in name and in telephone number."""

    rng: Random
    today: date
    used: set[tuple[str, str]] = field(default_factory=set)
    numbers: dict[str, list[str]] = field(default_factory=dict)

    def person(self, *, coast: str, age: int) -> Person:
        """Someone of that age who lives near the clinic's eastern or western site."""
        rng = self.rng
        # Migraine, the most frequent reason to come, is three times as frequent in women.
        sex = "F" if rng.random() < 0.66 else "M"
        given, family = self._name(sex)
        city, state, postal_code = rng.choice(PLACES[coast])
        born = self.today - timedelta(days=round(age * 365.25) + rng.randrange(1, 364))
        married = sex == "F" and age > 25 and rng.random() < 0.08
        return Person(
            given_name=given,
            family_name=family,
            former_name=rng.choice(FAMILIES) if married else "",
            birth_date=born,
            sex=sex,
            phone=self._phone(coast),
            email=f"{_plain(given)}.{_plain(family)}@example.org" if rng.random() < 0.8 else "",
            address=f"{rng.randrange(1, 240)} {rng.choice(STREETS)}",
            city=city,
            state=state,
            postal_code=postal_code,
            language=rng.choice(LANGUAGES),
            preferred_channel=rng.choice(CHANNELS),
        )

    def _name(self, sex: str) -> tuple[str, str]:
        while True:
            name = self.rng.choice(WOMEN if sex == "F" else MEN), self.rng.choice(FAMILIES)
            if name not in self.used:
                self.used.add(name)
                return name

    def _phone(self, coast: str) -> str:
        if coast not in self.numbers:
            free = [f"+1 {area} 555 01{last:02d}" for area in AREAS[coast] for last in range(100)]
            self.rng.shuffle(free)
            self.numbers[coast] = free
        # A clinic larger than the fiction numbers leaves the rest without one.
        return self.numbers[coast].pop() if self.numbers[coast] else ""


def _plain(name: str) -> str:
    from patients.rules import fold

    return fold(name).replace(" ", "")


# What is known of some patients: the kind of fact, its values, and the share of patients it is true of. No fact here
# stops a treatment; the ones that would are given to single patients.
FACTS: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("allergy", {"substance": "latex", "reaction": "rash"}, 0.03),
    ("allergy", {"substance": "local_anaesthetic", "name": "lidocaine", "reaction": "hives"}, 0.02),
    ("allergy", {"substance": "skin_antiseptic", "name": "chlorhexidine", "reaction": "contact dermatitis"}, 0.02),
    ("allergy", {"substance": "other", "name": "penicillin", "reaction": "rash"}, 0.07),
    ("medication", {"drug_class": "anticoagulant", "name": "apixaban", "dose": "5 mg twice a day"}, 0.05),
    ("medication", {"drug_class": "antiplatelet", "name": "aspirin", "dose": "81 mg daily"}, 0.06),
    ("medication", {"drug_class": "muscle_relaxant", "name": "baclofen", "dose": "10 mg three times a day"}, 0.04),
    ("medication", {"drug_class": "anticholinergic", "name": "oxybutynin", "dose": "5 mg daily"}, 0.02),
    ("medication", {"drug_class": "other", "name": "levothyroxine", "dose": "75 µg daily"}, 0.08),
    ("history", {"kind": "cardiac", "note": "atrial fibrillation"}, 0.03),
    ("history", {"kind": "bleeding", "note": "von Willebrand disease, mild"}, 0.01),
    ("history", {"kind": "swallowing_breathing", "note": "dysphagia after stroke"}, 0.02),
    ("history", {"kind": "other", "note": "depression, treated"}, 0.06),
)
MIGRAINE_FACTS: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("medication", {"drug_class": "migraine_preventive", "name": "topiramate", "dose": "50 mg twice a day"}, 0.35),
    ("medication", {"drug_class": "migraine_preventive", "name": "candesartan", "dose": "8 mg daily"}, 0.15),
    ("medication", {"drug_class": "migraine_acute", "name": "rizatriptan", "dose": "10 mg as needed"}, 0.6),
)


def facts(rng: Random, *, migraine: bool) -> list[tuple[str, dict[str, Any]]]:
    """What is known of one patient."""
    return [
        (kind, values)
        for kind, values, share in (*FACTS, *(MIGRAINE_FACTS if migraine else ()))
        if rng.random() < share
    ]
