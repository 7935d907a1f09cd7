-- Every statement that the daemon and its command run. Loaded by name; a test PREPAREs each against schema.sql.

-- name: schema_version
-- The newest migration applied. Fails with "undefined table" where there is no schema of ours.
SELECT max(version) FROM schema_version;

-- name: now
-- The time, as everything that is due is measured.
SELECT now();

-- name: schema_of_sealed
-- Where the type `sealed` is; nothing in a database that has none.
SELECT nspname FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
WHERE pg_type.oid = to_regtype('sealed');

-- name: current_key
-- The key that seals and hashes.
SELECT id FROM sealing_key WHERE current;

-- name: current_key_for_hashes
-- The same, and it stays so until the transaction ends: a number must not get a second hash at the same moment.
SELECT id FROM sealing_key WHERE current FOR SHARE;

-- name: add_first_key
-- Of a new database.
INSERT INTO sealing_key (id, current) VALUES ($1, true) ON CONFLICT DO NOTHING;

-- ---------------------------------------------------------------- inbound SMS

-- name: known_hashes
-- Which of the hashes $1 of numbers are known, and whose they are.
SELECT id, address_hash FROM phone WHERE address_hash = ANY ($1::bytea[]);

-- name: known_parts
-- Which of the identities $1 of parts are known.
SELECT identity FROM inbound_part WHERE identity = ANY ($1::bytea[]);

-- name: find_or_add_phones
-- $1 hashes, $2 sealed addresses, $3 answerable. Gives id and hash of each, new or known.
WITH given AS (
    SELECT DISTINCT ON (hash) * FROM unnest($1::bytea[], $2::bytea[], $3::boolean[]) AS g(hash, sealed, answerable)
), added AS (
    INSERT INTO phone (address_hash, address_sealed, answerable)
    SELECT hash, sealed, answerable FROM given ORDER BY hash
    ON CONFLICT (address_hash) DO NOTHING
    RETURNING id, address_hash
)
SELECT id, address_hash FROM added
UNION ALL
SELECT phone.id, phone.address_hash FROM phone JOIN given ON phone.address_hash = given.hash;

-- name: add_parts
-- One row a part; a part that the network or the modem gave twice is not added again, and not returned.
INSERT INTO inbound_part (phone_id, transport, identity, pdu_sealed, reference, reference_bits, part_number, part_count,
                          sent_at)
SELECT phone_id, transport, identity, sealed, reference, bits, number, count, sent_at
FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[], $5::integer[], $6::smallint[], $7::smallint[],
            $8::smallint[], $9::timestamptz[])
     WITH ORDINALITY AS part(phone_id, transport, identity, sealed, reference, bits, number, count, sent_at, position)
ORDER BY position
ON CONFLICT (identity) DO NOTHING
RETURNING id, identity, phone_id, transport, reference, reference_bits, part_count;

-- name: lock_phones
-- Until the transaction ends, nobody else joins parts of these phones: two modems may get two parts at the same moment.
SELECT pg_advisory_xact_lock(id) FROM unnest($1::bigint[]) AS id ORDER BY id;

-- name: complete_groups
-- The waiting parts of every group that has all its numbers by now; $1..$4 name the groups.
-- Rows of one group follow each other, and of a number that came twice (a reference used again) the later one is last.
WITH waiting AS (
    SELECT id, phone_id, reference, reference_bits, part_count, part_number, pdu_sealed, sent_at, transport
    FROM inbound_part
    WHERE message_id IS NULL
      AND (phone_id, reference, reference_bits, part_count) IN
          (SELECT * FROM unnest($1::bigint[], $2::integer[], $3::smallint[], $4::smallint[]))
), whole AS (
    SELECT phone_id, reference, reference_bits, part_count FROM waiting
    GROUP BY phone_id, reference, reference_bits, part_count HAVING count(DISTINCT part_number) = part_count
)
SELECT waiting.* FROM waiting JOIN whole USING (phone_id, reference, reference_bits, part_count)
ORDER BY phone_id, reference, reference_bits, part_count, part_number, sent_at, id;

-- name: gap_parts
-- Where parts of the groups $1..$4 wait, and an SMS was handled with the very gap that they fill: the parts of both, and
-- that SMS. Parts of one text are sent at one go, minutes apart at most; much later a phone uses a reference again.
WITH late AS (
    SELECT * FROM inbound_part
    WHERE message_id IS NULL
      AND (phone_id, reference, reference_bits, part_count) IN
          (SELECT * FROM unnest($1::bigint[], $2::integer[], $3::smallint[], $4::smallint[]))
), gap AS (
    SELECT DISTINCT ON (late.id) late.id AS late_id, message.id
    FROM late JOIN inbound_part AS sibling USING (phone_id, reference, reference_bits, part_count)
              JOIN inbound_message AS message ON message.id = sibling.message_id AND NOT message.complete
    WHERE sibling.sent_at BETWEEN late.sent_at - interval '1 hour' AND late.sent_at + interval '1 hour'
      AND NOT EXISTS (SELECT FROM inbound_part AS there
                      WHERE there.message_id = message.id AND there.part_number = late.part_number)
    ORDER BY late.id, message.id DESC
)
SELECT part.id, part.phone_id, part.reference, part.reference_bits, part.part_count, part.part_number, part.pdu_sealed,
       part.sent_at, part.transport, filled.gap_id
FROM (SELECT late_id AS part_id, id AS gap_id FROM gap
      UNION SELECT there.id, gap.id FROM gap JOIN inbound_part AS there ON there.message_id = gap.id) AS filled
JOIN inbound_part AS part ON part.id = filled.part_id
ORDER BY part.phone_id, part.reference, part.reference_bits, part.part_count, part.part_number, part.sent_at, part.id;

-- name: fill_message
-- The whole text of an SMS that waits with its gap; nothing where it has been handled already.
UPDATE inbound_message SET text = $2, complete = $3 WHERE id = $1 AND state = 'new' RETURNING id;

-- name: overdue_phones
-- Phones with parts that have waited since before $1: to be locked before anyone looks closer.
SELECT DISTINCT phone_id FROM inbound_part WHERE message_id IS NULL AND received_at < $1 ORDER BY phone_id LIMIT 500;

-- name: overdue_parts
-- Parts of the phones $2 that have waited since before $1 for siblings that did not come, whole groups.
SELECT id, phone_id, reference, reference_bits, part_count, part_number, pdu_sealed, sent_at, transport
FROM inbound_part AS part
WHERE message_id IS NULL AND phone_id = ANY ($2::bigint[])
  AND NOT EXISTS (SELECT FROM inbound_part AS younger
                  WHERE younger.message_id IS NULL AND younger.received_at >= $1
                    AND younger.phone_id = part.phone_id AND younger.reference = part.reference
                    AND younger.reference_bits = part.reference_bits AND younger.part_count = part.part_count)
ORDER BY phone_id, reference, reference_bits, part_count, part_number, sent_at, id;

-- name: add_messages
-- One row a joined SMS, in the order given. Of a number with twenty that wait, more are due one after the other, five a
-- second: it must not be in the way of the others.
INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at, completes, due_at)
SELECT phone_id, transport, text, complete, sent_at, completes,
       CASE WHEN EXISTS (SELECT FROM inbound_message AS waiting
                         WHERE waiting.phone_id = message.phone_id AND waiting.state = 'new'
                         ORDER BY waiting.id DESC OFFSET 19 LIMIT 1)
            THEN greatest(now(), (SELECT due_at FROM inbound_message AS last
                                  WHERE last.phone_id = message.phone_id AND last.state = 'new'
                                  ORDER BY last.id DESC LIMIT 1)) + interval '200 ms' * nth
            ELSE now() + interval '200 ms' * greatest(0, nth - 20)
       END
FROM (SELECT *, row_number() OVER (PARTITION BY phone_id ORDER BY position) AS nth
      FROM unnest($1::bigint[], $2::text[], $3::sealed[], $4::boolean[], $5::timestamptz[], $6::bigint[])
           WITH ORDINALITY AS given(phone_id, transport, text, complete, sent_at, completes, position)) AS message
ORDER BY position
RETURNING id;

-- name: close_parts
-- The parts $1 belong to the messages $2 now.
UPDATE inbound_part SET message_id = joined.message_id
FROM unnest($1::bigint[], $2::bigint[]) AS joined(part_id, message_id)
WHERE inbound_part.id = joined.part_id;

-- name: add_quarantine
-- Bytes nobody can read; the same bytes seen again change nothing. Gives the id only when they are new.
INSERT INTO quarantine (source, transport, digest, raw_sealed, error) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (digest) DO NOTHING
RETURNING id;

-- name: claim_messages
-- The messages that wait, of each phone only the oldest: what it is answered depends on what came before. One that is
-- tried again holds nothing up. One that is held, for it reads cut, is due as soon as another one comes.
-- Locked until the transaction ends, so that a crash gives them back at once. What was handled of it before, where a
-- late part has filled its gap, comes with it.
WITH due AS MATERIALIZED (
    SELECT id FROM inbound_message WHERE state = 'new' AND due_at <= now() ORDER BY due_at, id LIMIT 500
)
SELECT message.id, message.phone_id, message.text, message.attempts, message.trusted, message.sent_at,
       message.received_at, now() AS now, extract(epoch FROM now() - message.received_at)::float AS age_s,
       gap.text AS gap_text, gap.ticket_id AS gap_ticket_id, message.transport, message.complete,
       (SELECT count(*) FROM inbound_part WHERE inbound_part.message_id = message.id) AS parts
FROM due JOIN inbound_message AS message USING (id) LEFT JOIN inbound_message AS gap ON gap.id = message.completes
WHERE message.state = 'new'
  AND (message.held_until IS NULL OR message.held_until <= now()
       OR EXISTS (SELECT FROM inbound_message AS younger
                  WHERE younger.phone_id = message.phone_id AND younger.state = 'new'
                    AND younger.id > message.id AND younger.held_until IS NULL))
  AND NOT EXISTS (SELECT FROM inbound_message AS older
                  WHERE older.phone_id = message.phone_id AND older.state = 'new'
                    AND older.id < message.id AND older.attempts = 0)
ORDER BY message.due_at, message.id
LIMIT $1
FOR UPDATE OF message SKIP LOCKED;

-- name: following_messages
-- The next messages of the phones $1 behind those of $2, which hold them back for everybody else.
SELECT following.* FROM unnest($1::bigint[], $2::bigint[]) AS first(phone_id, id)
CROSS JOIN LATERAL (
    SELECT message.id, message.phone_id, message.text, message.sent_at, message.received_at
    FROM inbound_message AS message
    WHERE message.phone_id = first.phone_id AND message.state = 'new' AND message.attempts = 0
      AND message.id > first.id
    ORDER BY message.id LIMIT 3
) AS following
ORDER BY following.id;

-- name: hold_messages
-- The messages $1 wait until $2 for the rest of their text.
UPDATE inbound_message SET held_until = held.until FROM unnest($1::bigint[], $2::timestamptz[]) AS held(id, until)
WHERE inbound_message.id = held.id;

-- name: phones_that_talk
-- The phones $1, locked against everything else that asks them or answers for them, with how often each has guessed
-- at a code since $2.
SELECT phone.id, phone.answerable, phone.language, phone.quiet,
       (SELECT count(*) FROM inbound_message AS message
        WHERE message.phone_id = phone.id AND message.received_at > $2 AND message.outcome = 'wrong_code') AS wrong_codes
FROM phone WHERE phone.id = ANY ($1::bigint[])
ORDER BY phone.id
FOR NO KEY UPDATE;

-- name: questions_of_phones
-- What the phones $1 were asked and have not answered, newest first.
SELECT phone_id, ticket_id, kind FROM question
WHERE phone_id = ANY ($1::bigint[]) AND closed_at IS NULL AND expires_at > now()
ORDER BY asked_at DESC, id DESC;

-- name: recent_texts
-- The last fifty texts of each of the phones $1 since $2 that opened a report or became part of one, newest first, and
-- whether the citizen has been told of that report yet.
SELECT message.phone_id, message.text, message.ticket_id, message.outcome, message.sent_at,
       EXISTS (SELECT FROM outbox_sms AS sms
               WHERE sms.phone_id = message.phone_id AND sms.ticket_id = message.ticket_id
                 AND sms.state <> 'queued') AS told
FROM unnest($1::bigint[]) AS wanted(phone_id)
CROSS JOIN LATERAL (
    SELECT * FROM inbound_message
    WHERE inbound_message.phone_id = wanted.phone_id AND received_at > $2 AND ticket_id IS NOT NULL
    ORDER BY id DESC LIMIT 50
) AS message
ORDER BY message.id DESC;

-- name: settle_messages
-- The messages $1 are in state $2 now, were taken for $3, and are part of the tickets $5; $4 says why they are not.
UPDATE inbound_message
SET state = done.state, outcome = done.outcome, error = done.error,
    ticket_id = coalesce(done.ticket_id, inbound_message.ticket_id)
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::sealed[], $5::bigint[])
     AS done(id, state, outcome, error, ticket_id)
WHERE inbound_message.id = done.id;

-- name: fail_message
-- A message whose handling raised $2: tried again at $3, or quarantined after $4 tries. Gives its new state.
UPDATE inbound_message
SET attempts = attempts + 1, error = $2, due_at = $3,
    state = CASE WHEN attempts + 1 >= $4 THEN 'quarantined' ELSE 'new' END
WHERE id = $1
RETURNING state;

-- ---------------------------------------------------------------- tickets

-- name: reserve_ids
-- $2 numbers of the table $1.
SELECT nextval(pg_get_serial_sequence($1, 'id')) AS id FROM generate_series(1, $2::integer);

-- name: insert_tickets
-- One row a NewTicket, fields in its order.
INSERT INTO ticket (id, code, phone_id, message_id, text, class, topic, place, confidential, confidence, reasons,
                    opened_at, anonymous)
SELECT id, code, phone_id, message_id, text, klass, topic, place, confidential, confidence, reasons, opened_at,
       anonymous
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::sealed[], $6::text[], $7::text[],
            $8::text[], $9::boolean[], $10::real[], $11::sealed[], $12::timestamptz[], $13::boolean[])
     AS t(id, code, phone_id, message_id, text, klass, topic, place, confidential, confidence, reasons, opened_at,
          anonymous);

-- name: insert_events
-- One row a SealedEvent, fields in its order; the trigger moves the ticket.
INSERT INTO ticket_event (ticket_id, at, kind, actor, status, agency, due_at, due_for, data, sets, text, words,
                          sets_text, sets_reasons)
SELECT ticket_id, at, kind, actor, status, agency, due_at, due_for, data::jsonb, nullif(sets::jsonb, '{}'), text, words,
       sets_text, sets_reasons
FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
            $8::text[], $9::text[], $10::text[], $11::sealed[], $12::sealed[], $13::sealed[],
            $14::sealed[])
     WITH ORDINALITY AS e(ticket_id, at, kind, actor, status, agency, due_at, due_for, data, sets, text, words,
                          sets_text, sets_reasons, position)
ORDER BY position;

-- name: overtake_free_answers
-- Free answers about the tickets $1 that are closed or with another agency now: as if they came after that.
UPDATE inbound_mail AS mail
SET outcome = CASE WHEN ticket.status IN ('selesai', 'diarsipkan') THEN 'ticket_closed' ELSE 'dispatch_ended' END
FROM dispatch JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE ticket.id = ANY ($1::bigint[]) AND mail.dispatch_id = dispatch.id AND mail.state = 'held'
  AND mail.outcome = 'free_text'
  AND (ticket.status IN ('selesai', 'diarsipkan') OR ticket.agency <> dispatch.agency);

-- name: insert_dispatches
-- One row a NewDispatch, fields in its order; where a ticket goes to somebody else, what ran before ends, copies too.
WITH ended AS (
    UPDATE dispatch SET ended_at = now()
    WHERE ended_at IS NULL
      AND ticket_id IN (SELECT ticket_id FROM unnest($2::bigint[], $7::boolean[]) AS new(ticket_id, copy) WHERE NOT copy)
)
INSERT INTO dispatch (id, ticket_id, agency, address, token, at, copy)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[]);

-- name: insert_mails
-- One row a NewMail, fields in its order.
INSERT INTO outbox_mail (dispatch_id, kind, extra_text, message_id, due_at)
SELECT dispatch_id, kind, extra_text, message_id, coalesce(due_at, now())
FROM unnest($1::bigint[], $2::text[], $3::sealed[], $4::text[], $5::timestamptz[])
     AS mail(dispatch_id, kind, extra_text, message_id, due_at);

-- name: insert_digests
-- One row a NewDigest, fields in its order; of one agency, kind and day there is only one.
WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[])
                  AS d(agency, kind, day, address, message_id, content)
), added AS (
    INSERT INTO digest (agency, kind, day) SELECT agency, kind, day FROM given ON CONFLICT DO NOTHING
    RETURNING agency, kind, day
)
INSERT INTO outbox_mail (kind, message_id, agency, address, content)
SELECT kind, message_id, agency, address, content::jsonb FROM given JOIN added USING (agency, kind, day)
WHERE address <> '';

-- name: set_next_steps
-- One row a NextStep, fields in its order.
UPDATE ticket SET next_step = planned.step, next_at = planned.at
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS planned(ticket_id, step, at)
WHERE ticket.id = planned.ticket_id;

-- name: pause_contacts
-- One row a ContactPause, fields in its order. Mails that come back within one rest are one bounce; in a row are those
-- that come back within a week after it, for a relay tries for five days.
INSERT INTO contact_pause (address, agency, paused_at, paused_until, status, reason)
SELECT address, agency, at, coalesce(until, 'infinity'), status, reason
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[])
     AS pause(address, agency, at, until, status, reason)
ON CONFLICT (address) DO UPDATE
SET agency = excluded.agency, paused_at = excluded.paused_at, status = excluded.status, reason = excluded.reason,
    paused_until = greatest(contact_pause.paused_until, excluded.paused_until),
    bounces = CASE WHEN contact_pause.paused_until > excluded.paused_at THEN contact_pause.bounces
                   WHEN contact_pause.paused_until > excluded.paused_at - interval '7 days' THEN contact_pause.bounces + 1
                   ELSE 1 END;

-- name: paused_addresses
-- Mailboxes that are not written to now.
SELECT address FROM contact_pause WHERE paused_until > now();

-- name: resume_contact
-- The mailbox $1 takes mail again: it has answered, or an operator says so.
DELETE FROM contact_pause WHERE lower(address) = lower($1) RETURNING agency;

-- name: close_questions
-- One row a ClosedQuestion, fields in its order; without a kind all of the ticket's open questions are closed.
UPDATE question SET closed_at = closed.at, outcome = closed.outcome
FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[]) AS closed(ticket_id, at, outcome, kind)
WHERE question.ticket_id = closed.ticket_id AND question.closed_at IS NULL
  AND (closed.kind IS NULL OR question.kind = closed.kind);

-- name: insert_questions
-- One row a NewQuestion, fields in its order; asked once more, it is open longer.
INSERT INTO question (phone_id, ticket_id, kind, asked_at, expires_at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[])
ON CONFLICT (ticket_id, kind) WHERE closed_at IS NULL
DO UPDATE SET asked_at = excluded.asked_at, expires_at = excluded.expires_at;

-- name: change_phones
-- One row a PhoneChange, fields in its order; NULL leaves a column as it is.
UPDATE phone SET quiet = coalesce(change.quiet, phone.quiet), language = coalesce(change.language, phone.language)
FROM unnest($1::bigint[], $2::boolean[], $3::text[]) AS change(phone_id, quiet, language)
WHERE phone.id = change.phone_id;

-- name: put_one_offs
-- One row a NewOneOff, fields in its order; it takes the place of an earlier one.
INSERT INTO one_off (phone_id, number, expires_at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[])
ON CONFLICT (phone_id) DO UPDATE
SET number = excluded.number, expires_at = excluded.expires_at, wrong_tries = 0;

-- name: count_wrong_tries
-- One row a WrongTry: a number was wrong for the phone $1.
UPDATE one_off SET wrong_tries = wrong_tries + 1 WHERE phone_id = ANY ($1::bigint[]);

-- name: insert_sms
-- One row a NewSms, fields in its order; over $6 automatic SMS in an hour to one number, or $7 to all together, the row
-- is withheld, and so is all but answers to a phone that wants quiet. From the eleventh on they go behind those to other numbers. Gives the
-- phones whose SMS was over the limit, with the code of the ticket that it is about.
WITH wanted AS (
    SELECT *, row_number() OVER (PARTITION BY phone_id ORDER BY position) AS nth
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::sealed[], $5::smallint[])
         WITH ORDINALITY AS w(phone_id, ticket_id, cause, text, priority, position)
), recent AS (
    SELECT phone_id, count(*) AS sms FROM outbox_sms
    WHERE phone_id = ANY ($1::bigint[]) AND created_at > now() - interval '1 hour' AND state <> 'withheld'
    GROUP BY phone_id
), everybody AS (
    SELECT count(*) AS sms FROM outbox_sms WHERE created_at > now() - interval '1 hour' AND state <> 'withheld'
), judged AS (
    SELECT wanted.*, phone.quiet AND priority > 0 AS unwanted, coalesce(recent.sms, 0) + nth > 10 AS much,
           coalesce(recent.sms, 0) + nth > $6::integer OR NOT phone.answerable
           OR (SELECT sms FROM everybody) + position > $7::integer AS too_much
    FROM wanted JOIN phone ON phone.id = wanted.phone_id LEFT JOIN recent ON recent.phone_id = wanted.phone_id
), added AS (
    INSERT INTO outbox_sms (phone_id, ticket_id, cause, text, priority, state)
    SELECT phone_id, ticket_id, cause, text, CASE WHEN much THEN greatest(priority, 2::smallint) ELSE priority END,
           CASE WHEN unwanted OR too_much THEN 'withheld' ELSE 'queued' END
    FROM judged ORDER BY position
)
SELECT phone_id, (SELECT code FROM ticket WHERE ticket.id = judged.ticket_id) AS ticket
FROM judged WHERE too_much AND NOT unwanted;

-- name: tickets_of_phones
-- The newest tickets of the phones $1, newest first: all that a citizen can mean without naming a code.
SELECT ticket.* FROM unnest($1::bigint[]) AS wanted(phone_id)
CROSS JOIN LATERAL (SELECT * FROM desk_ticket WHERE desk_ticket.phone_id = wanted.phone_id
                    ORDER BY opened_at DESC, id DESC LIMIT 50) AS ticket
ORDER BY ticket.opened_at DESC, ticket.id DESC;

-- name: tickets_of_codes
-- The tickets with the codes $1, whosever they are, and the one-off number that opens their status at $2, if any.
SELECT desk_ticket.*,
       (SELECT number FROM one_off
        WHERE one_off.phone_id = desk_ticket.phone_id AND expires_at > $2 AND wrong_tries < $3::integer) AS one_off
FROM desk_ticket WHERE code = ANY ($1::text[]);

-- name: ticket_for_change
-- One ticket by its code, locked.
SELECT * FROM desk_ticket WHERE code = $1 FOR UPDATE;

-- name: lock_phone_of_dispatch
-- Before anything of its ticket is read: whoever handles an SMS of that phone has it locked too.
SELECT FROM phone
WHERE id = (SELECT ticket.phone_id FROM dispatch JOIN ticket ON ticket.id = dispatch.ticket_id WHERE dispatch.id = $1)
FOR NO KEY UPDATE;

-- name: lock_phone_of_mail
-- The same before the mail $1 is decided: whoever handles another mail about its ticket may change this one too.
SELECT FROM phone
WHERE id = (SELECT ticket.phone_id
            FROM inbound_mail AS mail
                 JOIN dispatch ON dispatch.id = coalesce(
                     mail.dispatch_id,
                     (SELECT id FROM dispatch WHERE token = substring(lower(mail.recipient) FROM '^t-([^@]+)@')))
                 JOIN ticket ON ticket.id = dispatch.ticket_id
            WHERE mail.id = $1)
FOR NO KEY UPDATE;

-- name: lock_phone_of_code
-- The same by the ticket's code.
SELECT FROM phone WHERE id = (SELECT ticket.phone_id FROM ticket WHERE code = $1) FOR NO KEY UPDATE;

-- name: ticket_of_dispatch
-- The same for the ticket of a dispatch, locked.
SELECT desk_ticket.* FROM desk_ticket
WHERE desk_ticket.id = (SELECT dispatch.ticket_id FROM dispatch WHERE dispatch.id = $1)
FOR UPDATE;

-- name: due_steps
-- Tickets for which the clock has something to do, locked with their phones; those of phones somebody is talking with
-- come later.
SELECT ticket.id AS ticket_id, ticket.next_step, now() AS now FROM ticket JOIN phone ON phone.id = ticket.phone_id
WHERE ticket.next_at <= now()
ORDER BY ticket.next_at, ticket.id
LIMIT 100
FOR NO KEY UPDATE OF phone, ticket SKIP LOCKED;

-- name: old_tickets
-- Tickets opened before $1 and not touched since $2, not finished, whose citizens have not been asked about the
-- Ombudsman; locked likewise.
SELECT ticket.id AS ticket_id, now() AS now FROM ticket JOIN phone ON phone.id = ticket.phone_id
WHERE ticket.opened_at < $1 AND ticket.updated_at < $2 AND ticket.ombudsman_asked_at IS NULL AND ticket.status NOT IN ('selesai', 'diarsipkan')
ORDER BY ticket.opened_at, ticket.id
LIMIT 100
FOR NO KEY UPDATE OF phone, ticket SKIP LOCKED;

-- name: unread_answers
-- Free answers of agencies that wait for an operator longer than they may, untold; locked likewise. One a ticket.
SELECT mail.id, dispatch.ticket_id, now() AS now
FROM inbound_mail AS mail JOIN dispatch ON dispatch.id = mail.dispatch_id
     JOIN ticket ON ticket.id = dispatch.ticket_id JOIN phone ON phone.id = ticket.phone_id
WHERE mail.state = 'held' AND mail.outcome = 'free_text' AND mail.told_at IS NULL AND mail.due_at <= now()
  AND ticket.status NOT IN ('selesai', 'diarsipkan')
  AND NOT EXISTS (SELECT FROM inbound_mail AS earlier
                  WHERE earlier.dispatch_id = mail.dispatch_id AND earlier.state = 'held'
                    AND earlier.outcome = 'free_text' AND (earlier.told_at IS NOT NULL OR earlier.id < mail.id))
ORDER BY mail.id
LIMIT 100
FOR NO KEY UPDATE OF phone, mail SKIP LOCKED;

-- name: tell_unread
-- Of these free answers the citizens have been told.
UPDATE inbound_mail SET told_at = now() WHERE id = ANY ($1::bigint[]);

-- name: expired_questions
-- Questions nobody answered by now, by day ($1) all, at night those for a place; locked with their phones. Those of
-- phones somebody is talking with come later.
SELECT question.ticket_id, question.kind, now() AS now FROM question JOIN phone ON phone.id = question.phone_id
WHERE question.closed_at IS NULL AND question.expires_at <= now() AND ($1::boolean OR question.kind = 'tempat')
ORDER BY question.expires_at, question.id
LIMIT 100
FOR NO KEY UPDATE OF phone, question SKIP LOCKED;

-- name: tickets_of_ids
-- The tickets $1 as the desk needs them.
SELECT * FROM desk_ticket WHERE id = ANY ($1::bigint[]);

-- name: agency_without_digest
-- An agency that has had a ticket to work on since before $2, and has got no digest on the day $1.
SELECT DISTINCT ticket.agency FROM ticket
WHERE ticket.status NOT IN ('selesai', 'diarsipkan') AND ticket.agency IS NOT NULL
  AND EXISTS (SELECT FROM dispatch
              WHERE dispatch.ticket_id = ticket.id AND dispatch.ended_at IS NULL AND NOT dispatch.copy
                AND dispatch.at < $2)
  AND NOT EXISTS (SELECT FROM digest
                  WHERE digest.agency = ticket.agency AND digest.kind = 'rekap' AND digest.day = $1::date)
LIMIT 1;

-- name: open_tickets_of_agency
-- What the agency $1 has to work on, worst first. While the citizen is asked, no deadline of the agency's runs.
SELECT ticket.code, ticket.topic, ticket.place, ticket.status, ticket.confidential, ticket.opened_at,
       CASE WHEN ticket.due_for <> 'reply' THEN ticket.due_at END AS due_at, dispatch.token
FROM ticket
CROSS JOIN LATERAL (SELECT token FROM dispatch
                    WHERE dispatch.ticket_id = ticket.id AND dispatch.ended_at IS NULL AND NOT dispatch.copy
                    ORDER BY dispatch.id DESC LIMIT 1) AS dispatch
WHERE ticket.agency = $1 AND ticket.status NOT IN ('selesai', 'diarsipkan')
ORDER BY 7 NULLS LAST, ticket.id;

-- name: week_of_agency
-- How many tickets the agency $1 got since $2, and how many it closed.
SELECT (SELECT count(*) FROM ticket_event AS event
        WHERE event.kind = 'dispatched' AND event.agency = $1 AND event.at >= $2) AS opened,
       (SELECT count(*) FROM ticket_event AS event
        WHERE event.kind IN ('agency_done', 'agency_refused') AND event.actor = 'agency:' || $1 AND event.at >= $2)
           AS closed;

-- name: list_tickets
-- For operators. Every argument may be NULL: status, agency, topic, place (a code and all below it), opened since, limit.
SELECT code, status, class, topic, place, agency, confidential, anonymous, confidence, text, opened_at, due_at, due_for,
       updated_at
FROM ticket
WHERE ($1::text IS NULL OR status = $1)
  AND ($2::text IS NULL OR agency = $2)
  AND ($3::text IS NULL OR topic = $3)
  AND ($4::text IS NULL OR place = $4 OR place LIKE $4 || '.%')
  AND ($5::timestamptz IS NULL OR opened_at >= $5)
ORDER BY opened_at DESC, id DESC
LIMIT $6;

-- name: show_ticket
-- One ticket by its code.
SELECT id, code, status, class, topic, place, agency, confidential, anonymous, confidence, reasons, text, opened_at,
       due_at, due_for, updated_at, next_step, next_at, ombudsman_asked_at
FROM ticket WHERE code = $1;

-- name: ticket_timeline
-- Its events, first to last.
SELECT at, kind, actor, status, agency, due_at, due_for, data, sets, text, words, sets_text, sets_reasons
FROM ticket_event WHERE ticket_id = $1 ORDER BY id;

-- name: ticket_sms
-- The SMS that were written about it.
SELECT id, created_at, cause, text, state, attempts, sent_at, error FROM outbox_sms WHERE ticket_id = $1 ORDER BY id;

-- name: ticket_mails
-- The mails that were written about it.
SELECT mail.id, mail.created_at, mail.kind, dispatch.agency, dispatch.address, mail.state, mail.attempts, mail.sent_at,
       mail.response, mail.error, mail.delivery, mail.delivery_status
FROM outbox_mail AS mail JOIN dispatch ON dispatch.id = mail.dispatch_id
WHERE dispatch.ticket_id = $1 ORDER BY mail.id;

-- name: ticket_questions
-- What its citizen was asked about it and may still answer.
SELECT kind, asked_at, expires_at FROM question WHERE ticket_id = $1 AND closed_at IS NULL ORDER BY id;

-- name: ticket_unread
-- Free answers about it that no operator has read, and whether the citizen will be told of it: see unread_answers.
SELECT mail.id, mail.due_at,
       mail.told_at IS NULL AND NOT EXISTS (
           SELECT FROM inbound_mail AS earlier
           WHERE earlier.dispatch_id = mail.dispatch_id AND earlier.state = 'held' AND earlier.outcome = 'free_text'
             AND (earlier.told_at IS NOT NULL OR earlier.id < mail.id)) AS to_tell
FROM inbound_mail AS mail JOIN dispatch ON dispatch.id = mail.dispatch_id
WHERE dispatch.ticket_id = $1 AND mail.state = 'held' AND mail.outcome = 'free_text'
ORDER BY mail.id;

-- ---------------------------------------------------------------- what waits for an operator

-- name: list_quarantine
-- What was not taken as a report: texts that read as spam or could not be handled (sms), and PDUs nobody can read
-- (pdu). $1 narrows it to one reason: penipuan, promo, robot, spam (any of these three), failed, pdu. Newest first. An
-- SMS that was joined to a text is no entry of its own.
SELECT * FROM (
    SELECT 'sms' AS kind, id, received_at AS at, coalesce(outcome, 'failed') AS reason, error, attempts, text
    FROM inbound_message WHERE state = 'quarantined' AND outcome IS DISTINCT FROM 'joined'
    UNION ALL
    SELECT 'pdu', id, at, 'pdu', error, 0, NULL FROM quarantine
) AS kept
WHERE $1::text IS NULL OR reason = $1 OR ($1 = 'spam' AND reason NOT IN ('failed', 'pdu'))
ORDER BY at DESC, id DESC
LIMIT $2;

-- name: show_quarantine
-- One of them, by kind and id: a text, or the sealed bytes of a PDU.
SELECT 'sms' AS kind, id, received_at AS at, coalesce(outcome, 'failed') AS reason, error, attempts, transport, text,
       NULL::bytea AS raw_sealed
FROM inbound_message WHERE state = 'quarantined' AND $1 = 'sms' AND id = $2
UNION ALL
SELECT 'pdu', id, at, 'pdu', error, 0, transport, NULL, raw_sealed FROM quarantine WHERE $1 = 'pdu' AND id = $2;

-- name: leave_quarantine
-- The PDU $1 has been read and stored.
DELETE FROM quarantine WHERE id = $1;

-- name: quarantined_rest
-- The SMS that were joined to the spam $1 and are kept with it, in order.
SELECT rest.id, rest.text
FROM inbound_message AS first JOIN inbound_message AS rest ON rest.phone_id = first.phone_id AND rest.id > first.id
WHERE first.id = $1 AND first.outcome <> 'joined' AND rest.state = 'quarantined' AND rest.outcome = 'joined'
  AND NOT EXISTS (SELECT FROM inbound_message AS nearer
                  WHERE nearer.phone_id = first.phone_id AND nearer.id > first.id AND nearer.id < rest.id
                    AND nearer.state = 'quarantined' AND nearer.outcome <> 'joined')
ORDER BY rest.id;

-- name: retry_quarantine_message
-- Handled again, and taken as a report whatever the spam filter says; nothing where it is not in quarantine.
UPDATE inbound_message
SET state = 'new', trusted = true, attempts = 0, due_at = now(), outcome = NULL, error = NULL
WHERE id = $1 AND state = 'quarantined'
RETURNING id;

-- name: list_inbox
-- Mails that wait for an operator, oldest first; with $1 also those that were put aside or came from machines. What
-- could not be handled has no dispatch yet, but perhaps a token.
SELECT mail.id, mail.received_at, mail.state, coalesce(mail.outcome, mail.state) AS reason, mail.error,
       ticket.code AS ticket, ticket.status, ticket.agency AS holder, dispatch.agency,
       mail.sender, mail.recipient, mail.subject,
       CASE WHEN mail.outcome = 'free_text' AND mail.state = 'held' THEN mail.due_at END AS read_by,
       mail.raw, mail.envelope_sender
FROM inbound_mail AS mail
     LEFT JOIN dispatch ON dispatch.id = coalesce(
         mail.dispatch_id,
         (SELECT id FROM dispatch WHERE token = substring(lower(mail.recipient) FROM '^t-([^@]+)@')))
     LEFT JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE mail.state IN ('held', 'quarantined') OR ($1::boolean AND mail.state IN ('kept', 'rejected'))
ORDER BY mail.id
LIMIT $2;

-- name: show_inbox
-- One mail by its id, whatever became of it.
SELECT mail.id, mail.received_at, mail.state, coalesce(mail.outcome, mail.state) AS reason, mail.error,
       ticket.code AS ticket, ticket.status, ticket.agency AS holder, dispatch.agency,
       mail.sender, mail.recipient, mail.subject,
       CASE WHEN mail.outcome = 'free_text' AND mail.state = 'held' THEN mail.due_at END AS read_by,
       mail.raw, mail.envelope_sender
FROM inbound_mail AS mail
     LEFT JOIN dispatch ON dispatch.id = coalesce(
         mail.dispatch_id,
         (SELECT id FROM dispatch WHERE token = substring(lower(mail.recipient) FROM '^t-([^@]+)@')))
     LEFT JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE mail.id = $1;

-- name: open_tokens
-- The tokens to which an agency may still answer, and the codes of their tickets.
SELECT dispatch.token, ticket.code FROM dispatch JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE dispatch.ended_at IS NULL AND NOT dispatch.copy AND ticket.status NOT IN ('selesai', 'diarsipkan');

-- name: attachments_of_mail
-- What was attached to it.
SELECT name, type, bytes, encode(sha256, 'hex') AS sha256 FROM mail_attachment WHERE mail_id = $1 ORDER BY nth;

-- name: claim_held_mail
-- A mail, whatever became of it, that an operator wants to decide; locked until the transaction ends.
SELECT mail.id, mail.state, mail.envelope_sender, mail.recipient, mail.raw, mail.outcome, dispatch.id AS dispatch_id,
       dispatch.agency, ticket.code AS ticket, now() AS now
FROM inbound_mail AS mail
     LEFT JOIN dispatch ON dispatch.id = coalesce(
         mail.dispatch_id,
         (SELECT id FROM dispatch WHERE token = substring(lower(mail.recipient) FROM '^t-([^@]+)@')))
     LEFT JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE mail.id = $1
FOR UPDATE OF mail;

-- name: retry_inbound_mail
-- The mail $1, which could not be handled, is handled again.
UPDATE inbound_mail SET state = 'new', attempts = 0, due_at = now() WHERE id = $1 AND state = 'quarantined'
RETURNING id;

-- name: list_deadlines
-- Deadlines that run: only of the agency $1, only late ones ($2), at most $3; agencies with the worst first.
SELECT agency, code, status, place, due_for, due_at, due_at < now() AS late, next_step, next_at, now() AS now
FROM (SELECT *, min(due_at) OVER (PARTITION BY agency) AS worst FROM ticket WHERE due_at IS NOT NULL) AS running
WHERE ($1::text IS NULL OR upper(agency) = upper($1)) AND (NOT $2::boolean OR due_at < now())
ORDER BY worst, agency, due_at, id
LIMIT $3;

-- name: list_agencies
-- Agencies with open tickets, or with a mailbox that is paused; with $1 only these. `paused` names the mailboxes.
SELECT coalesce(work.agency, resting.agency) AS code, coalesce(work.open, 0) AS open, coalesce(work.late, 0) AS late,
       coalesce(resting.paused, '[]') AS paused
FROM (SELECT agency, count(*) AS open, count(*) FILTER (WHERE due_at < now()) AS late FROM ticket
      WHERE agency IS NOT NULL AND status NOT IN ('selesai', 'diarsipkan') GROUP BY agency) AS work
FULL JOIN (SELECT agency,
                  jsonb_agg(jsonb_build_object('address', address, 'status', status, 'reason', reason, 'since', paused_at,
                                               'until', nullif(paused_until, 'infinity')) ORDER BY address) AS paused
           FROM contact_pause WHERE paused_until > now() GROUP BY agency) AS resting ON resting.agency = work.agency
WHERE NOT $1::boolean OR resting.paused IS NOT NULL
ORDER BY coalesce(work.late, 0) DESC, coalesce(work.open, 0) DESC, 1
LIMIT $2;

-- ---------------------------------------------------------------- outgoing SMS

-- name: claim_sms
-- The next SMS for the transport $1, leased to $2 for $3 seconds. Order per number is kept: an SMS waits while an
-- earlier one to the same number is under way. An expired lease counts as none. What waits longer than $4 is not
-- sent any more. The first SMS about a ticket says since when its citizen has waited for it: the SMSC's time.
WITH next AS (
    SELECT sms.id FROM outbox_sms AS sms
    WHERE (sms.state = 'queued' OR (sms.state = 'sending' AND sms.leased_until < now()))
      AND sms.due_at <= now() AND sms.valid_from > now() - $4::interval
      AND (sms.transport IS NULL OR sms.transport = $1)
      AND NOT EXISTS (SELECT FROM outbox_sms AS earlier
                      WHERE earlier.phone_id = sms.phone_id AND earlier.id < sms.id
                        AND earlier.state IN ('queued', 'sending'))
    ORDER BY sms.priority, sms.due_at, sms.id
    LIMIT 1
    FOR UPDATE OF sms SKIP LOCKED
)
UPDATE outbox_sms AS sms
SET state = 'sending', leased_by = $2, leased_until = now() + make_interval(secs => $3), attempts = attempts + 1
FROM next, phone
WHERE sms.id = next.id AND phone.id = sms.phone_id
RETURNING sms.id, sms.phone_id, sms.text, sms.attempts, sms.waits, sms.valid_from, sms.cause, phone.address_sealed,
          sms.created_at, sms.priority,
          (SELECT code FROM ticket WHERE ticket.id = sms.ticket_id) AS ticket,
          (SELECT message.sent_at FROM ticket JOIN inbound_message AS message ON message.id = ticket.message_id
           WHERE ticket.id = sms.ticket_id
             AND NOT EXISTS (SELECT FROM outbox_sms AS first
                             WHERE first.phone_id = sms.phone_id AND first.ticket_id = sms.ticket_id
                               AND first.id < sms.id)) AS asked_at;

-- name: release_leases_sms
-- After a crash of the process $1 nobody else can be sending what it had.
UPDATE outbox_sms SET leased_until = now() WHERE state = 'sending' AND leased_by = $1 RETURNING id;

-- name: submissions_of_sms
-- Which parts were tried, and how that went.
SELECT id, part_number, part_count, state, submitted_at FROM sms_submission WHERE sms_id = $1 ORDER BY id;

-- name: add_submission
-- Written before the transport is asked.
INSERT INTO sms_submission (sms_id, part_number, part_count, transport) VALUES ($1, $2, $3, $4) RETURNING id;

-- name: settle_submission
-- How one part's try ended.
UPDATE sms_submission SET state = $2, reference = $3, error = $4, settled_at = now()
WHERE id = $1 AND state IN ('submitting', 'unknown');

-- name: settle_sms
-- An SMS all of whose parts are sent ($2 = sent), or that is given up (failed).
UPDATE outbox_sms SET state = $2, error = $3, leased_until = NULL, leased_by = NULL,
       sent_at = CASE WHEN $2 = 'sent' THEN now() ELSE sent_at END
WHERE id = $1 AND state = 'sending';

-- name: postpone_sms
-- Tried again from $2 on; $4 says whether this try counts.
UPDATE outbox_sms SET state = 'queued', due_at = $2, error = $3, leased_until = NULL, leased_by = NULL,
       attempts = attempts - CASE WHEN $4::boolean THEN 0 ELSE 1 END,
       waits = waits + CASE WHEN $4::boolean THEN 0 ELSE 1 END
WHERE id = $1 AND state = 'sending';

-- name: hand_over_sms
-- The modem that refused the SMS $1 refuses everything: whichever modem can may send them now, and they have again as
-- many tries behind them as before it had them ($2).
UPDATE outbox_sms AS sms SET state = 'queued', due_at = now(), attempts = refused.attempts
FROM unnest($1::bigint[], $2::integer[]) AS refused(id, attempts)
WHERE sms.id = refused.id AND sms.state IN ('queued', 'failed')
RETURNING sms.id;

-- name: expire_sms
-- SMS that were to be sent longer ago than $1 and are not under way; up to 100.
UPDATE outbox_sms AS sms
SET state = 'expired', leased_until = NULL, leased_by = NULL, error = 'not sent in time' || coalesce('; ' || error, '')
WHERE sms.id IN (SELECT id FROM outbox_sms
                 WHERE (state = 'queued' OR (state = 'sending' AND leased_until < now())) AND valid_from <= now() - $1::interval
                 ORDER BY id LIMIT 100
                 FOR UPDATE SKIP LOCKED)
RETURNING sms.id, sms.cause, sms.error, (SELECT code FROM ticket WHERE ticket.id = sms.ticket_id) AS ticket;

-- name: match_report
-- A delivery report from the transport $1 about the phone $2 with the reference $3, of an SMS that the network took at
-- $4: the submission it fits, or, where the modem never told us a reference, one whose fate is unknown. References come
-- round again after 256 SMS: of several the one that was handed over at that time, give or take an hour; where the
-- message centre's clock says otherwise of all, the latest. The SMS is locked, so that this transaction's follow_reports
-- and the sender's settle_sms come one after the other.
SELECT submission.id, submission.sms_id, submission.submitted_at,
       (SELECT code FROM ticket WHERE ticket.id = sms.ticket_id) AS ticket
FROM sms_submission AS submission
JOIN outbox_sms AS sms ON sms.id = submission.sms_id
WHERE submission.transport = $1 AND sms.phone_id = $2
  AND ((submission.state IN ('sent', 'delivered') AND submission.reference = $3)
       OR (submission.state IN ('unknown', 'submitting') AND submission.reference IS NULL))
ORDER BY submission.reference IS NULL,
         submission.submitted_at NOT BETWEEN $4::timestamptz - interval '1 hour' AND $4::timestamptz + interval '1 hour',
         submission.submitted_at DESC
LIMIT 1
FOR UPDATE OF sms;

-- name: add_report
-- Kept whether or not it fits anything; the same report read again changes nothing.
INSERT INTO delivery_report (transport, phone_id, reference, status, discharged_at, submission_id)
SELECT $1, $2, $3, $4, $5, $6
WHERE NOT EXISTS (SELECT FROM delivery_report
                  WHERE transport = $1 AND phone_id = $2 AND reference = $3 AND status = $4 AND discharged_at = $5);

-- name: apply_report
-- The submission $1 is delivered or undelivered ($2), and $4 says why; what was delivered stays so.
UPDATE sms_submission SET state = $2, reference = $3, error = $4, settled_at = now() WHERE id = $1 AND state <> 'delivered';

-- name: follow_reports
-- The SMS $1 becomes what the reports on its parts say: delivered once each part is, failed once one is lost and no
-- other try of it is open. Gives the new state where it changed.
WITH part AS (
    SELECT part_number, part_count, bool_or(state = 'delivered') AS delivered,
           bool_or(state = 'undelivered') AND bool_and(state IN ('undelivered', 'not_sent')) AS lost
    FROM sms_submission WHERE sms_id = $1 GROUP BY part_number, part_count
), verdict AS (
    SELECT CASE WHEN count(*) FILTER (WHERE delivered) = max(part_count) THEN 'delivered'
                WHEN bool_or(lost) THEN 'failed' END AS state
    FROM part
)
UPDATE outbox_sms AS sms
SET state = verdict.state, sent_at = coalesce(sent_at, now()),
    error = CASE WHEN verdict.state = 'failed'
                 THEN 'not delivered: ' || (SELECT error FROM sms_submission AS lost
                                            WHERE lost.sms_id = $1 AND lost.state = 'undelivered'
                                            ORDER BY lost.settled_at DESC, lost.id DESC LIMIT 1) END
FROM verdict
WHERE sms.id = $1
  AND ((verdict.state = 'delivered' AND sms.state IN ('queued', 'sent', 'failed', 'expired'))
       OR (verdict.state = 'failed' AND sms.state = 'sent'))
RETURNING sms.state;

-- name: list_outbox_sms
-- For operators: what is open or given up, or with $1 one state only, or with $2 all.
SELECT sms.id, sms.state, sms.cause, ticket.code AS ticket, sms.attempts, sms.due_at, sms.created_at, sms.error
FROM outbox_sms AS sms LEFT JOIN ticket ON ticket.id = sms.ticket_id
WHERE ($1::text IS NULL AND ($2::boolean OR sms.state IN ('queued', 'sending', 'failed', 'expired'))) OR sms.state = $1
ORDER BY sms.id
LIMIT $3;

-- name: retry_sms
-- Puts one SMS back that was given up, withheld or has expired, with its whole time before it; nothing where it is none,
-- or its number was erased.
UPDATE outbox_sms SET state = 'queued', due_at = now(), attempts = 0, waits = 0, valid_from = now(), error = NULL
WHERE id = $1 AND state IN ('failed', 'withheld', 'expired')
  AND phone_id IN (SELECT phone.id FROM phone WHERE address_sealed IS NOT NULL)
RETURNING id;

-- ---------------------------------------------------------------- mail

-- name: claim_mails
-- Up to $2 mails to send, leased to $1 for $3 seconds, with all that their text needs. Why this agency: that stands in
-- the event of its own dispatch. A digest has no dispatch, but its content.
WITH next AS (
    SELECT id FROM outbox_mail
    WHERE (state = 'queued' OR (state = 'sending' AND leased_until < now())) AND due_at <= now()
    ORDER BY due_at, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE outbox_mail AS mail
    SET state = 'sending', leased_by = $1, leased_until = now() + make_interval(secs => $3), attempts = attempts + 1
    FROM next WHERE mail.id = next.id
    RETURNING mail.*
)
SELECT mail.id, mail.kind, mail.extra_text, mail.message_id, mail.attempts, mail.content, mail.created_at, now() AS now,
       coalesce(dispatch.agency, mail.agency) AS agency, coalesce(dispatch.address, mail.address) AS address,
       dispatch.token, dispatch.ticket_id, ticket.code, ticket.topic, ticket.place, ticket.text, ticket.opened_at,
       ticket.due_at, ticket.confidential, ticket.anonymous, ticket.agency AS ticket_agency,
       ARRAY(SELECT earlier.message_id FROM outbox_mail AS earlier
             WHERE earlier.dispatch_id = mail.dispatch_id AND earlier.id < mail.id AND earlier.sent_at IS NOT NULL
             ORDER BY earlier.id) AS earlier_ids,
       (SELECT event.words FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND event.kind IN ('dispatched', 'redirected', 'copied')
          AND event.data -> 'dispatch' = to_jsonb(dispatch.id)) AS words, ticket.reasons
FROM claimed AS mail LEFT JOIN dispatch ON dispatch.id = mail.dispatch_id
                     LEFT JOIN ticket ON ticket.id = dispatch.ticket_id
ORDER BY mail.id;

-- name: release_leases_mail
-- After a crash of the process $1: its mails go again, with the same Message-ID.
UPDATE outbox_mail SET leased_until = now() WHERE state = 'sending' AND leased_by = $1 RETURNING id;

-- name: settle_mail
-- The server took it ($2 = sent, $3 its answer), or it is given up (failed, $4 why); with a status $5 for its recipient.
UPDATE outbox_mail SET state = $2, response = $3, error = $4, leased_until = NULL, leased_by = NULL,
       refused = $5::text IS NOT NULL, delivery_status = coalesce($5, delivery_status),
       sent_at = CASE WHEN $2 = 'sent' THEN now() ELSE sent_at END
WHERE id = $1 AND state = 'sending';

-- name: postpone_mail
-- Tried again after $2; $4 says whether this try counts.
UPDATE outbox_mail SET state = 'queued', due_at = now() + $2::interval, error = $3, leased_until = NULL, leased_by = NULL,
       attempts = attempts - CASE WHEN $4::boolean THEN 0 ELSE 1 END
WHERE id = $1 AND state = 'sending';

-- name: list_outbox_mail
-- For operators, as list_outbox_sms.
SELECT mail.id, mail.state, mail.kind AS cause, ticket.code AS ticket, coalesce(dispatch.agency, mail.agency) AS agency,
       mail.attempts, mail.due_at, mail.created_at, mail.error
FROM outbox_mail AS mail LEFT JOIN dispatch ON dispatch.id = mail.dispatch_id
                         LEFT JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE ($1::text IS NULL AND ($2::boolean OR mail.state IN ('queued', 'sending', 'failed'))) OR mail.state = $1
ORDER BY mail.id
LIMIT $3;

-- name: retry_mail
-- Puts one mail back that was given up.
UPDATE outbox_mail SET state = 'queued', due_at = now(), attempts = 0, error = NULL, refused = false
WHERE id = $1 AND state = 'failed' RETURNING id;

-- name: add_inbound_mail
-- The raw bytes, before anyone reads them; a redelivery adds nothing. Gives the id only when it is new.
INSERT INTO inbound_mail (envelope_sender, recipient, raw, digest) VALUES ($1, $2, $3, $4)
ON CONFLICT (digest) DO NOTHING
RETURNING id;

-- name: claim_inbound_mail
-- The oldest mail that waits; locked until the transaction ends.
SELECT id, envelope_sender, recipient, raw, received_at, now() AS now FROM inbound_mail
WHERE state = 'new' AND due_at <= now()
ORDER BY due_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: dispatch_of_token
-- Whose reply address that was, and when we last wrote from it.
SELECT id, agency, address, ended_at, copy,
       (SELECT max(sent_at) FROM outbox_mail WHERE outbox_mail.dispatch_id = dispatch.id) AS mailed_at
FROM dispatch WHERE token = $1;

-- name: note_sender
-- Who wrote the mail $1, and about what.
UPDATE inbound_mail SET sender = $2, subject = $3 WHERE id = $1;

-- name: add_attachment
-- One thing that was attached to the mail $1; read again it is the same.
INSERT INTO mail_attachment (mail_id, nth, name, type, bytes, sha256) VALUES ($1, $2, $3, $4, $5, decode($6, 'hex'))
ON CONFLICT (mail_id, nth) DO NOTHING;

-- name: mark_delivery
-- What came back of our mail with the Message-ID $1; where the report does not name it, of the last one of dispatch $2.
UPDATE outbox_mail SET delivery = $3, delivery_status = $4
WHERE id = coalesce((SELECT id FROM outbox_mail WHERE message_id = $1),
                    (SELECT id FROM outbox_mail WHERE dispatch_id = $2 AND sent_at IS NOT NULL ORDER BY id DESC LIMIT 1));

-- name: is_mail_of_dispatch
-- Whether our mail with the Message-ID $1 was written for the dispatch $2.
SELECT EXISTS (SELECT FROM outbox_mail WHERE message_id = $1 AND dispatch_id = $2);

-- name: digest_sent
-- To whom the digest with the Message-ID $1 went.
SELECT agency, address FROM outbox_mail WHERE message_id = $1 AND dispatch_id IS NULL;

-- name: addressee
-- To whom the dispatch $1 went; after how many rests in a row its mailbox has bounced, the one that it has now left out;
-- and whether that was dealt with for it: since it began, its mailbox was paused, and either nothing was sent there again, or that is still on its way.
SELECT dispatch.agency, dispatch.address, dispatch.ended_at, dispatch.copy,
       CASE WHEN pause.paused_until > now() THEN pause.bounces - 1
            WHEN pause.paused_until > now() - interval '7 days' THEN pause.bounces ELSE 0 END AS bounces,
       EXISTS (SELECT FROM ticket_event AS event
               WHERE event.ticket_id = dispatch.ticket_id AND event.kind = 'mail_bounced' AND event.at >= dispatch.at
                 AND event.data -> 'dispatch' = to_jsonb(dispatch.id)
                 AND NOT EXISTS (SELECT FROM outbox_mail AS later
                                 WHERE later.dispatch_id = dispatch.id AND later.sent_at > event.at)) AS again
FROM dispatch LEFT JOIN contact_pause AS pause USING (address) WHERE dispatch.id = $1;

-- name: claim_refused_mail
-- The next mail that was given up for its recipient; locked until the transaction ends. A digest has no dispatch.
SELECT id, dispatch_id, agency, address, coalesce(delivery_status, '5.0.0') AS delivery_status,
       error, now() AS now
FROM outbox_mail WHERE refused
ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: settle_refused_mail
-- It has been dealt with.
UPDATE outbox_mail SET refused = false, delivery = 'bounced' WHERE id = $1;

-- name: keep_unclear
-- What the dispatch $1 said unclearly before is clear now.
UPDATE inbound_mail SET state = 'kept'
WHERE dispatch_id = $1 AND state = 'held' AND outcome IN ('needs_explanation', 'unknown_verb');

-- name: settle_inbound_mail
-- It was understood ($2 = handled), is a machine's (kept), or waits for an operator (held) until $5; $4 says what for.
UPDATE inbound_mail SET state = $2, dispatch_id = $3, outcome = $4, error = NULL, due_at = coalesce($5, due_at)
WHERE id = $1;

-- name: fail_inbound_mail
-- As fail_message.
UPDATE inbound_mail
SET attempts = attempts + 1, error = $2, due_at = $3,
    state = CASE WHEN attempts + 1 >= $4 THEN 'quarantined' ELSE 'new' END
WHERE id = $1
RETURNING state;

-- name: helped_before
-- Whether this dispatch was sent a mail of help already: one is enough.
SELECT EXISTS (SELECT FROM outbox_mail WHERE dispatch_id = $1 AND kind = 'bantuan');

-- ---------------------------------------------------------------- operations

-- name: upsert_modem
-- What a modem last said of itself.
INSERT INTO modem (name, state, imei, signal, network, registered, sim_used, sim_size, error, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())
ON CONFLICT (name) DO UPDATE
SET state = excluded.state, imei = coalesce(excluded.imei, modem.imei), signal = excluded.signal,
    network = excluded.network, registered = excluded.registered, sim_used = excluded.sim_used,
    sim_size = excluded.sim_size, error = excluded.error, updated_at = now();

-- name: list_modems
-- For operators.
SELECT name, state, imei, signal, network, registered, sim_used, sim_size, error, updated_at FROM modem ORDER BY name;

-- name: server_facts
-- For the doctor: the server's clock in seconds since 1970, its version, and how much the database holds.
SELECT extract(epoch FROM clock_timestamp())::float8 AS now, current_setting('server_version_num')::integer AS version,
    pg_database_size(current_database()) AS bytes, pg_is_in_recovery() AS standby;

-- name: last_inbound_mail
-- 0 where there is none yet.
SELECT coalesce(max(id), 0) FROM inbound_mail;

-- name: mails_to_since
-- How many came in for an address after that one.
SELECT count(*) FROM inbound_mail WHERE id > $1 AND recipient = $2;

-- name: take_back_the_future
-- Work that was written "later" than now waits no longer, and no lease lasts longer than one can: the clock was set back.
-- How many rows that were.
WITH messages AS (
    UPDATE inbound_message SET due_at = now(), received_at = now(), held_until = NULL
    WHERE state = 'new' AND received_at > now() + interval '10 seconds' RETURNING id
), sms AS (
    UPDATE outbox_sms
    SET due_at = CASE WHEN created_at > now() THEN now() ELSE due_at END, created_at = least(created_at, now()),
        valid_from = least(valid_from, now()), leased_until = least(leased_until, now())
    WHERE state IN ('queued', 'sending')
      AND (created_at > now() + interval '10 seconds' OR leased_until > now() + interval '20 minutes')
    RETURNING id
), mails AS (
    UPDATE outbox_mail
    SET due_at = CASE WHEN created_at > now() THEN now() ELSE due_at END, created_at = least(created_at, now()),
        leased_until = least(leased_until, now())
    WHERE state IN ('queued', 'sending')
      AND (created_at > now() + interval '10 seconds' OR leased_until > now() + interval '20 minutes')
    RETURNING id
), answers AS (
    UPDATE inbound_mail SET due_at = now(), received_at = now()
    WHERE state = 'new' AND received_at > now() + interval '10 seconds' RETURNING id
)
SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM sms) + (SELECT count(*) FROM mails)
     + (SELECT count(*) FROM answers);

-- name: open_work
-- How much waits, by kind: 0 everywhere means that all that came in has been dealt with.
SELECT (SELECT count(*) FROM inbound_message WHERE state = 'new') AS messages,
       (SELECT count(*) FROM outbox_sms WHERE state IN ('queued', 'sending')) AS sms,
       (SELECT count(*) FROM outbox_mail WHERE state IN ('queued', 'sending')) AS mails,
       (SELECT count(*) FROM inbound_mail WHERE state = 'new') AS answers;

-- name: decided_tickets
-- Tickets opened from $1 on (NULL: ever) whose agency a person settled. `moved`: an operator sent it there, or another
-- agency named this one, which took it up. Else the gateway sent it there, and that agency finished it.
SELECT ticket.code, ticket.text, ticket.place, ticket.phone_id, last.agency, last.by_operator OR last.named AS moved
FROM ticket
CROSS JOIN LATERAL (
    SELECT id, agency, actor LIKE 'operator:%' AS by_operator,
           EXISTS (SELECT FROM ticket_event AS declined
                   WHERE declined.ticket_id = ticket.id AND declined.id < sent.id AND declined.kind = 'agency_declined'
                     AND declined.words IS NOT NULL) AS named
    FROM ticket_event AS sent
    WHERE sent.ticket_id = ticket.id AND sent.kind = 'dispatched'
    ORDER BY id DESC LIMIT 1
) AS last
WHERE ($1::timestamptz IS NULL OR ticket.opened_at >= $1) AND ticket.erased_at IS NULL
  AND (last.by_operator
       OR EXISTS (SELECT FROM ticket_event AS answer
                  WHERE answer.ticket_id = ticket.id AND answer.id > last.id
                    AND answer.actor = 'agency:' || last.agency
                    AND (answer.kind = 'agency_done'
                         OR (last.named AND answer.kind IN ('agency_accepted', 'agency_in_progress')))))
ORDER BY ticket.id;

-- name: status_counts
-- For the line of `systemctl status`: SMS and mails that wait to be sent, and the reports since midnight in the zone $1.
-- Numbers grow with time, so the newest rows alone are read, whatever the table holds.
SELECT (SELECT count(*) FROM outbox_sms WHERE state IN ('queued', 'sending')) AS sms,
       (SELECT count(*) FROM outbox_mail WHERE state IN ('queued', 'sending')) AS mails,
       (SELECT count(*) FROM ticket
        WHERE id > coalesce((SELECT id FROM ticket WHERE opened_at < date_trunc('day', now(), $1)
                             ORDER BY id DESC LIMIT 1), 0)) AS reports;

-- ---------------------------------------------------------------- backup and restore

-- name: count_tables
-- Of anybody's, in this database: 0 where it is empty.
SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema');

-- name: server_version
-- Like 150018: the major version, and four digits of the minor.
SELECT current_setting('server_version_num')::integer;

-- name: count_tickets
-- All of them.
SELECT count(*) FROM ticket;

-- name: any_sealed_phone
-- One, to see whether the key opens it.
SELECT address_sealed FROM phone ORDER BY id LIMIT 1;

-- name: hold_sms
-- After a restore nobody knows which of these were sent meanwhile: an operator says which shall go ($1 is why).
UPDATE outbox_sms SET state = 'failed', error = $1, leased_until = NULL, leased_by = NULL
WHERE state IN ('queued', 'sending') RETURNING id;

-- name: hold_mails
-- The same of mails. None was refused for its recipient, so no other address is looked for.
UPDATE outbox_mail SET state = 'failed', error = $1, leased_until = NULL, leased_by = NULL
WHERE state IN ('queued', 'sending') RETURNING id;
-- ---------------------------------------------------------------- what smsd top shows

-- name: top_first_ids
-- Of each table the first row written since $1, of mails, which may be sent days later, since $2. Rows are numbered in
-- the order of time, but their times have no index: so the number is found by halving.
WITH RECURSIVE step(kind, since, low, high) AS (
    SELECT kind, since, 0::bigint, coalesce(last, 0) + 1
    FROM (VALUES ('message', $1::timestamptz, (SELECT max(id) FROM inbound_message)),
                 ('part', $1, (SELECT max(id) FROM inbound_part)),
                 ('ticket', $1, (SELECT max(id) FROM ticket)),
                 ('event', $1, (SELECT max(id) FROM ticket_event)),
                 ('submission', $1, (SELECT max(id) FROM sms_submission)),
                 ('mail', $2::timestamptz, (SELECT max(id) FROM outbox_mail)),
                 ('answer', $1, (SELECT max(id) FROM inbound_mail))) AS known(kind, since, last)
    UNION ALL
    SELECT kind, since, CASE WHEN at < since THEN middle + 1 ELSE low END, CASE WHEN at < since THEN high ELSE middle END
    FROM (SELECT kind, since, low, high, (low + high) / 2 AS middle, CASE kind
              WHEN 'message' THEN (SELECT received_at FROM inbound_message WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1)
              WHEN 'part' THEN (SELECT received_at FROM inbound_part WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1)
              WHEN 'ticket' THEN (SELECT opened_at FROM ticket WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1)
              WHEN 'event' THEN (SELECT at FROM ticket_event WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1)
              WHEN 'submission' THEN (SELECT submitted_at FROM sms_submission WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1)
              WHEN 'mail' THEN (SELECT created_at FROM outbox_mail WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1)
              WHEN 'answer' THEN (SELECT received_at FROM inbound_mail WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1)
          END AS at FROM step WHERE low < high) AS probe
)
SELECT kind, low AS first_id FROM step WHERE low >= high;

-- name: top_flow
-- What came and went, by the hour back from now ($1..$6: first ids of message, ticket, event, submission, mail, answer):
-- in the last minute, since midnight ($7), in all.
SELECT kind, floor(extract(epoch FROM now() - at) / 3600)::integer AS hours_ago, count(*) AS count,
       count(*) FILTER (WHERE at > now() - interval '1 minute') AS minute, count(*) FILTER (WHERE at >= $7::timestamptz) AS today
FROM (SELECT 'sms_in' AS kind, received_at AS at FROM inbound_message WHERE id >= $1
      UNION ALL SELECT 'reports', opened_at FROM ticket WHERE id >= $2
      UNION ALL SELECT 'answers', at FROM ticket_event WHERE id >= $3 AND actor LIKE 'agency:%'
      UNION ALL SELECT 'sms_out', submitted_at FROM sms_submission WHERE id >= $4 AND state NOT IN ('submitting', 'not_sent')
      UNION ALL SELECT 'mails_out', sent_at FROM outbox_mail WHERE id >= $5 AND sent_at IS NOT NULL
      UNION ALL SELECT 'mails_in', received_at FROM inbound_mail WHERE id >= $6) AS log
WHERE at > now() - interval '24 hours' AND at <= now()
GROUP BY 1, 2;

-- name: top_modems
-- What each modem last said of itself, and the parts of SMS that it brought ($1: first part) and took ($2: first
-- submission) in the last hour.
SELECT name, state, signal, network, registered, sim_used, sim_size, error, updated_at,
       extract(epoch FROM now() - updated_at)::float AS silent_s,
       (SELECT count(*) FROM inbound_part
        WHERE id >= $1 AND transport = modem.name AND received_at > now() - interval '1 hour') AS received_per_hour,
       (SELECT count(*) FROM sms_submission
        WHERE id >= $2 AND transport = modem.name AND state NOT IN ('submitting', 'not_sent')
          AND submitted_at > now() - interval '1 hour') AS sent_per_hour
FROM modem ORDER BY name;

-- name: top_queues
-- What waits: how many, since when the oldest could have been dealt with, how many were tried before, and how many are
-- not due yet.
SELECT queue, count(*) AS waiting, extract(epoch FROM now() - min(since) FILTER (WHERE since <= now()))::float AS oldest_s,
       count(*) FILTER (WHERE tried) AS tried, count(*) FILTER (WHERE since > now()) AS later
FROM (SELECT 'texts' AS queue, attempts > 0 AS tried,
             CASE WHEN attempts > 0 THEN received_at ELSE greatest(due_at, held_until) END AS since
      FROM inbound_message WHERE state = 'new'
      UNION ALL SELECT 'parts', false, received_at FROM inbound_part WHERE message_id IS NULL
      UNION ALL SELECT 'sms', attempts + waits > 0 AND state = 'queued',
                       CASE WHEN attempts + waits > 0 THEN valid_from ELSE due_at END
      FROM outbox_sms WHERE state IN ('queued', 'sending')
      UNION ALL SELECT 'mails', attempts > 0 AND state = 'queued', CASE WHEN attempts > 0 THEN created_at ELSE due_at END
      FROM outbox_mail WHERE state IN ('queued', 'sending')
      UNION ALL SELECT 'answers', attempts > 0, CASE WHEN attempts > 0 THEN received_at ELSE due_at END
      FROM inbound_mail WHERE state = 'new') AS work
GROUP BY queue;

-- name: top_late
-- The agencies that are late, the latest first: with how many reports, and since when.
SELECT agency, count(*) AS late, min(due_at) AS since FROM ticket WHERE due_at < now()
GROUP BY agency ORDER BY count(*) DESC, min(due_at), agency;

-- name: top_person
-- What needs a person, and since when; of what has no index by state what came in the last day: spam and what could not
-- be handled ($1: first message), and what was given up ($2: first mail).
SELECT 'triage' AS what, count(*) AS count, min(opened_at) AS since FROM ticket
WHERE status = 'diterima' AND status NOT IN ('selesai', 'diarsipkan')
UNION ALL
SELECT 'inbox', count(*), min(received_at) FROM inbound_mail WHERE state IN ('held', 'quarantined')
UNION ALL
SELECT 'quarantine', count(*), min(at)
FROM (SELECT received_at AS at FROM inbound_message
      WHERE id >= $1 AND state = 'quarantined' AND outcome IS DISTINCT FROM 'joined'
      UNION ALL SELECT at FROM quarantine WHERE at > now() - interval '24 hours') AS kept
UNION ALL
SELECT 'given_up', count(*), min(at)
FROM (SELECT created_at AS at FROM outbox_sms
      WHERE created_at > now() - interval '24 hours' AND state <> 'withheld' AND state IN ('failed', 'expired')
      UNION ALL SELECT created_at FROM outbox_mail WHERE id >= $2 AND state = 'failed'
                                                     AND created_at > now() - interval '24 hours') AS lost
UNION ALL
SELECT 'paused', count(*), min(paused_at) FROM contact_pause WHERE paused_until > now();

-- name: top_events
-- The last $1 events of all timelines, newest first; without what they say.
SELECT event.at, ticket.code, event.kind, coalesce(event.agency, ticket.agency) AS agency,
       split_part(event.actor, ':', 1) AS actor
FROM (SELECT * FROM ticket_event ORDER BY id DESC LIMIT $1) AS event JOIN ticket ON ticket.id = event.ticket_id
ORDER BY event.id DESC;
-- ---------------------------------------------------------------- figures

-- name: waiting_work
-- What waits, by queue, and for how many seconds the oldest of it has: `parts` for their siblings, `messages` to be
-- handled, `sms` and `mails` to be sent, `answers` (mails of agencies) to be read, `held` ones by an operator.
SELECT queue, count(since) AS size, coalesce(extract(epoch FROM now() - min(since)), 0)::float AS oldest_s
FROM (VALUES ('parts'), ('messages'), ('sms'), ('mails'), ('answers'), ('held')) AS queues(queue)
LEFT JOIN (
    SELECT 'parts' AS queue, received_at AS since FROM inbound_part WHERE message_id IS NULL
    UNION ALL SELECT 'messages', received_at FROM inbound_message WHERE state = 'new'
    UNION ALL SELECT 'sms', created_at FROM outbox_sms WHERE state IN ('queued', 'sending')
    UNION ALL SELECT 'mails', created_at FROM outbox_mail WHERE state IN ('queued', 'sending')
    UNION ALL SELECT 'answers', received_at FROM inbound_mail WHERE state = 'new'
    UNION ALL SELECT 'held', received_at FROM inbound_mail WHERE state = 'held'
) AS waiting USING (queue)
GROUP BY queue ORDER BY queue;

-- name: open_tickets
-- Reports that are not closed, by status, and how many deadlines have passed, by what they are for.
SELECT status, due_for, count(*) AS open, count(*) FILTER (WHERE due_at < now()) AS late
FROM ticket WHERE status NOT IN ('selesai', 'diarsipkan')
GROUP BY status, due_for;

-- name: kept_apart
-- What waits for an operator in quarantine, by kind, and mailboxes of agencies that are paused.
SELECT (SELECT count(*) FROM quarantine) AS pdu,
       (SELECT count(*) FROM inbound_message
        WHERE state = 'quarantined' AND outcome IS NULL) AS sms,
       (SELECT count(*) FROM inbound_message
        WHERE state = 'quarantined' AND outcome IS NOT NULL AND outcome <> 'joined') AS spam,
       (SELECT count(*) FROM inbound_mail WHERE state = 'quarantined') AS mail,
       (SELECT count(*) FROM contact_pause WHERE paused_until > now()) AS paused_mailboxes;

-- name: tell
-- Has every daemon on this database log $1, once the transaction is committed: see smsd/told.py.
SELECT pg_notify('smsd_told', $1);
