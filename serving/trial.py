"""Sends a handful of a dataset's listings to the running service and shows what it says."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from trueshelf.client import Client, Failed, HeadModel, Judged, ModelDetails, Result, Thresholds, Verdict
from trueshelf.listings import Answer, Dataset, Head, Listing, Split

MOST_ASKED = 48
"""Listings that are sent at most in search of every kind of verdict."""

_AT_ONCE = 8
_KINDS = ("act", "review", "pass")
_COLOURS = {"act": "red", "review": "yellow", "pass": "green"}
_REASONS = 4


def handful(dataset: Dataset, client: Client, model: ModelDetails, *, count: int) -> list[tuple[Listing, Result]]:
    """Listings of the test part with their results, of every action that the model takes on each question."""
    wanted = _wanted(model)
    found: dict[str, list[tuple[Listing, Result]]] = {kind: [] for kind in (*wanted, "error")}
    for chunk in _chunks(_mixed(dataset)):
        for listing, result in zip(chunk, client.judge_all(chunk), strict=True):
            found.setdefault(_kind(result), []).append((listing, result))
        if all(len(found[kind]) >= -(-count // len(wanted)) for kind in wanted):
            break
    in_turn = [pair for row in zip_longest(*found.values()) for pair in row if pair is not None]
    return sorted(in_turn[:count], key=lambda pair: _rank(pair[1]))


def _wanted(model: ModelDetails) -> list[str]:
    """The kinds of results that this model can give."""
    heads = model.heads
    acts = [f"act {name}" for name, head in heads.items() if any(each.act_above is not None for each in _all(head))]
    return [*acts, *(f"review {name}" for name in heads), "pass"]


def _kind(result: Result) -> str:
    """A result's action and the first question that called for it."""
    if isinstance(result, Failed):
        return "error"
    action, heads = result.verdict.action, result.verdict.heads
    return action if action == "pass" else f"{action} {next(name for name in heads if heads[name].action == action)}"


def show(listing: Listing, result: Result, console: Console) -> None:
    """One listing and its result, for people."""
    if isinstance(result, Failed):
        error = result.error
        console.print(Panel(Text(f"{error.field}: {error.message}"), title=_title(listing, "error"), style="red"))
        return
    verdict = result.verdict
    heads = Text("   ").join(
        Text(f"{head.replace('_', ' ')} {answer.probability:.3f} → {answer.action}", _COLOURS[answer.action])
        for head, answer in verdict.heads.items()
    )
    panel = Panel(
        Group(Text(_facts(listing), style="dim"), heads, _reasons(verdict)),
        title=_title(listing, verdict.action),
        title_align="left",
        border_style=_COLOURS[verdict.action],
    )
    console.print(panel)


def promises(model: ModelDetails) -> list[str]:
    """How far the model may act on its own, a line for each question that it answers."""
    return [
        f"{', '.join([name.replace('_', ' '), *filter(None, [each.guarantee.group])])}: {_promise(each)}"
        for name, head in model.heads.items()
        for each in _all(head)
    ]


def _all(head: HeadModel) -> list[Thresholds]:
    """A question's thresholds, then those of categories that have their own."""
    return [head, *head.categories.values()]


def _promise(thresholds: Thresholds) -> str:
    guarantee = thresholds.guarantee
    if thresholds.act_above is None:
        return str(guarantee.why_not)
    return (
        f"acts above {thresholds.act_above:.3f}; at most {guarantee.alpha:.1%} of listings that do not deserve it are "
        f"acted on (confidence {guarantee.confidence:.0%}, n {guarantee.n})"
    )


def _mixed(dataset: Dataset) -> list[Listing]:
    """Listings of the test part, those of each label in turn."""
    splits = dataset.splits()
    labels: dict[str, set[Head]] = {}
    for label in dataset.labels():
        if label.answer is Answer.YES:
            labels.setdefault(label.listing_id, set()).add(label.head)
    kinds: dict[str, list[Listing]] = {"counterfeit": [], "low_quality": [], "neither": []}
    for listing in dataset.listings():
        if splits.get(listing.id) is Split.TEST:
            heads = labels.get(listing.id, set())
            kind = next((head.value for head in Head if head in heads), "neither")
            kinds[kind].append(listing)
    in_turn = [listing for row in zip_longest(*kinds.values()) for listing in row if listing is not None]
    if not in_turn:
        raise ValueError(f"dataset {dataset.name} has no listing in its test part")
    return in_turn[:MOST_ASKED]


def _chunks(listings: Sequence[Listing]) -> Iterator[Sequence[Listing]]:
    return (listings[start : start + _AT_ONCE] for start in range(0, len(listings), _AT_ONCE))


def _rank(result: Result) -> int:
    return _KINDS.index(result.verdict.action) if isinstance(result, Judged) else len(_KINDS)


def _title(listing: Listing, action: str) -> Text:
    return Text(f"{action.upper()}  {listing.id}  {listing.title[:80] or '(no title)'}")


def _facts(listing: Listing) -> str:
    price = f"{listing.price.amount:.2f} {listing.price.currency}" if listing.price else "no price"
    return (
        f"{listing.brand or 'no brand'} · {listing.category or 'no category'} · {price} · {len(listing.photos)} photos"
    )


def _reasons(verdict: Verdict) -> Table:
    """The first reasons, in the verdict's order: those of the question that called for the action and argue for it."""
    table = Table.grid(padding=(0, 1))
    for reason in verdict.reasons[:_REASONS]:
        moved = "" if reason.contribution is None else f"{reason.contribution:+.2f}"
        evidence = ", ".join(f"{key}: {value}" for key, value in reason.evidence.items() if value)
        label = Text(reason.label.staff)
        if evidence:
            label.append(f" ({evidence})", style="dim")
        table.add_row(Text(moved, style="bold"), Text(reason.head.replace("_", " "), style="dim"), label)
    return table
