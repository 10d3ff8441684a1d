"""A contact sheet: one HTML file with a sample of a dataset's listings, photos and labels. It loads nothing else.

python -m training dataset show datasets/market
"""

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from io import BytesIO

from PIL import Image

from trueshelf.listings import Answer, Dataset, Head, Listing, Money, Photo, Split
from trueshelf.listings.answers import settled
from trueshelf.listings.images import ImageError, decode

_SIDE = 224
_MOST_PHOTOS = 4
_MOST_DESCRIPTION = 280

_TITLES = {Head.COUNTERFEIT: "counterfeit", Head.LOW_QUALITY: "low quality"}


@dataclass(frozen=True, slots=True)
class _Shown:
    listing: Listing
    answers: Mapping[Head, Answer]
    split: Split | None


def contact_sheet(dataset: Dataset, *, sample: int, seed: int = 0) -> str:
    """A dataset as an HTML page, with up to `sample` listings, shared evenly among the combinations of answers.

    Which listings are drawn depends on the seed and their ids only.
    """
    answers, splits = settled(dataset.labels()), _splits(dataset)
    shown = [
        _Shown(
            listing,
            {head: answers.get((listing.id, head), Answer.UNKNOWN) for head in Head},
            splits.get(listing.id),
        )
        for listing in dataset.listings()
    ]
    groups: dict[tuple[Answer, ...], list[_Shown]] = defaultdict(list)
    for each in sorted(shown, key=lambda each: hashlib.sha256(f"{seed} {each.listing.id}".encode()).digest()):
        groups[tuple(each.answers.values())].append(each)
    order = sorted(groups, key=lambda key: [list(Answer).index(answer) for answer in key])
    numbers = _shared_out(sample, [len(groups[key]) for key in order])
    sections = [_section(groups[key], number) for key, number in zip(order, numbers, strict=True) if number]
    return _page(dataset, _counts(shown), sections)


def _splits(dataset: Dataset) -> Mapping[str, Split]:
    return dataset.splits() if (dataset.folder / "splits.parquet").exists() else {}


def _shared_out(total: int, sizes: Sequence[int]) -> list[int]:
    """`total` dealt out one by one in turn, no group getting more than its size."""
    shares = [0] * len(sizes)
    remaining = min(total, sum(sizes))
    while remaining:
        for place, size in enumerate(sizes):
            if remaining and shares[place] < size:
                shares[place] += 1
                remaining -= 1
    return shares


def _page(dataset: Dataset, counts: str, sections: Iterable[str]) -> str:
    style = files("training.data").joinpath("contact_sheet.css").read_text(encoding="utf-8")
    card = dataset.card
    generated = (
        '<p class="generated">This data is generated; figures measured on it say so.</p>'
        if card.get("generated")
        else ""
    )
    facts = "".join(
        f"<div><dt>{escape(key)}</dt><dd>{escape(str(card.get(key, 'not stated')))}</dd></div>"
        for key in ("source", "licence", "made", "digest")
    )
    name = escape(dataset.name)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{name}: contact sheet</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{name}</h1>\n{generated}\n<dl>{facts}</dl>\n{counts}\n</header>\n"
        f"<main>\n{''.join(sections)}</main>\n</body>\n</html>\n"
    )


def _counts(shown: Sequence[_Shown]) -> str:
    """A table of how many listings each part has, by answer."""
    parts = [split for split in (*Split, None) if any(each.split is split for each in shown)]
    counts = Counter((head, answer, each.split) for each in shown for head, answer in each.answers.items())
    rows = "".join(
        f'<tr><th scope="row">{_TITLES[head]}: {answer.value}</th>'
        + "".join(f"<td>{counts[head, answer, part]:,}</td>" for part in parts)
        + f"<td>{sum(counts[head, answer, part] for part in parts):,}</td></tr>"
        for head in Head
        for answer in Answer
    )
    heads = "".join(f'<th scope="col">{part.value if part else "no split"}</th>' for part in parts)
    head = f'<thead><tr><th scope="col">listings</th>{heads}<th scope="col">all</th></tr></thead>'
    return f'<div class="scroll"><table>{head}<tbody>{rows}</tbody></table></div>'


def _section(group: Sequence[_Shown], number: int) -> str:
    badges = "".join(_badge(head, answer) for head, answer in group[0].answers.items())
    figures = "".join(map(_figure, group[:number]))
    heading = f"<h2>{badges}<small>{number} of {len(group):,}</small></h2>"
    return f'<section>\n{heading}\n<div class="grid">{figures}</div>\n</section>\n'


def _badge(head: Head, answer: Answer) -> str:
    return f'<span class="badge {head.value} {answer.value}">{_TITLES[head]}: {answer.value}</span>'


def _figure(shown: _Shown) -> str:
    listing = shown.listing
    photos = "".join(map(_thumbnail, listing.photos[:_MOST_PHOTOS])) or '<span class="empty">no photo</span>'
    description = listing.description[:_MOST_DESCRIPTION] + (
        "…" if len(listing.description) > _MOST_DESCRIPTION else ""
    )
    facts = [
        listing.brand,
        listing.category,
        _price(listing),
        listing.language,
        listing.shop_id and f"shop {listing.shop_id}",
    ]
    facts += [shown.split and shown.split.value, listing.listed_at.date().isoformat() if listing.listed_at else None]
    return (
        f'<article>\n<div class="photos n{min(len(listing.photos), _MOST_PHOTOS)}">{photos}</div>\n'
        f'<h3 dir="auto">{escape(listing.title) or "<em>no title</em>"}</h3>\n'
        f'<p class="facts">{" · ".join(escape(fact) for fact in facts if fact)}</p>\n'
        f'<p dir="auto">{escape(description)}</p>\n<p class="id">{escape(listing.id)}</p>\n</article>\n'
    )


def _price(listing: Listing) -> str | None:
    if listing.price is None:
        return None
    before = f" (was {_money(listing.list_price)})" if listing.list_price else ""
    return _money(listing.price) + before


def _money(money: Money) -> str:
    return f"{money.amount:,.2f} {money.currency}"


def _thumbnail(photo: Photo) -> str:
    try:
        image = decode(photo.read(), shortest=_SIDE).image
    except (ImageError, OSError) as error:
        return f'<span class="empty">{escape(str(error))}</span>'
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    content = BytesIO()
    image.save(content, "JPEG", quality=80)
    encoded = base64.b64encode(content.getvalue()).decode("ascii")
    size = f'width="{image.width}" height="{image.height}"'
    return f'<img alt="" loading="lazy" {size} src="data:image/jpeg;base64,{encoded}">'
