"""Scores a table of listings without a service: the same checks, the same model, so the same verdicts.

python -m serving score datasets/market --out verdicts.parquet
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from serving.classify.judging import judge
from serving.classify.model import ServedModel
from serving.classify.wire import Refused
from serving.fetching.fetcher import Fetcher
from serving.rows import listing_of, rows_of
from serving.scoring.photos import AT_ONCE, Photos
from serving.scoring.places import Place
from serving.scoring.previous import Previous
from serving.scoring.source import Source
from serving.scoring.unfinished import PART_ROWS, unfinished
from serving.scoring.verdict_rows import judged_by, row_of
from trueshelf.listings import Listing
from trueshelf.listings.digest import listing_digest

Progress = Callable[[int, int], None]
"""Told how many listings are done, and of how many; first of all how many were when the run began."""

Items = Sequence[Listing | Refused]
Row = Mapping[str, Any]


def score_table(
    source: str | Path,
    out: str | Path,
    *,
    model: ServedModel,
    batch_size: int = 64,
    part_rows: int = PART_ROWS,
    previous: str | Path | None = None,
    anew: bool = False,
    fetcher: Fetcher | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Score every listing of `source` into `out`, which appears only when it is complete.

    What was done is kept in a folder `out.unfinished`, so that a run that was broken off goes on from there.

    Args:
        source: a Parquet table of listings whose photos are paths beside it, addresses, or the photos themselves, or a
            folder of this machine that holds one named `listings.parquet`. Only `listing_id` must be there. A row that
            is no valid listing gets an error of its own. What was known of shops is a table's column `shop`; of a
            dataset folder it is what its shops and labels say.
        batch_size: listings that are judged together.
        part_rows: listings that are kept together; what is broken off in between is scored again.
        previous: an earlier `out`; a listing that says the same there gets its verdict from there, if the model is the
            same.
        anew: throw away what an earlier run left unfinished.
        fetcher: fetches photos by their web addresses; None fetches none.

    Returns:
        What was done, to be told: counts by action, errors, seconds, the model.

    Raises:
        ValueError: the source is no such table, a column holds something else than it should, or what is unfinished
            was begun with another source or model.
    """
    started, by = time.perf_counter(), judged_by(model)
    progress = progress or (lambda _done, _total: None)
    with ExitStack() as stack:
        table = stack.enter_context(Source.open(source))
        earlier = None
        if previous is not None:
            earlier = stack.enter_context(Previous.open(Place.of(previous), judge=by))
        kept = stack.enter_context(
            unfinished(Place.of(out), source=table.state(), judge=by, rows=table.rows, part=part_rows, anew=anew)
        )
        stack.enter_context(threadpool_limits(1, user_api="blas"))
        photos = stack.enter_context(Photos(table.folder, fetcher))
        begun = done = kept.done()
        progress(done, table.rows)
        reused = 0
        part: list[Row] = []
        for items in _items(table, photos, start=done, size=batch_size, part=part_rows):
            rows, known = _judged(items, model, earlier)
            reused += known
            part += rows
            done += len(rows)
            if done % part_rows == 0 or done == table.rows:
                kept.add(done - len(part), part)
                part = []
            progress(done, table.rows)
        actions = kept.finish()
    seconds = time.perf_counter() - started
    errors = actions.pop(None, 0)
    return {
        "out": str(out),
        "model": {"name": model.name, "version": model.version, "precision": model.precision},
        "listings": table.rows,
        "errors": errors,
        "actions": dict(actions),
        "done_before": begun,
        "reused": reused,
        "seconds": round(seconds, 3),
        "per_second": round((table.rows - begun) / seconds, 1),
    }


def _items(table: Source, photos: Photos, *, start: int, size: int, part: int) -> Iterator[Items]:
    """The listings of a table, batch by batch; the next one is read while one is judged."""
    repeated, with_shop = table.repeated_ids(), table.contexts()
    waiting: list[Future[Listing | Refused]] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read") as threads:
        for batch in table.batches(size, start=start, part=part):
            rows = [with_shop(place, row) for place, row in enumerate(rows_of(batch), start)]
            start += len(rows)
            coming = [threads.submit(listing_of, row, photos=photos, repeated=repeated) for row in rows]
            if waiting:
                yield [each.result() for each in waiting]
            waiting = coming
        if waiting:
            yield [each.result() for each in waiting]


def _judged(items: Items, model: ServedModel, earlier: Previous | None) -> tuple[list[Row], int]:
    """A row for each item, and how many of them are from an earlier table."""
    listings = [item for item in items if isinstance(item, Listing)]
    digests = {listing.id: listing_digest(listing) for listing in listings}
    known = {} if earlier is None else earlier.find(list(digests.values()))
    unknown = [listing for listing in listings if digests[listing.id] not in known]
    answers = zip(unknown, judge(unknown, model.predict), strict=True)
    new = {listing.id: row_of(answer, digest=digests[listing.id]) for listing, answer in answers}

    def row(item: Listing | Refused) -> Row:
        if isinstance(item, Refused):
            return row_of(item, digest=None)
        return known.get(digests[item.id]) or new[item.id]

    return [row(item) for item in items], len(known)
