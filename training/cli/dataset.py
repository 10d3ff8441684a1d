"""`python -m training dataset`: make, look at and check dataset folders."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.output import FAILED, AsJson, Plain, print_json, progress_bars, say
from training.data.amounts import Decimal
from trueshelf.listings import Dataset, Provenance

if TYPE_CHECKING:
    from training.data.check import CheckReport
    from training.data.importer import Imported

dataset = typer.Typer(cls=Plain, no_args_is_help=True, help="Make, check and look at dataset folders.")
build = typer.Typer(cls=Plain, no_args_is_help=True, help="Build an embedded dataset.")
dataset.add_typer(build, name="build")

Force = Annotated[bool, typer.Option("--force", help="Replace a dataset that is already there.")]


@build.command()
def market(
    *,
    out: Annotated[Path, typer.Option(help="The folder to write.")] = Path("datasets/market"),
    shops: Annotated[int, typer.Option(min=1, help="How many shops.")] = 500,
    listings_per_shop: Annotated[float, typer.Option(min=1, max=45, help="Listings of a shop, on average.")] = 8.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores by default.")] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Simulate a marketplace: suppliers, operators, shops and listings with photos over a year, with known truth.

    Example: python -m training dataset build market --shops 500 --seed 7 --out datasets/market
    """
    from training.data.market import build_market

    with progress_bars() as progress:
        built = build_market(
            out,
            shops=shops,
            seed=seed,
            listings_per_shop=listings_per_shop,
            force=force,
            workers=workers,
            progress=progress,
        )
    listings = built.table("listings").num_rows
    if as_json:
        print_json({"folder": str(out), "name": built.name, "digest": built.digest, "listings": listings})
    say(f"{listings} listings of {shops} shops in {out}", f"next: python -m training dataset check {out}")


@dataset.command("import")
def import_(
    table: Annotated[Path, typer.Argument(metavar="CSV", help="A CSV or JSON Lines file, also as .gz.")],
    *,
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    images: Annotated[Path | None, typer.Option(help="The folder that paths of photos are relative to.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=HEADER", help="Which column is which field; columns named like a field need none."),
    ] = None,
    positive: Annotated[list[str] | None, typer.Option(metavar="VALUE", help="A label that means yes.")] = None,
    negative: Annotated[list[str] | None, typer.Option(metavar="VALUE", help="A label that means no.")] = None,
    currency: Annotated[str, typer.Option(help="ISO 4217 code of prices in rows that name none.")] = "",
    decimal: Annotated[
        Decimal | None,
        typer.Option(help="The sign before the cents, for prices such as 1.299; by default what other prices tell."),
    ] = None,
    provenance: Annotated[
        Provenance, typer.Option(help="Where labels come from, in rows that do not say.")
    ] = Provenance.REVIEWER,
    source: Annotated[str, typer.Option(help="Where the data comes from, for the card.")] = "",
    licence: Annotated[str, typer.Option(help="Who may use it, for the card.")] = "not stated",
    seed: Annotated[int, typer.Option(help="Of the split, where there are no times.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where a row is rejected or a photo dropped.")
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Import labelled photos or listings: at least an image or a title, and a label, in each row.

    Fields: listing_id, shop_id, operator_id, title, description, brand, category, price, list_price, currency, image,
    listed_at, language, counterfeit, low_quality, labelled_at, provenance, split, attributes.NAME. Labels are yes or
    no, true or false, 1 or 0, fake or original, and so on; --positive and --negative add words of your own. A row that
    repeats a listing, its id and all its content, adds a label: that of a second reviewer.

    Example: python -m training dataset import labels.csv --images photos --column counterfeit=label
    --column shop_id=seller --out datasets/mine
    """
    from training.data.importer import import_table
    from training.data.rows import ImportConfig

    config = ImportConfig(
        images=images,
        columns=column or (),
        positive=positive or (),
        negative=negative or (),
        currency=currency.upper(),
        decimal=decimal,
        provenance=provenance,
        source=source,
        licence=licence,
        seed=seed,
    )
    with progress_bars() as progress:
        found = import_table(table, out, config, force=force, progress=progress)
    if as_json:
        print_json(
            {
                "folder": str(out),
                "digest": found.dataset.digest,
                "rows": found.rows,
                "listings": found.listings,
                "rows_with_another_label": found.repeated,
                "rejected": found.rejected,
                "dropped_photos": found.dropped,
                "assumed": found.assumed,
                "unused_columns": found.unused,
                "labels": found.answers,
                "splits": found.dataset.card["split"].get("listings", {}),
            }
        )
    _report_import(found, out)
    if strict and (found.rejected or found.dropped):
        raise typer.Exit(FAILED)


@dataset.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset folder.")],
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not open photos: misses broken and duplicate ones.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check schema, photos, ids, labels, prices, times and leaks across splits; exit with 1 on errors.

    Example: python -m training dataset check datasets/market
    """
    from training.data.check import check_dataset

    opened = Dataset.open(folder)
    with progress_bars() as progress:
        report = check_dataset(
            opened, now=datetime.now(tz=UTC), open_photos=not quick, workers=workers, progress=progress
        )
    if as_json:
        print_json({"folder": str(folder), "digest": opened.digest, **report.to_dict()})
    _report_check(report, folder)
    if not report.passed:
        raise typer.Exit(FAILED)


@dataset.command()
def seal(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset folder.")],
    *,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make the card true again after tables were corrected on purpose: new checksums, and a new digest.

    The dataset is checked first, and left alone where that finds errors other than the checksums.

    Example: python -m training dataset seal datasets/mine
    """
    from training.data.check import WRONG_CHECKSUM, check_dataset
    from training.data.seal import seal_dataset

    opened = Dataset.open(folder)
    with progress_bars() as progress:
        report = check_dataset(opened, now=datetime.now(tz=UTC), workers=workers, progress=progress)
    report = report.without(WRONG_CHECKSUM)
    _report_check(report, folder)
    sealed = seal_dataset(opened) if report.passed else opened
    if as_json:
        print_json({"folder": str(folder), "sealed": report.passed, "digest": sealed.digest, "before": opened.digest})
    if not report.passed:
        say("the card is as it was: mend the errors first")
        raise typer.Exit(FAILED)
    say(f"digest before: {opened.digest}", f"digest now:    {sealed.digest}")


@dataset.command()
def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset folder.")],
    *,
    out: Annotated[Path | None, typer.Option(help="The file to write; DIR/contact_sheet.html by default.")] = None,
    sample: Annotated[int, typer.Option(min=1, help="How many listings, shared evenly among labels.")] = 120,
    seed: Annotated[int, typer.Option(help="Draws another sample.")] = 0,
) -> None:
    """Write a contact sheet: one HTML file with a sample of listings, photos and labels.

    Example: python -m training dataset show datasets/market --sample 200
    """
    from training.data.show import contact_sheet

    path = out or folder / "contact_sheet.html"
    path.write_text(contact_sheet(Dataset.open(folder), sample=sample, seed=seed), encoding="utf-8")
    say(f"open {path.resolve().as_uri()}")


def _report_check(report: "CheckReport", folder: Path) -> None:
    for group in report.groups:
        say(f"{group.severity.value}: {group.kind} ({group.count})", *(f"    {example}" for example in group.examples))
        if group.count > len(group.examples):
            say(f"    … and {group.count - len(group.examples)} more")
    verdict = "passed" if report.passed else "failed"
    say(f"{folder}: {verdict}; {report.listings} listings with {report.photos} photos")


def _report_import(found: "Imported", out: Path) -> None:
    from training.data.rejects import REJECTED

    used = found.listings + found.repeated
    lines = [f"{used} of {found.rows} rows imported into {out}: {found.listings} listings"]
    lines += [f"{found.repeated} rows add a label to a listing of an earlier row"] if found.repeated else []
    lines += [
        f"{head}: " + ", ".join(f"{count} {answer}" for answer, count in counts.items())
        for head, counts in found.answers.items()
    ]
    parts = found.dataset.card["split"].get("listings", {})
    lines += ["split: " + ", ".join(f"{count} {part}" for part, count in parts.items())] if parts else []
    lines += [found.assumed] if found.assumed else []
    lines += [f"columns not used: {', '.join(found.unused)}"] if found.unused else []
    lines += [f"rejected: {count} × {reason}" for reason, count in found.rejected.items()]
    lines += [f"dropped from listings that are kept: {count} × {reason}" for reason, count in found.dropped.items()]
    lines += [f"see {out / REJECTED}"] if found.rejected or found.dropped else []
    say(*lines, f"next: python -m training dataset check {out}")
