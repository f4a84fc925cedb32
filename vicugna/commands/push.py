"""`vicugna push`: a run to a data-set repository of the Hugging Face hub."""

import shlex
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vicugna.publishing import Publication

_SHARE = click.FloatRange(0, 0.5, min_open=True)


@click.command()
@click.argument("run")
@click.argument("repository", metavar="OWNER/NAME")
@click.option("--yes", is_flag=True, help="Send it; without, only show what would be sent.")
@click.option("--public", is_flag=True, help="For everybody to read; default private.")
@click.option("--licence", metavar="ID", help="As the hub names it; default by the teacher.")
@click.option("--validation", type=_SHARE, help="Share of a split of its own; default none.")
def push(
    run: str,
    repository: str,
    yes: bool,
    public: bool,
    licence: str | None,
    validation: float | None,
) -> None:
    """Publish a run on the Hugging Face hub, in one commit.

    RUN is a folder, a name under outputs/, or the beginning of one. Without --yes
    nothing is sent, and nothing looked up. The key comes from HF_TOKEN, or from
    `hf auth login`; HF_ENDPOINT names another hub.

    \b
    vicugna push small me/birds
    vicugna push small me/birds --validation 0.05 --yes
    vicugna push small me/birds --public --licence cc-by-4.0 --yes
    """
    from vicugna.pipeline import OUTPUTS
    from vicugna.publishing import prepare_push
    from vicugna.runs import find_run

    publication = prepare_push(
        find_run(run, OUTPUTS), repository, public=public, licence=licence, validation=validation
    )
    _show(publication)
    if yes:
        _send(publication)
        return
    words = ["vicugna", "push", run, repository, *(["--public"] if public else [])]
    words += ["--licence", licence] if licence else []
    words += ["--validation", str(validation)] if validation else []
    click.echo(f"Nothing was sent, and nothing looked up. To send it: {shlex.join(words)} --yes")


def _show(publication: "Publication") -> None:
    """Print everything that would be sent."""
    from vicugna.hub import endpoint

    seen = "public: everybody may read and copy it" if publication.public else "private"
    click.echo(f"to          {endpoint()}/datasets/{publication.repository} ({seen})")
    click.echo(f"set         {publication.name}, licence {publication.licence}")
    for split, counts in publication.rows.items():
        each = ", ".join(f"{count:,} {lang}" for lang, count in counts.items())
        total = sum(counts.values())
        few = split == "validation" and total < publication.wanted
        why = f" ({publication.wanted:,} wanted; the rest is too near to train)" if few else ""
        click.echo(f"{split:11} {total:,} rows: {each}{why}")
    for path, content in publication.files.items():
        click.echo(f"file        {path}  {len(content):,} bytes")
    if publication.public and publication.strict:
        click.secho(f"\nTERMS       {publication.terms}\n", bold=True)
    else:
        click.echo(f"terms       {publication.terms}")


def _send(publication: "Publication") -> None:
    from vicugna.publishing import push as send

    sent = send(publication)
    if sent.created:
        seen = "private" if sent.private else "public"
        click.echo(f"made        {publication.repository} ({seen})")
    elif sent.private and publication.public:
        click.echo(
            f"note        {publication.repository} is private and stays so: see its settings"
        )
    if sent.changed:
        click.echo(f"sent        {sent.address}")
    else:
        click.echo(f"unchanged   {sent.address} has the same already; nothing was committed")
