"""Makes a dataset's card true again after its tables were corrected on purpose.

python -m training dataset seal datasets/mine
"""

from typing import Any

from training.data.folder import README, photos_of, write_card
from training.data.shown_photos import photos_checksum
from trueshelf.listings import Dataset, Split
from trueshelf.listings.checksums import dataset_digest, file_checksum
from trueshelf.listings.tables import TABLES


def seal_dataset(dataset: Dataset) -> Dataset:
    """Write the card anew with the checksums of the tables as they are, and the digest that follows from them.

    Raises:
        ValueError: the listings cannot be read.
    """
    checksums = _checksums(dataset)
    content = dataset.card | {"digest": dataset_digest(checksums), "checksums": checksums}
    if "splits.parquet" in checksums:
        content["split"] = _split_card(dataset, checksums["splits.parquet"])
    readme = dataset.folder / README
    if readme.is_file() and dataset.digest:
        text = readme.read_text(encoding="utf-8")
        readme.write_text(text.replace(dataset.digest, content["digest"]), encoding="utf-8")
    write_card(dataset.folder, content)
    return Dataset.open(dataset.folder)


def _checksums(dataset: Dataset) -> dict[str, str]:
    files = [f"{name}.parquet" for name in TABLES if (dataset.folder / f"{name}.parquet").is_file()]
    photos = photos_checksum(photos_of(dataset, files).distinct())
    return {file: file_checksum(dataset.folder / file) for file in files} | {"images": photos}


def _split_card(dataset: Dataset, digest: str) -> dict[str, Any]:
    counts = dataset.split_sizes()
    card: dict[str, Any] = dataset.card.get("split", {})
    return card | {"digest": digest, "listings": {split.value: counts.get(split, 0) for split in Split}}
