"""Where the process can be made to die: between any two statements that touch the outside, to test that a kill is safe.

`SMSD_KILL_AT=sms.stored:3 smsd run ...` ends as `kill -9` would end it, when it comes to that point for the third time.
Without the variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal

POINTS = {
    "parts.seen": "parts have come from a modem, nothing is written",
    "parts.kept": "the parts are committed, or in the spool; the modem still has them",
    "parts.forgotten": "the modem has forgotten them",
    "spool.stored": "parts of the spool are committed, and still in the spool",
    "spool.forgotten": "they have left the spool",
    "sms.decided": "what SMS cause is written, not committed",
    "sms.committed": "what SMS cause is committed",
    "send.claimed": "an SMS is claimed, the modem knows nothing of it",
    "send.noted": "a submission is written down, the modem knows nothing of it",
    "send.answered": "the modem has sent it, which is written nowhere",
    "send.recorded": "that it was sent is written, the SMS is not settled",
    "send.settled": "the SMS is settled",
    "mail.claimed": "mails are claimed, the mail server knows nothing of them",
    "mail.accepted": "the mail server has one, which is written nowhere",
    "mail.settled": "that it was sent is written",
    "lmtp.taken": "a mail has come, nothing is written",
    "lmtp.stored": "the mail is committed, the MTA does not know",
    "answer.decided": "what a mail causes is written, not committed",
    "answer.committed": "what a mail causes is committed",
    "bounce.decided": "what a refused recipient causes is written, not committed",
    "clock.decided": "what is done because time has passed is written, not committed",
    "clock.committed": "what is done because time has passed is committed",
}
_VARIABLE = "SMSD_KILL_AT"


class _Fuse:
    """The point at which to die, and how often it is still to be passed before."""

    def __init__(self, setting: str) -> None:
        self.point, _, count = setting.partition(":")
        self.left = int(count or 1)
        if self.point not in POINTS:
            raise ValueError(f"{_VARIABLE}: there is no point {self.point!r}; there are {', '.join(POINTS)}")


_fuse = _Fuse(os.environ[_VARIABLE]) if os.environ.get(_VARIABLE) else None


def reach(point: str) -> None:
    """Die here, if this is the point."""
    if _fuse is None or _fuse.point != point:
        return
    _fuse.left -= 1
    if _fuse.left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
