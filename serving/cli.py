"""The command line: `python -m serving --help`. Heavy imports wait until a command runs."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from serving.access.commands import app as keys
from serving.settings import Settings, silence
from trueshelf.client import TrueshelfError

MISTAKE = 2

Model = Annotated[str | None, typer.Option(help="models:/NAME@ALIAS, models:/NAME/VERSION or a bundle folder.")]


class Plain(TyperGroup):
    """Commands whose users see their own mistakes as one line, not as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        silence()
        try:
            return super().invoke(ctx)
        except (ValueError, OSError, TrueshelfError) as error:
            console().print(f"[bold red]error:[/] {' '.join(str(error).split())}", highlight=False, soft_wrap=True)
            raise typer.Exit(MISTAKE) from error


app = typer.Typer(
    cls=Plain,
    help=(
        "From a promoted model to verdicts.\n\n"
        "    python -m serving start\n\n"
        "    python -m serving try datasets/market\n\n"
        "    python -m serving score datasets/market --out verdicts.parquet\n\n"
        "Settings are environment variables: TRUESHELF_DATA, _HOST, _PORT, _MODEL, _PRECISION, _LANES, _THREADS, "
        "_PATIENCE, _MAX_BODY, _PHOTO_HOSTS, _CACHE_MB, _FOLLOW, _SHADOW; and who may call: _KEYS, _OIDC_ISSUER, "
        "_OIDC_AUDIENCE, _OPEN, _RATE, and _KEY for the commands here.\n\n"
        "Verdicts, and what was seen in photos and texts, are remembered under .trueshelf/served in the data folder, "
        "in at most TRUESHELF_CACHE_MB megabytes (4096; 0 remembers nothing). A verdict is told again only where "
        "listing, model and precision are the same in everything. The folder can be deleted while no service runs."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(keys, name="keys")


def console() -> Console:
    """Where people read: stderr, as it is at the moment."""
    return Console(stderr=True)


@app.command()
def serve(model: Model = None) -> None:
    """Serve in the foreground, and follow the model's address; it is looked up first, so that a missing one is told."""
    from serving.access.gate import check_somebody_may_call
    from serving.background import serve_command, serving_environment

    settings = Settings.read()
    check_somebody_may_call(settings)
    served = _served(model, settings)
    console().print(f"serving {served}\nAPI docs: http://{settings.host}:{settings.port}/docs", highlight=False)
    _become(serve_command(settings), environment=serving_environment(settings, served))


@app.command()
def start(
    *,
    model: Model = None,
    wait: Annotated[float, typer.Option(help="Seconds that the service may take to be ready.")] = 180.0,
) -> None:
    """Serve in the background; where the same model is served or followed already, nothing happens."""
    from serving.access.gate import check_somebody_may_call
    from serving.background import BackgroundService

    settings = Settings.read()
    check_somebody_may_call(settings)
    service = BackgroundService(settings)
    with console().status("looking the model up") as status:
        served = _served(model, settings)
        status.update("starting the service")
        started = service.start(served, seconds=wait, waiting=lambda why: status.update(f"starting: {why}"))
    told = "is ready" if started else "was running already"
    address = f"http://{settings.host}:{settings.port}"
    console().print(f"the service {told}: {address} (log: {service.log})", highlight=False, soft_wrap=True)


@app.command()
def stop() -> None:
    """Stop the service that `start` started."""
    from serving.background import BackgroundService

    stopped = BackgroundService(Settings.read()).stop()
    console().print("the service was stopped" if stopped else "no service of ours was running")


@app.command()
def score(
    source: Annotated[
        str,
        typer.Argument(metavar="IN", help="A Parquet table of listings (a path or an address), or a dataset folder."),
    ],
    *,
    out: Annotated[str, typer.Option(help="The Parquet table of verdicts to write: a path, or an address as s3://…")],
    model: Model = None,
    previous: Annotated[
        str | None,
        typer.Option(help="An earlier OUT: what the same model judged and nobody edited is taken from there."),
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Throw away what a broken-off run left.")] = False,
    batch_size: Annotated[int, typer.Option(min=1, max=4096, help="Listings that are judged together.")] = 64,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Score a table without a service: the same verdicts as over HTTP.

    OUT appears when it is complete. Until then the verdicts are in the folder OUT.unfinished beside it, 1024 in each
    file; after Ctrl-C, a kill or a crash the same command goes on there. If the table or the model was changed
    meanwhile, that is told, and nothing is mixed.

        python -m serving score datasets/market --out verdicts.parquet

        python -m serving score s3://shop/listings.parquet --out s3://shop/verdicts.parquet

        python -m serving score tonight.parquet --out tonight-verdicts.parquet --previous verdicts.parquet

    Photos are paths beside the table, file:// and s3:// addresses, or the photos themselves; https:// addresses are
    fetched from the hosts in TRUESHELF_PHOTO_HOSTS alone. Tables at s3:// and https:// addresses need the extra scale.
    Errors are rows too; given again with --previous OUT, only they are tried.
    """
    from serving.classify.model import load_model
    from serving.fetching.fetcher import Fetcher
    from serving.score import score_table
    from serving.scoring.progress import shown

    settings = Settings.read()
    threads = settings.lanes * settings.threads  # one lane has them all
    served = load_model(_bundle(model, settings), precision=settings.precision, threads=threads)
    fetcher = Fetcher(settings.photo_hosts, most_bytes=settings.max_body_bytes) if settings.photo_hosts else None
    with shown(console()) as progress:
        summary = score_table(
            source,
            out,
            model=served,
            batch_size=batch_size,
            previous=previous,
            anew=anew,
            fetcher=fetcher,
            progress=progress,
        )
    if as_json:
        sys.stdout.write(json.dumps(summary, ensure_ascii=False) + "\n")
    actions = ", ".join(f"{count} {action}" for action, count in sorted(summary["actions"].items()))
    parts = [actions or "no verdict", f"{summary['errors']} errors"]
    parts += [f"{summary['done_before']} by the run that was broken off"] if summary["done_before"] else []
    parts += [f"{summary['reused']} taken from {previous}"] if previous else []
    console().print(f"{summary['listings']} listings: {', '.join(parts)} → {out}", highlight=False, soft_wrap=True)


@app.command(name="try")
def try_out(
    dataset: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset folder.")],
    *,
    count: Annotated[int, typer.Option(min=1, max=64, help="Listings to show.")] = 6,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the service to be ready.")] = 120.0,
) -> None:
    """Send a handful of listings to the running service and show its verdicts with their reasons."""
    from serving.client import local_client, wait_until_ready
    from serving.trial import handful, promises, show
    from trueshelf.listings import Dataset

    settings = Settings.read()
    with local_client(settings) as client, console().status("waiting for the service") as status:
        wait_until_ready(client, seconds=wait, waiting=lambda why: status.update(f"waiting: {why}"))
        status.update("scoring")
        model = client.model()
        found = handful(Dataset.open(dataset), client, model, count=count)
    output = Console()
    for listing, result in found:
        show(listing, result, output)
    for promise in promises(model):
        output.print(promise, highlight=False, style="dim")
    output.print(f"API docs  {client.address}/docs", highlight=False, soft_wrap=True)
    output.print(
        f"MLflow    {_mlflow()} ui --backend-store-uri {settings.tracking_uri}", highlight=False, soft_wrap=True
    )


@app.command(name="shadow-report")
def report_shadow(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array on stdout.")] = False
) -> None:
    """Compare what champion and challenger said about the same listings."""
    from serving.classify.comparisons import Comparisons
    from serving.shadow_report import lines, shadow_report

    reports = shadow_report(Comparisons.of(Settings.read()).rows())
    if as_json:
        sys.stdout.write(json.dumps(reports, ensure_ascii=False) + "\n")
        return
    for line in [line for report in reports for line in lines(report)] or ["nothing has been compared yet"]:
        Console().print(line, highlight=False, soft_wrap=True)


@app.command()
def bento(model: Model = None) -> None:
    """Build a Bento that holds the code and the model, and serves from anywhere."""
    bundle = _bundle(model, Settings.read())
    _become([sys.executable, "-m", "bentoml", "build"], environment={"TRUESHELF_MODEL": str(bundle)})


def _mlflow() -> str:
    """MLflow's command as it can be pasted here, whether or not its environment is activated."""
    command = Path(sys.executable).with_name("mlflow")
    return str(command.relative_to(Path.cwd())) if command.is_relative_to(Path.cwd()) else str(command)


def _bundle(model: str | None, settings: Settings) -> Path:
    """The bundle that the command line names, or else the settings."""
    from serving.classify.registry import resolve

    return resolve(model or settings.model, tracking_uri=settings.tracking_uri)


def _served(model: str | None, settings: Settings) -> str:
    """What the service is told to serve: an address as it is, which it follows, or a bundle folder.

    Raises:
        ValueError: there is no such model now, nor one that was served from the address last.
    """
    from serving.classify.last_good import LastGood
    from serving.classify.registry import is_address, resolve

    named = model or settings.model
    try:
        bundle = resolve(named, tracking_uri=settings.tracking_uri)
    except ValueError as error:
        if not any(kept.address == named for kept in LastGood.of(settings).kept()):
            raise
        console().print(f"[yellow]{error}; the last good model is served until it answers[/]", highlight=False)
    return named if is_address(named) else str(bundle)


def _become(command: Sequence[str], *, environment: Mapping[str, str]) -> None:
    """Let another program take this process over."""
    os.execve(command[0], list(command), {**os.environ, **environment})  # noqa: S606
