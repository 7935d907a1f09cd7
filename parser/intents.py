"""What a citizen's text can mean. A `code` is ten valid digits; an `index`, 1 to 9, counts the citizen's own list."""

from dataclasses import dataclass
from typing import Literal

# rahasia: the report is kept from the public; anonim: the citizen's name is kept from the agency too.
Secrecy = Literal["rahasia", "anonim"]

# What a question that is open to this number can be answered with.
Expect = Literal["ya", "nilai"]


@dataclass(frozen=True, slots=True)
class Complaint:
    """Anything that is no command. `new`: said outright to be another report than the last one."""

    text: str
    secrecy: Secrecy | Literal[""] = ""
    new: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS: of one ticket, or of all of them. `one_off` are the 4 digits that open a ticket to another phone."""

    code: str | None = None
    index: int | None = None
    one_off: str | None = None


@dataclass(frozen=True, slots=True)
class Help:
    """BANTUAN, or a command that lacks its words: what can I do here."""


@dataclass(frozen=True, slots=True)
class Add:
    """TAMBAH: more to say on a ticket; on the last one where neither code nor index is given."""

    text: str
    code: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """BATAL: the citizen takes a ticket back, and must be asked which where neither code nor index is given."""

    code: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Hide:
    """RAHASIA or ANONIM without a report: for the ticket named, else for the last one."""

    kind: Secrecy
    code: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Yes:
    """YA to an open question, perhaps with more words behind it."""

    code: str | None = None
    index: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class No:
    """BELUM to an open question, perhaps with more words behind it."""

    code: str | None = None
    index: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """1 (kecewa) to 4 (sangat puas), when that was asked."""

    stars: int
    code: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Full:
    """LENGKAP: the whole of an answer that an SMS had to cut; of the last one where no ticket is named."""

    code: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Reopen:
    """BUKA: a closed ticket is not finished; the last closed one where no ticket is named."""

    code: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """STOP: no more SMS that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Resume:
    """MULAI: takes STOP back."""


@dataclass(frozen=True, slots=True)
class OneOff:
    """KODE: a one-off number, to ask for the status from another phone."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A command with a number that was meant to be a ticket code and is none."""

    command: str
    typed: str


Intent = (
    Complaint | Status | Help | Add | Cancel | Hide | Yes | No | Rating | Full | Reopen | Stop | Resume | OneOff | Slip
)
