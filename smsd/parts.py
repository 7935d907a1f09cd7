"""SMS parts in the database: stored exactly once, joined, and in quarantine what nobody can read."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog

from parser.pdu import Deliver, PduError, StatusReport, WrongLength, decode_pdu, identity, join
from parser.sms import is_robot_sender
from smsd.msisdn import canonical
from smsd.store.database import CONNECTION_ERRORS
from smsd.store.queries import SQL
from smsd.store.seal import KeyFileError, Seal
from smsd.transports.refusals import explain_report

log = structlog.get_logger()

GAP = " [...] "  # stands in the text where a part never came
_Group = tuple[int, int, int, int]  # phone, reference, its bits, number of parts
# Nothing is wrong with the parts: the database is away, two transports waited for each other, or our key is missing.
_NOT_THEIR_FAULT = (*CONNECTION_ERRORS, asyncpg.DeadlockDetectedError, KeyFileError)


@dataclass(frozen=True)
class Arrived:
    """A PDU, and the transport that it came by."""

    transport: str
    pdu: str


@dataclass(frozen=True)
class _Read:
    """A PDU that could be read."""

    arrived: Arrived
    content: Deliver


@dataclass
class _Sorted:
    """What was among the PDUs."""

    parts: list[_Read]
    reports: list[tuple[str, StatusReport]]  # with the transport
    broken: list[tuple[Arrived, str]]  # and why nobody can read it


class PartStore:
    """Writes what the transports bring. The same part again changes nothing."""

    def __init__(self, pool: asyncpg.Pool, seal: Seal) -> None:
        self._pool = pool
        self._seal = seal

    async def store(self, arrived: Sequence[Arrived]) -> int:
        """All in one transaction; if one PDU spoils it, each in its own, and that one into quarantine. How many are
        stored and not in quarantine.

        Raises CONNECTION_ERRORS or DeadlockDetectedError: then perhaps some are stored, and all may be given again.
        """
        try:
            return await self._write(_sort(arrived))
        except _NOT_THEIR_FAULT:
            raise
        except Exception as e:  # noqa: BLE001  invariant 5: whatever it is, it must not stop the loop
            names = sorted({one.transport for one in arrived})
            log.warning("sms.batch_not_stored", modem=", ".join(names), error=type(e).__name__)
            return sum([await self._store_one(one) for one in arrived])

    async def _store_one(self, arrived: Arrived) -> int:
        try:
            return await self._write(_sort([arrived]))
        except _NOT_THEIR_FAULT:
            raise
        except Exception as e:  # noqa: BLE001  likewise
            return await self._write(_Sorted([], [], [(arrived, f"cannot be stored ({type(e).__name__})")]))

    async def _write(self, found: _Sorted) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            await _hold_key(connection, self._seal)
            for arrived, error in found.broken:
                await self._quarantine(connection, arrived, error)
            for transport, report in found.reports:
                await self._apply_report(connection, transport, report)
            new = await self._add_parts(connection, found.parts) if found.parts else Counter()
        for name, parts in Counter(read.arrived.transport for read in found.parts).items():
            log.info("sms.received", modem=name, parts=parts, new=new[name])
        return len(found.parts) + len(found.reports)

    async def _add_parts(self, connection: asyncpg.Connection, reads: Sequence[_Read]) -> Counter[str]:
        """How many were new, by transport."""
        reads = await self._without_known(connection, reads)
        parts = [read.content for read in reads]
        phones = await self._phones(connection, [part.sender for part in parts])
        identities = [self._seal.hash(identity(part), "part") for part in parts]
        rows = await connection.fetch(
            SQL["add_parts"],
            [phones[part.sender] for part in parts],
            [read.arrived.transport for read in reads],
            identities,
            [self._seal.close(bytes.fromhex(read.arrived.pdu), "pdu") for read in reads],
            [part.concat.reference if part.concat else None for part in parts],
            [part.concat.bits if part.concat else None for part in parts],
            [part.concat.number if part.concat else 1 for part in parts],
            [part.concat.count if part.concat else 1 for part in parts],
            [part.sent_at for part in parts],
        )
        by_identity = dict(zip(identities, parts, strict=True))
        joined = [
            Joined([row["id"]], row["phone_id"], row["transport"], [by_identity[row["identity"]]])
            for row in rows
            if row["reference"] is None
        ]
        if len(joined) < len(rows):
            joined += await self._complete(connection, [row for row in rows if row["reference"] is not None])
        joined.sort(key=lambda message: message.parts[0].sent_at)  # as they were written: a command may be about a text
        await add_messages(connection, joined)
        return Counter(row["transport"] for row in rows)

    async def _without_known(self, connection: asyncpg.Connection, reads: Sequence[_Read]) -> Sequence[_Read]:
        """Without what is stored with a hash by another key: while keys are changed, a part may come again."""
        _, *others = self._seal.keys
        if not others:
            return reads
        hashes = [[key.hash(identity(read.content), "part") for key in others] for read in reads]
        rows = await connection.fetch(SQL["known_parts"], list(itertools.chain(*hashes)))
        known = {row["identity"] for row in rows}
        return [read for read, each in zip(reads, hashes, strict=True) if known.isdisjoint(each)]

    async def _complete(self, connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> list[Joined]:
        """The messages that these new parts make whole."""
        await connection.execute(SQL["lock_phones"], sorted({row["phone_id"] for row in rows}))
        groups = list({_group(row) for row in rows})
        waiting = await connection.fetch(SQL["complete_groups"], *map(list, zip(*groups, strict=True)))
        whole = [_unseal(group, self._seal) for group in _grouped(waiting)]
        used = {part for message in whole for part in message.part_ids}
        filled = await _fill(connection, self._seal, groups)
        return [*whole, *(each for each in filled if each.complete and used.isdisjoint(each.part_ids))]

    async def _phones(self, connection: asyncpg.Connection, senders: Sequence[str]) -> dict[str, int]:
        """Ids of the phones, by sender as the PDU had it."""
        known = await phones_of_other_keys(connection, self._seal, senders)
        new = [sender for sender in senders if sender not in known]
        hashes = {sender: self._seal.hash(canonical(sender).encode(), "phone") for sender in new}
        sealed = [self._seal.close(canonical(sender).encode(), "phone") for sender in hashes]
        answerable = [not is_robot_sender(sender) for sender in hashes]
        ids: dict[bytes, int] = {}
        while not ids.keys() >= set(hashes.values()):  # another look shows what another transport has just added
            rows = await connection.fetch(SQL["find_or_add_phones"], list(hashes.values()), sealed, answerable)
            ids = {row["address_hash"]: row["id"] for row in rows}
        return known | {sender: ids[hashed] for sender, hashed in hashes.items()}

    async def _apply_report(self, connection: asyncpg.Connection, transport: str, report: StatusReport) -> None:
        """A delivery report settles the submission it fits."""
        phone_id = (await self._phones(connection, [report.recipient]))[report.recipient]
        match = await connection.fetchrow(SQL["match_report"], transport, phone_id, report.reference, report.sent_at)
        await connection.execute(
            SQL["add_report"],
            *(transport, phone_id, report.reference, report.status, report.discharged_at),
            match and match["id"],
        )
        about = {"ticket": match["ticket"], "sms": match["sms_id"]} if match else {}
        after_s = round((datetime.now(UTC) - match["submitted_at"]).total_seconds(), 1) if match else None
        log.info("sms.report", **about, modem=transport, outcome=report.outcome, matched=bool(match), after_s=after_s)
        if match and report.outcome != "trying":
            state = "delivered" if report.outcome == "delivered" else "undelivered"
            reason = None if state == "delivered" else explain_report(report.status)
            await connection.execute(SQL["apply_report"], match["id"], state, report.reference, reason)
            sms = match["sms_id"]
            if await connection.fetchval(SQL["follow_reports"], sms) == "failed":
                cure = f"smsd outbox retry sms:{sms}"
                log.error("sms.undelivered", **about, modem=transport, status=report.status, error=reason, cure=cure)

    async def _quarantine(self, connection: asyncpg.Connection, arrived: Arrived, error: str) -> None:
        raw = arrived.pdu.encode("utf-8", "backslashreplace")  # no hexadecimal digits, perhaps no characters either
        number = await connection.fetchval(
            SQL["add_quarantine"],
            *("pdu", arrived.transport, self._seal.hash(raw, "quarantine"), self._seal.close(raw, "quarantine")),
            error,
        )
        if number is not None:
            log.error("sms.quarantined", modem=arrived.transport, quarantine=number, error=error)


async def _hold_key(connection: asyncpg.Connection, seal: Seal) -> None:
    """Hashes by the key that is current in the database, which stays so until the transaction ends."""
    key = None
    while key is None:  # it has been changed just now: another look finds the new one
        key = await connection.fetchval(SQL["current_key_for_hashes"])
    seal.use(key)


async def phones_of_other_keys(connection: asyncpg.Connection, seal: Seal, senders: Sequence[str]) -> dict[str, int]:
    """Phones that another key than the current one has hashed, as while keys are changed, by sender."""
    _, *others = seal.keys
    by_hash = {key.hash(canonical(sender).encode(), "phone"): sender for key in others for sender in senders}
    rows = await connection.fetch(SQL["known_hashes"], list(by_hash)) if by_hash else []
    return {by_hash[row["address_hash"]]: row["id"] for row in rows}


@dataclass(frozen=True)
class Joined:
    """The parts of one SMS, as many as came, by number; and the transport that the first of them came by."""

    part_ids: Sequence[int]
    phone_id: int
    transport: str
    parts: Sequence[Deliver]
    completes: int | None = None  # the message that was handled before the last of them came

    @property
    def complete(self) -> bool:
        """Whether all parts are there, and whole."""
        return len(self.parts) == self.count and not any(part.cut_short for part in self.parts)

    @property
    def count(self) -> int:
        """How many parts it was sent in."""
        concat = self.parts[0].concat
        return concat.count if concat else 1

    @property
    def text(self) -> str:
        """What was written, with a mark where a part is missing; empty where nobody wrote any (8-bit, voicemail)."""
        if self.parts[0].message_waiting or not join(self.parts).strip():
            return ""
        cut = GAP if any(part.cut_short for part in self.parts) else ""
        return join(self.parts, GAP) + cut


async def add_messages(connection: asyncpg.Connection, joined: Sequence[Joined]) -> None:
    """Stores joined SMS for the handling loop, and ties their parts to them."""
    joined = [message for message in joined if not await _filled_in_time(connection, message)]
    if not joined:
        return
    rows = await connection.fetch(
        SQL["add_messages"],
        [message.phone_id for message in joined],
        [message.transport for message in joined],
        [message.text for message in joined],
        [message.complete for message in joined],
        [message.parts[0].sent_at for message in joined],
        [message.completes for message in joined],
    )
    tied = [(part, row["id"]) for row, message in zip(rows, joined, strict=True) for part in message.part_ids]
    await connection.execute(SQL["close_parts"], [part for part, _ in tied], [message for _, message in tied])


async def _filled_in_time(connection: asyncpg.Connection, message: Joined) -> bool:
    """Whether the SMS whose gap is filled was still waiting to be handled: then nobody ever sees the gap."""
    if message.completes is None:
        return False
    log.info("sms.gap_filled", message=message.completes, complete=message.complete)
    if await connection.fetchval(SQL["fill_message"], message.completes, message.text, message.complete) is None:
        return False
    count = len(message.part_ids)
    await connection.execute(SQL["close_parts"], list(message.part_ids), [message.completes] * count)
    return True


async def _fill(connection: asyncpg.Connection, seal: Seal, groups: Sequence[_Group]) -> list[Joined]:
    """The SMS of these groups that have a message with a gap already, with the parts that came since."""
    rows = await connection.fetch(SQL["gap_parts"], *map(list, zip(*groups, strict=True)))
    return [dataclasses.replace(_unseal(group, seal), completes=group[0]["gap_id"]) for group in _grouped(rows)]


async def join_overdue(pool: asyncpg.Pool, seal: Seal, wait: timedelta) -> int:
    """Handles long SMS whose missing part has not come within `wait`: as they are, with the gap marked."""
    before = datetime.now(UTC) - wait
    async with pool.acquire() as connection, connection.transaction():
        phones = [row["phone_id"] for row in await connection.fetch(SQL["overdue_phones"], before)]
        await connection.execute(SQL["lock_phones"], phones)
        waiting = await connection.fetch(SQL["overdue_parts"], before, phones)
        if not waiting:
            return 0
        filled = await _fill(connection, seal, list({_group(row) for row in waiting}))
        used = {part for message in filled for part in message.part_ids}
        new = [_unseal(rows, seal) for rows in _grouped([row for row in waiting if row["id"] not in used])]
        for message in (*filled, *new):
            await add_messages(connection, [message])
            log.warning("sms.incomplete", modem=message.transport, parts=len(message.parts), of=message.count)
    return len(waiting)


def _sort(arrived: Sequence[Arrived]) -> _Sorted:
    found = _Sorted([], [], [])
    for one in arrived:
        try:
            content = read_pdu(one.pdu)
        except PduError as e:
            found.broken.append((one, str(e)))
            continue
        if isinstance(content, StatusReport):
            found.reports.append((one.transport, content))
        else:
            found.parts.append(_Read(one, content))
    return found


def read_pdu(pdu: str) -> Deliver | StatusReport:
    """What a PDU says; where its text was cut short, or something hangs on behind it, what there is of it. PduError."""
    try:
        return decode_pdu(pdu)
    except WrongLength as e:
        if isinstance(e.partial, Deliver) and e.partial.text.strip():
            return e.partial
        raise


def _group(row: asyncpg.Record) -> _Group:
    return row["phone_id"], row["reference"], row["reference_bits"], row["part_count"]


def _grouped(rows: Sequence[asyncpg.Record]) -> list[list[asyncpg.Record]]:
    """Rows that come sorted by group, one list a group."""
    return [list(group) for _, group in itertools.groupby(rows, _group)]


def _unseal(rows: Sequence[asyncpg.Record], seal: Seal) -> Joined:
    """The parts of one group. Of a number that came twice the later one counts; the other one is closed with it where
    it says the same (the phone sent it again), and waits on where it does not (the reference was used again)."""
    contents = [(row, _decoded(row, seal)) for row in rows]
    by_number = {row["part_number"]: content for row, content in contents}
    ids = [row["id"] for row, content in contents if content.user_data == by_number[row["part_number"]].user_data]
    return Joined(ids, rows[0]["phone_id"], rows[0]["transport"], [by_number[n] for n in sorted(by_number)])


def _decoded(row: asyncpg.Record, seal: Seal) -> Deliver:
    content = read_pdu(seal.open(row["pdu_sealed"], "pdu").hex())
    assert isinstance(content, Deliver), "only SMS-DELIVER is stored as a part"
    return content
