"""The headers of our mails, so that every mail program and every robot takes them for what they are. Pure.

RFC 5322 (3.4 for mailboxes, 3.6.4 for threads), RFC 3834 section 5 (automatic mail says that it is automatic).
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from parser.agency_mail import LOOP_HEADER
from smsd.mail.words import one_line

LOOP_VALUE = "1708"
"""Our own mail, should it ever come back to us, is known by the loop header and never answered."""

MOST_REFERENCES = 10
"""The thread's root and the last nine: a longer header helps no mail program, and some relays refuse it."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_MESSAGE_ID = re.compile(r"(?=.{5,76}$)<[!-;=?-~]+@[!-;=?-~]+>")
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."=?]')


def set_sender(mail: EmailMessage, *, sender: str, name: str, recipient: str, reply_address: str) -> None:
    """Who writes, to whom, and where the answer goes. Raises ValueError for what is no plain address."""
    mail["From"] = _mailbox(*parseaddr(one_line(sender)))
    mail["To"] = _mailbox(name, recipient)
    mail["Reply-To"] = _mailbox("", reply_address)


def set_identity(mail: EmailMessage, *, subject: str, now: datetime, message_id: str, is_reply: bool = False) -> None:
    """What it is about, and that a machine wrote it, of its own accord or in reply to one mail (RFC 3834 section 5).

    Raises ValueError for what is no Message-ID.
    """
    # Email's header classes decode an encoded word (RFC 2047) in what they are given, and a line end encoded in it
    # becomes a header of the attacker's (CVE-2024-6923). Taken apart, it is text.
    mail["Subject"] = one_line(subject).replace("=?", "= ?")
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = _known_id(message_id)
    mail["Auto-Submitted"] = "auto-replied" if is_reply else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail[LOOP_HEADER] = LOOP_VALUE


def set_thread(mail: EmailMessage, thread_id: str, earlier_ids: Sequence[str]) -> None:
    """Makes `mail` part of a thread. Raises ValueError when `thread_id`, which is ours, is no Message-ID.

    The root is never sent; every mail of a ticket refers to it, so that clients make one thread of them. Of the
    earlier ones some are not ours, so a strange one is left out.
    """
    earlier = [each for each in earlier_ids if _MESSAGE_ID.fullmatch(each)]
    references = [_known_id(thread_id), *earlier[1 - MOST_REFERENCES :]]
    mail["In-Reply-To"] = references[-1]
    mail["References"] = " ".join(references)


def _mailbox(name: str, address: str) -> Address:
    """A mailbox for a header (RFC 5322 section 3.4), its name made safe; the address must be a plain one.

    The name loses the characters that would need quotes: CPython forgets the quotes where it folds a long header
    (CVE-2025-1795), and a comma without them makes two mailboxes out of "Dinas Pekerjaan Umum, Penataan Ruang".
    """
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is not a mail address; write it as name@example.go.id")
    return Address(one_line(_SPECIALS.sub(" ", name)), addr_spec=address)


def _known_id(value: str) -> str:
    """`value`, which must be one `<left@right>` in printable ASCII (RFC 5322 section 3.6.4).

    At most 76 characters: what does not fit into a line of a header CPython writes as an RFC 2047 encoded word, which
    no mail program takes for a Message-ID.
    """
    if not _MESSAGE_ID.fullmatch(value):
        raise ValueError(f"{value!r} is not a Message-ID; write it as <id@domain>, in at most 76 characters")
    return value
