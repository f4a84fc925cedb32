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
@click.option("--latency", type=click.FloatRange(0), default=0.0, help="Seconds an answer takes.")
def serve(port: int, faults: str, seed: int, latency: float) -> None:
    """Serve the offline teacher on this machine until interrupted.

    Faults: 429, 429-bare, 500, 503, reset, hang, cut-body, length, empty, refusal,
    wrong-language, duplicate, misnumbered, broken-json, blank-lines. Counts are at /stats.

    \b
    vicugna teacher serve
    vicugna teacher serve --fault 429=0.05,hang=0.01 --latency 0.2
    vicugna run --base-url http://127.0.0.1:8123/v1 --model offline
    """
    from vicugna.teachers.offline.faults import parse_faults
    from vicugna.teachers.offline.respond import respond
    from vicugna.teachers.offline.server import serve as serve_until_interrupted

    serve_until_interrupted(
        respond,
        port=port,
        faults=parse_faults(faults) if faults else {},
        seed=seed,
        latency=latency,
        announce=lambda url: click.echo(f"offline teacher at {url}  (stop with Ctrl-C)"),
    )
