"""import_prices FILE --source CODE: the prices of a CSV or JSON file, as the job that does so."""

import json
from argparse import ArgumentParser
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assets import actions
from assets.models import PriceSource
from assets.quotes import FileAdapter, Quote
from base.errors import RuleError
from controls.actor import Actor


class Command(BaseCommand):
    help = "Brings in the prices of a file (columns asset, quote, price, at). What is known already is passed over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="*.csv or *.json")
        parser.add_argument("--source", required=True, help="the code of a registered source")

    def handle(self, *args: Any, **options: Any) -> None:
        path, by = options["file"], Actor.job("assets.prices")
        source = PriceSource.objects.visible_to(by).filter(code=options["source"]).first()
        if source is None:
            raise CommandError(f"There is no source {options['source']}.", returncode=2)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path}: {error}", returncode=2) from error
        try:
            # every line is read before the first price comes in
            every = list(FileAdapter(text, "json" if path.suffix.lower() == ".json" else "csv").quotes())
            for batch in _batches(every):
                done = actions.import_prices(source, by=by, quotes=batch)
                self.stdout.write(json.dumps({"rows": done.rows, "added": done.added, "digest": done.digest}))
        except RuleError as error:
            raise CommandError(f"{error.field or path}: {error.text}") from error


def _batches(every: list[Quote]) -> Any:
    rows = iter(every)
    while batch := [_row(quote) for quote in islice(rows, actions.QUOTES_AT_MOST)]:
        yield batch


def _row(quote: Quote) -> dict[str, str]:
    digits = str(quote.units).zfill(quote.scale + 1)
    price = f"{digits[: -quote.scale]}.{digits[-quote.scale :]}" if quote.scale else digits
    return {"asset": quote.asset, "quote": quote.quote, "price": price, "at": quote.at.isoformat()}
