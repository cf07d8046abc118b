"""draw_specimens DIR: pictures of invented people's documents and selfies, for anybody to try the product with."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from PIL import Image

from kyc.specimen import Case, Person, cases, identity_card, licence, passport, people, selfie, td2


class Command(BaseCommand):
    help = (
        "Writes one folder per case (photos of a document and a selfie) and flat pictures of every kind of document. "
        "Prints one JSON object a file: its path, whose it is, and what a check should find."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="folder to write into; it is created if missing")
        parser.add_argument("--people", type=int, default=4, help="how many people's flat documents to draw (0 to 36)")

    def handle(self, *args: Any, **options: Any) -> None:
        directory, count = options["directory"], options["people"]
        if directory.exists() and not directory.is_dir():
            raise CommandError(f"directory: {directory} is a file.", returncode=2)
        if not 0 <= count <= len(people()):
            raise CommandError(f"--people: choose 0 to {len(people())}.", returncode=2)
        for case in cases():
            self._case(directory / "cases" / case.name, case)
        for person in people()[:count]:
            self._person(directory / "flat" / person.number, person)

    def _case(self, folder: Path, case: Case) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        expected = {"case": case.name, "story": case.story, "faces": case.band, "holder": case.holder.name}
        for name, photo in case.pages().items():
            (folder / f"{name}.jpg").write_bytes(photo)
            self._say(folder / f"{name}.jpg", **expected)
        case.selfie().save(folder / "selfie.jpg", quality=90)
        self._say(folder / "selfie.jpg", **expected)

    def _person(self, folder: Path, person: Person) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        card, permit = identity_card(person), licence(person)
        pictures: dict[str, Image.Image] = {
            "passport": passport(person),
            "identity-card-front": card[0],
            "identity-card-reverse": card[1],
            "residence-card": td2(person),
            "licence-front": permit[0],
            "licence-reverse": permit[1],
            "selfie": selfie(person),
        }
        for name, picture in pictures.items():
            picture.save(folder / f"{name}.png")
            self._say(folder / f"{name}.png", holder=person.name)

    def _say(self, path: Path, **facts: str) -> None:
        self.stdout.write(json.dumps({"file": str(path), **facts}, ensure_ascii=False))
