"""Both bodies of a mail, plain and HTML, from one pair of templates."""

from collections.abc import Mapping
from email.message import EmailMessage
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


def set_bodies(mail: EmailMessage, template: str, words: Mapping[str, object]) -> None:
    """Fills `template`.txt.j2 and `template`.html.j2 with `words`, which must be safe for a line of text already."""
    # Quoted-printable by name: the SMTP policy would choose raw 8-bit, which not every relay carries (RFC 6152).
    mail.set_content(_render(f"{template}.txt.j2", words), cte="quoted-printable")
    mail.add_alternative(_render(f"{template}.html.j2", words), subtype="html", cte="quoted-printable")


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("smsd.mail", "templates"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(name: str, words: Mapping[str, object]) -> str:
    return _templates().get_template(name).render(words)
