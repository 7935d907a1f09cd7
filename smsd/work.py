"""What decides by the rules, and gets new rules while it works."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import structlog

from config.settings import Settings, SettingsError
from smsd import journal
from smsd.bounce import RefusedMails
from smsd.clocks import Clocks
from smsd.digests import DigestWriter
from smsd.erasure import Retention
from smsd.handle_mail import MailHandler, Trust
from smsd.handle_sms import Limits, SmsHandler
from smsd.mail.smtp import Mailer
from smsd.notify import notify, reloading
from smsd.office import sms_limits
from smsd.rulebook import Rulebook, needs_restart, reread_rulebook
from smsd.send_mail import Addresses, MailSender
from smsd.send_sms import SmsSender
from smsd.status_line import StatusLine

log = structlog.get_logger()


class Work:
    """What decides by the rules. Loops look here at each step, so that one step is by one rulebook from end to end."""

    def __init__(
        self, rules: Rulebook, pool: asyncpg.Pool, mailer: Mailer, owner: str, senders: Sequence[SmsSender]
    ) -> None:
        self._pool = pool
        self._mailer = mailer
        self._owner = owner
        self._senders = senders
        self.follow(rules)

    def follow(self, rules: Rulebook) -> None:
        """From the next step on."""
        self.rules = rules
        settings, desk, pool = rules.settings, rules.desk, self._pool
        limits = Limits(sms_limits(settings), settings.limits.message_attempts)
        self.handle_sms = SmsHandler(pool, desk, limits)
        self.handle_mail = MailHandler(pool, desk, limits, Trust(settings.mail.authserv_id))
        self.refused_mail = RefusedMails(pool, desk, limits)
        self.clocks = Clocks(pool, desk, limits.sms)
        self.digests = DigestWriter(pool, desk, settings.mail.digest_time)
        self.retention = Retention(pool, settings.privacy)
        self.send_mail = MailSender(
            self._mailer,
            pool,
            desk,
            Addresses(settings.mail.sender, settings.mail.reply_domain),
            owner=self._owner,
            attempts=settings.limits.mail_attempts,
            at_once=settings.mail.connections,
        )
        for sender in self._senders:
            sender.limit(settings.limits.sms_attempts, sms_valid(settings))


async def reload_when_asked(asked: asyncio.Event, running: Settings, work: Work, status: StatusLine) -> None:
    """For ever: reads the rules anew. A rulebook with a fault in it changes nothing."""
    while True:
        await asked.wait()
        asked.clear()
        with reloading():
            try:
                rules = await asyncio.to_thread(reread_rulebook, running.path)
            except SettingsError as e:
                status.reload_refused = True
                problems = [str(problem) for problem in e.problems]
                cure = "mend it, see `smsd check --rules`, and reload again; until then everything is as it was"
                log.error("rules.refused", problems=problems, cure=cure)
            else:
                work.follow(rules)
                status.reload_refused = False
                journal.set_level(rules.settings.log.level)
                log.info("rules.reloaded", needs_restart=needs_restart(running, rules.settings) or None)
        notify(f"STATUS={status.text()}")


def sms_valid(settings: Settings) -> timedelta:
    """How long an SMS is worth sending."""
    return timedelta(hours=settings.limits.sms_valid_h)
