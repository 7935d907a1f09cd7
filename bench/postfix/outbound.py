"""What becomes of the mails to agencies: taken, refused, late, and told so."""

from __future__ import annotations

import asyncio
import re
import time

from bench.postfix.world import BUSY, FULL, GONE, GOOD, GREY, LONG_LIVED, PATIENCE_S, VANISHED, World, expect, until

_NOTIFY_FAILURE_AND_DELAY = "notify_flags=12"  # DSN_NOTIFY_FAILURE | DSN_NOTIFY_DELAY of Postfix's dsn_mask.h


async def relay(world: World) -> str:
    """An agency has the mail, and the daemon the number that Postfix's log knows it by."""
    await world.open_reports()

    async def there() -> bool:
        return any(letter.recipient == GOOD for letter in world.town.mail.taken)

    await until(there, "the mail at the agency's server")
    queue_id = await world.queue_id(world.reports[GOOD])
    expect(re.search(rf"{queue_id}: to=<{GOOD}>.*status=sent", world.postfix.log()), "the log does not say sent")
    return f"at the agency; queue id {queue_id} in outbox_mail and in the log"


async def notices_asked_for(world: World) -> str:
    """While a mail waits, its queue file says that failure and delay are to be told."""
    report = world.reports[BUSY]
    envelope = await asyncio.to_thread(world.postfix.envelope, await world.queue_id(report))
    expect(_NOTIFY_FAILURE_AND_DELAY in envelope, f"no {_NOTIFY_FAILURE_AND_DELAY} in {envelope}")
    expect(f"sender: {report.reply_to}" in envelope, f"not from {report.reply_to}")
    return "NOTIFY=FAILURE,DELAY in the queue file, envelope sender t-...@"


async def full_mailbox(world: World) -> str:
    """552 5.2.2: Postfix gives up at once."""
    return await _failure(world, FULL, "5.2.2")


async def vanished_mailbox(world: World) -> str:
    """550 5.1.1."""
    return await _failure(world, GONE, "5.1.1")


async def vanished_domain(world: World) -> str:
    """The name server knows no such name."""
    return await _failure(world, VANISHED, "5.4.4")


async def _failure(world: World, address: str, status: str) -> str:
    row = await world.notice(world.reports[address], "failed", status)
    return f"bounce stored ({row.state}, {row.outcome}), at its dispatch"


async def over_quota(world: World) -> str:
    """452 4.2.2: a notice of the delay, then one of the failure when the mail is too old."""
    report = world.reports[BUSY]
    delayed = await world.notice(report, "delayed", "4.2.2")
    failed = await world.notice(report, "failed", "4.2.2")
    world.postfix.change(**LONG_LIVED)
    return f"delay stored ({delayed.state}, {delayed.outcome}), then failure ({failed.state}, {failed.outcome})"


async def greylisting(world: World) -> str:
    """Refused once, taken at the second try, which is Postfix's and not the daemon's."""

    async def there() -> bool:
        return any(letter.recipient == GREY for letter in world.town.mail.taken)

    await until(there, "the mail at the greylisting server")
    count = sum(letter.recipient == GREY for letter in world.town.mail.taken)
    row = await world.database.fetchrow(
        "SELECT count(*), max(attempts) AS tries FROM outbox_mail WHERE dispatch_id = $1",
        world.reports[GREY].dispatch_id,
    )
    expect((count, *row) == (1, 1, 1), f"{count} mails arrived, of {row['count']} rows with {row['tries']} tries")
    return "one mail, sent by the daemon once"


async def full_disk(world: World) -> str:
    """Postfix takes nothing for want of space: the mail waits with the daemon, and uses up none of its tries."""
    before, since = len(world.town.mail.taken), time.monotonic()
    await asyncio.to_thread(world.postfix.restart, queue_minfree="900000000000000")
    world.text(GOOD, "Aspal jalan mengelupas")
    away = await world.town.daemon.heard(since, lambda event: event.get("event") == "mail.server_away", PATIENCE_S)
    world.postfix.change(queue_minfree="0")
    expect(away, "the daemon did not say mail.server_away")

    async def there() -> bool:
        return len(world.town.mail.taken) > before

    await until(there, "the mail at the agency's server")
    tries = await world.database.fetchval("SELECT attempts FROM outbox_mail ORDER BY id DESC LIMIT 1")
    expect(tries == 1, f"it took {tries} tries")
    return "mail.server_away, then delivered, one try counted"


async def no_status_from_notices(world: World) -> str:
    """Bounces speak for no agency, and get no answer."""
    troubled = [world.reports[address] for address in (FULL, BUSY, GONE, VANISHED)]
    changed = await world.database.fetchval(
        "SELECT count(*) FROM ticket_event"
        " WHERE ticket_id = ANY ($1) AND actor LIKE 'agency:%' AND (status IS NOT NULL OR due_for IS NOT NULL)",
        [report.ticket_id for report in troubled],
    )
    helped = await world.database.fetchval("SELECT count(*) FROM outbox_mail WHERE kind = 'bantuan'")
    expect((changed, helped) == (0, 0), f"{changed} changes of status, {helped} answers to bounces")
    return "no status changed by an agency, no mail back"
