"""Invented people. Nobody of these names, dates and numbers exists; the state that issued their papers is ICAO's
specimen state Utopia, whatever nationality they show."""

from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec


@dataclass(frozen=True)
class Person:
    """Somebody invented, with what is printed on their papers. `face` chooses the portrait: a number is a drawn
    face (the same number, the same face), "astronaut" the one photographed face."""

    surname: str
    given_names: str
    sex: str
    born: date
    birthplace: str
    nationality: str
    number: str
    face: int | str
    native_name: str = ""
    personal_number: str = ""
    issued: date = date(2024, 3, 11)
    expires: date = date(2034, 3, 10)
    address: tuple[str, str, str] = ("17 HARBOUR ROAD", "AMAUROT", "UT 10017")
    height_cm: int = 172
    eyes: str = "BRO"

    @property
    def name(self) -> str:
        return f"{self.given_names} {self.surname}".strip()


def people() -> list[Person]:
    """The same people in the same order every time, each with papers that agree with themselves."""
    return [_person(row, at) for at, row in enumerate(ROWS)]


def person(surname: str) -> Person:
    """The invented person of this surname."""
    return next(somebody for somebody in people() if somebody.surname == surname)


# surname, given names, sex, born, birthplace, nationality, name in its own script
ROWS: list[tuple[str, str, str, str, str, str, str]] = [
    ("Musterova", "Zdenka Specimen", "F", "1988-05-21", "Amaurot", "UTO", ""),
    ("Example", "Ana Lucía", "F", "1990-04-17", "Ciudad Ejemplo", "ESP", ""),
    ("Pavyzdaitė", "Rūta", "F", "1994-11-02", "Pavyzdžiai", "LTU", ""),
    ("Müller-Beispiel", "Jörg Günther", "M", "1979-01-30", "Musterstadt", "D", ""),
    ("Ångström-Exempel", "Åsa Märta", "F", "1985-07-09", "Exempelköping", "SWE", ""),
    ("Przykładowski", "Łukasz Świętosław", "M", "1991-03-14", "Wzorowo Śląskie", "POL", ""),
    ("Příkladová", "Žofie", "F", "1999-12-31", "Vzorov", "CZE", ""),
    ("Példaházi", "Győző Őrs", "M", "1972-08-20", "Példafalva", "HUN", ""),
    ("Örnekoğlu", "Şükrü Işık", "M", "1987-10-29", "Örnekköy", "TUR", ""),
    ("Þórsdóttir-Dæmi", "Æsa", "F", "1996-06-17", "Dæmisvík", "ISL", ""),
    ("O'Sample", "Siobhán Mary-Kate", "F", "1983-03-17", "Ballysample", "IRL", ""),
    ("D'Esempio", "Niccolò", "M", "1968-02-29", "Borgo Esempio", "ITA", ""),
    ("Exemplaire de la Tour-Fictive", "Anne-Sophie Éléonore", "F", "1977-09-05", "Fictive-sur-Mer", "FRA", ""),
    ("Voorbeeld-van den Vermeulen", "IJsbrand", "M", "1993-01-06", "Verzonnen", "NLD", ""),
    ("Wolfeschlegelsteinhausenbergerdorffmuster", "Hubert Blaine", "M", "1964-08-04", "Amaurot", "UTO", ""),
    ("Sri Contohwardhana Kusumaningratnadiputra", "Bambang Adiwijaya Sastrowardoyo", "M", "1981-08-17",
     "Contohrejo", "IDN", ""),
    ("Suharmuster", "", "M", "1975-06-01", "Contohrejo", "IDN", ""),
    ("Al-Mithali", "Muhammad Abd al-Rahman", "M", "1982-02-11", "Madinat al-Mithal", "ARE",
     "محمد عبد الرحمن المثالي"),
    ("Bint Namudhaj", "Fatima Zahra", "F", "1997-05-03", "Qasr Namudhaj", "MAR", "فاطمة الزهراء بنت نموذج"),
    ("Nemunei", "Darya", "F", "1992-03-21", "Shahr-e Nemune", "IRN", "دریا نمونه‌ای"),
    ("Li", "Xiaofan", "M", "1995-02-19", "Yangban", "CHN", "李小凡（样本）"),
    ("Ouyang", "Lüxi", "F", "1989-09-15", "Yangban", "CHN", "欧阳绿溪（样本）"),
    ("Mihon", "Tarō", "M", "1970-12-23", "Mihonmachi", "JPN", "見本太郎"),
    ("Gyeonbon", "Seo-yeon", "F", "2001-10-09", "Gyeonbon-dong", "KOR", "견본서연"),
    ("Nguyễn Văn", "Mẫu", "M", "1986-04-30", "Làng Mẫu", "VNM", ""),
    ("Shcherbakov-Obraztsov", "Iurii Ilich", "M", "1978-04-12", "Obraztsovo", "BGR", "Юрий Ильич Щербаков-Образцов"),
    ("Paradeigma", "Eleni", "F", "1984-10-28", "Paradeigma", "CYP", "Ελένη Παράδειγμα"),
    ("Udaharan", "Lakshmi Priya", "F", "1998-01-14", "Udaharanpur", "IND", "लक्ष्मी प्रिया उदाहरण"),
    ("Okechukwu-Misali", "Chiamaka Ngọzi", "F", "1993-07-07", "Misali", "NGA", ""),
    ("Mfano", "Juma Baraka", "M", "1988-12-09", "Mfanoni", "TZA", ""),
    ("Ejemplares y Muñoz de Prueba", "José María Íñigo", "M", "1959-05-15", "San Ejemplo", "MEX", ""),
    ("Modelo da Silva e Exemplo", "João Antônio", "M", "2004-09-07", "Vila Exemplo", "BRA", ""),
    ("Specimen", "Quinn River", "X", "2000-02-29", "Sampleton", "CAN", ""),
    ("Tauira", "Māhina Aroha", "F", "1990-02-06", "Te Tauira", "NZL", ""),
    ("X", "Li-Na", "F", "1969-07-20", "Yangban", "SGP", ""),
    ("Orbiter", "Erin Specimen", "F", "1961-11-19", "Amaurot", "UTO", ""),
]  # fmt: skip

PHOTOGRAPHED = "Orbiter"  # the one person whose portrait is a photograph
EXPIRED = "Mihon"
STREETS = ("HARBOUR ROAD", "UTOPUS SQUARE", "ANYDRUS QUAY", "HYTHLODAY LANE", "SYPHOGRANT STREET")


def _person(row: tuple[str, str, str, str, str, str, str], at: int) -> Person:
    surname, given_names, sex, born, birthplace, nationality, native_name = row
    birth = date.fromisoformat(born)
    issued = date(2013, 5, 2) if surname == EXPIRED else date(2021 + at % 5, 1 + at % 12, 1 + at * 7 % 28)
    return Person(
        surname=surname,
        given_names=given_names,
        sex=sex,
        born=birth,
        birthplace=birthplace,
        nationality=nationality,
        number=_number(at),
        face="astronaut" if surname == PHOTOGRAPHED and find_spec("skimage") else at + 1,
        native_name=native_name,
        personal_number=f"{birth:%y%m%d}{at * 7919 % 10_000:04d}",
        issued=issued,
        expires=issued.replace(year=issued.year + 10),
        address=(f"{3 + at * 5} {STREETS[at % len(STREETS)]}", "AMAUROT", f"UT 10{at:03d}"),
        height_cm=154 + at * 17 % 41,
        eyes=("BRO", "BLU", "GRN", "HAZ", "GRY")[at % 5],
    )


def _number(at: int) -> str:
    """Letters that are hard to tell from digits are among them, as on real papers."""
    return "SX" + f"{(at + 11) * 104_729 % 1_000_000:06d}" + "ABCDEFGHKLMNPRTVXZ"[at % 18]
