"""`vicugna teacher serve`: the offline teacher over HTTP."""

import click


@click.group()
def teacher() -> None:
    """The offline teacher as an OpenAI-compatible server.

    \b
    vicugna teacher serve --port 8123
    """


@teacher.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8123, show_default=True, help="0: any."
)
@click.option("--fault", "faults", default="", help="NAME=SHARE, comma-separated, or all=SHARE.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the faults.")
@click.option("--latency", default="0", help="Seconds, or lognormal:MEDIAN:LOW:HIGH.")
@click.option("--rpm", type=click.FloatRange(0, min_open=True), help="Requests a minute.")
@click.option("--tpm", type=click.FloatRange(0, min_open=True), help="Tokens a minute.")
@click.option(
    "--burst",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds of quota at once.",
)
@click.option("--capacity", default="", help="Behaviour under load, see above.")
@click.option("--batch-seconds", type=click.FloatRange(0), default=0.0, help="Of a whole batch.")
def serve(
    port: int,
    faults: str,
    seed: int,
    latency: str,
    rpm: float | None,
    tpm: float | None,
    burst: float,
    capacity: str,
    batch_seconds: float,
) -> None:
    """Serve the offline teacher on this machine until interrupted.

    Faults: 429, 429-bare, 500, 503, reset, hang, cut-body, length, empty, refusal,
    wrong-language, duplicate, misnumbered, broken-json, blank-lines. Counts are at /stats.

    Capacity: queue:SLOTS slows down as slots fill up, then lets wait; thrash:KNEE loses
    throughput above the knee; refuse-queue:SLOTS:WAITING says 503 when too many wait;
    refuse:SLOTS says 429 to all above.

    \b
    vicugna teacher serve
    vicugna teacher serve --fault 429=0.05,hang=0.01 --latency 0.2
    vicugna teacher serve --rpm 1500 --tpm 1000000 --burst 1
    vicugna teacher serve --capacity queue:256 --latency lognormal:2.5:1:8
    vicugna run --base-url http://127.0.0.1:8123/v1 --model offline
    """
    from vicugna.teachers.offline.batch_job import BatchBehaviour
    from vicugna.teachers.offline.capacity import UNLIMITED, parse_capacity
    from vicugna.teachers.offline.faults import parse_faults
    from vicugna.teachers.offline.latency import parse_latency
    from vicugna.teachers.offline.quota import ServerQuota
    from vicugna.teachers.offline.respond import respond
    from vicugna.teachers.offline.server import serve as serve_until_interrupted

    serve_until_interrupted(
        respond,
        port=port,
        faults=parse_faults(faults) if faults else {},
        seed=seed,
        latency=parse_latency(latency, seed=seed),
        quota=ServerQuota(rpm=rpm, tpm=tpm, burst_seconds=burst) if rpm or tpm else None,
        capacity=parse_capacity(capacity) if capacity else UNLIMITED,
        batches=BatchBehaviour(seconds=batch_seconds),
        announce=lambda url: click.echo(f"offline teacher at {url}  (stop with Ctrl-C)"),
    )
