-- Every statement that the daemon and its command run. Loaded by name; a test PREPAREs each against schema.sql.

-- name: schema_version
-- The newest migration applied. Fails with "undefined table" where there is no schema of ours.
SELECT max(version) FROM schema_version;

-- ---------------------------------------------------------------- inbound SMS

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
SELECT phone_id, $2, identity, sealed, reference, bits, number, count, sent_at
FROM unnest($1::bigint[], $3::bytea[], $4::bytea[], $5::integer[], $6::smallint[], $7::smallint[], $8::smallint[],
            $9::timestamptz[])
     WITH ORDINALITY AS part(phone_id, identity, sealed, reference, bits, number, count, sent_at, position)
ORDER BY position
ON CONFLICT (identity) DO NOTHING
RETURNING id, identity, phone_id, reference, reference_bits, part_count;

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
-- One row a joined SMS, in the order given.
INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at)
SELECT phone_id, transport, text, complete, sent_at
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::timestamptz[])
     WITH ORDINALITY AS message(phone_id, transport, text, complete, sent_at, position)
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
-- The oldest messages that wait; locked until the transaction ends, so that a crash gives them back at once.
SELECT message.id, message.phone_id, message.text, message.attempts, phone.answerable,
       extract(epoch FROM now() - message.received_at)::float AS age_s
FROM inbound_message AS message JOIN phone ON phone.id = message.phone_id
WHERE message.state = 'new' AND message.due_at <= now()
ORDER BY message.due_at, message.id
LIMIT $1
FOR UPDATE OF message SKIP LOCKED;

-- name: settle_messages
-- The messages $1 were taken for $2.
UPDATE inbound_message SET state = 'handled', outcome = done.outcome, error = NULL
FROM unnest($1::bigint[], $2::text[]) AS done(id, outcome)
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
                    opened_at)
SELECT id, code, phone_id, message_id, text, klass, topic, place, confidential, confidence, reasons::jsonb, opened_at
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::boolean[], $10::real[], $11::text[], $12::timestamptz[])
     AS t(id, code, phone_id, message_id, text, klass, topic, place, confidential, confidence, reasons, opened_at);

-- name: insert_events
-- One row an Event, fields in its order; the trigger moves the ticket.
INSERT INTO ticket_event (ticket_id, at, kind, actor, status, agency, due_at, due_for, data)
SELECT ticket_id, at, kind, actor, status, agency, due_at, due_for, data::jsonb
FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
            $8::text[], $9::text[])
     WITH ORDINALITY AS e(ticket_id, at, kind, actor, status, agency, due_at, due_for, data, position)
ORDER BY position;

-- name: insert_dispatches
-- One row a NewDispatch, fields in its order; what ran before for those tickets ends.
WITH ended AS (
    UPDATE dispatch SET ended_at = now() WHERE ticket_id = ANY ($2::bigint[]) AND ended_at IS NULL
)
INSERT INTO dispatch (id, ticket_id, agency, address, token, at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]);

-- name: insert_mails
-- One row a NewMail, fields in its order.
INSERT INTO outbox_mail (dispatch_id, kind, extra_text, message_id)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]);

-- name: insert_sms
-- One row a NewSms, fields in its order; over $6 automatic SMS in an hour to one number the row is withheld.
-- Gives the phones whose SMS was withheld.
WITH wanted AS (
    SELECT *, row_number() OVER (PARTITION BY phone_id ORDER BY position) AS nth
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::smallint[])
         WITH ORDINALITY AS w(phone_id, ticket_id, cause, text, priority, position)
), recent AS (
    SELECT phone_id, count(*) AS sms FROM outbox_sms
    WHERE phone_id = ANY ($1::bigint[]) AND created_at > now() - interval '1 hour' AND state <> 'withheld'
    GROUP BY phone_id
), added AS (
    INSERT INTO outbox_sms (phone_id, ticket_id, cause, text, priority, state)
    SELECT wanted.phone_id, ticket_id, cause, text, priority,
           CASE WHEN coalesce(recent.sms, 0) + nth > $6::integer OR NOT phone.answerable THEN 'withheld' ELSE 'queued' END
    FROM wanted JOIN phone ON phone.id = wanted.phone_id LEFT JOIN recent ON recent.phone_id = wanted.phone_id
    ORDER BY position
    RETURNING phone_id, state
)
SELECT phone_id FROM added WHERE state = 'withheld';

-- name: tickets_of_phones
-- What the desk needs of every ticket of the phones $1, newest first.
SELECT ticket.id, ticket.code, ticket.phone_id, ticket.status, ticket.class AS klass, ticket.topic, ticket.agency,
       ticket.due_at, dispatch.id AS dispatch_id
FROM ticket LEFT JOIN dispatch ON dispatch.ticket_id = ticket.id AND dispatch.ended_at IS NULL
WHERE ticket.phone_id = ANY ($1::bigint[])
ORDER BY ticket.opened_at DESC, ticket.id DESC;

-- name: ticket_for_change
-- The same for one ticket by its code, locked.
SELECT ticket.id, ticket.code, ticket.phone_id, ticket.status, ticket.class AS klass, ticket.topic, ticket.agency,
       ticket.due_at, dispatch.id AS dispatch_id
FROM ticket LEFT JOIN dispatch ON dispatch.ticket_id = ticket.id AND dispatch.ended_at IS NULL
WHERE ticket.code = $1
FOR UPDATE OF ticket;

-- name: ticket_of_dispatch
-- The same for the ticket of a dispatch, locked; its agency and the mailbox are the dispatch's own.
SELECT ticket.id, ticket.code, ticket.phone_id, ticket.status, ticket.class AS klass, ticket.topic, dispatch.agency,
       ticket.due_at, dispatch.id AS dispatch_id, dispatch.ended_at, dispatch.address
FROM dispatch JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE dispatch.id = $1
FOR UPDATE OF ticket;

-- name: list_tickets
-- For operators. Every argument may be NULL: status, agency, topic, place (a code and all below it), opened since, limit.
SELECT code, status, class, topic, place, agency, confidential, confidence, text, opened_at, due_at, due_for, updated_at
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
SELECT id, code, status, class, topic, place, agency, confidential, confidence, reasons, text, opened_at, due_at,
       due_for, updated_at
FROM ticket WHERE code = $1;

-- name: ticket_timeline
-- Its events, first to last.
SELECT at, kind, actor, status, agency, due_at, due_for, data FROM ticket_event WHERE ticket_id = $1 ORDER BY id;

-- name: ticket_sms
-- The SMS that were written about it.
SELECT id, created_at, cause, text, state, attempts, sent_at, error FROM outbox_sms WHERE ticket_id = $1 ORDER BY id;

-- name: ticket_mails
-- The mails that were written about it.
SELECT mail.id, mail.created_at, mail.kind, dispatch.agency, mail.state, mail.attempts, mail.sent_at, mail.response,
       mail.error
FROM outbox_mail AS mail JOIN dispatch ON dispatch.id = mail.dispatch_id
WHERE dispatch.ticket_id = $1 ORDER BY mail.id;

-- ---------------------------------------------------------------- outgoing SMS

-- name: claim_sms
-- The next SMS for the transport $1, leased to $2 for $3 seconds. Order per number is kept: an SMS waits while an
-- earlier one to the same number is under way. An expired lease counts as none.
WITH next AS (
    SELECT sms.id FROM outbox_sms AS sms
    WHERE (sms.state = 'queued' OR (sms.state = 'sending' AND sms.leased_until < now()))
      AND sms.due_at <= now()
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
RETURNING sms.id, sms.text, sms.attempts, sms.cause, phone.address_sealed,
          (SELECT code FROM ticket WHERE ticket.id = sms.ticket_id) AS ticket;

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
       attempts = attempts - CASE WHEN $4::boolean THEN 0 ELSE 1 END
WHERE id = $1 AND state = 'sending';

-- name: match_report
-- A delivery report from the transport $1 about the phone $2 with the reference $3: the latest submission it fits, or,
-- where the modem never told us a reference, one whose fate is unknown. The SMS is locked, so that this transaction's
-- follow_reports and the sender's settle_sms come one after the other.
SELECT submission.id, submission.sms_id FROM sms_submission AS submission
JOIN outbox_sms AS sms ON sms.id = submission.sms_id
WHERE submission.transport = $1 AND sms.phone_id = $2
  AND ((submission.state IN ('sent', 'delivered') AND submission.reference = $3)
       OR (submission.state IN ('unknown', 'submitting') AND submission.reference IS NULL))
ORDER BY submission.reference IS NULL, submission.submitted_at DESC
LIMIT 1
FOR UPDATE OF sms;

-- name: add_report
-- Kept whether or not it fits anything; the same report read again changes nothing.
INSERT INTO delivery_report (transport, phone_id, reference, status, discharged_at, submission_id)
SELECT $1, $2, $3, $4, $5, $6
WHERE NOT EXISTS (SELECT FROM delivery_report
                  WHERE transport = $1 AND phone_id = $2 AND reference = $3 AND status = $4 AND discharged_at = $5);

-- name: apply_report
-- The submission $1 is delivered or undelivered ($2); what was delivered stays so.
UPDATE sms_submission SET state = $2, reference = $3, settled_at = now() WHERE id = $1 AND state <> 'delivered';

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
    error = CASE WHEN verdict.state = 'failed' THEN 'the network could not deliver it' END
FROM verdict
WHERE sms.id = $1
  AND ((verdict.state = 'delivered' AND sms.state IN ('queued', 'sent', 'failed'))
       OR (verdict.state = 'failed' AND sms.state = 'sent'))
RETURNING sms.state;

-- name: list_outbox_sms
-- For operators: what is open or given up, or with $1 one state only, or with $2 all.
SELECT sms.id, sms.state, sms.cause, ticket.code AS ticket, sms.attempts, sms.due_at, sms.created_at, sms.error
FROM outbox_sms AS sms LEFT JOIN ticket ON ticket.id = sms.ticket_id
WHERE ($1::text IS NULL AND ($2::boolean OR sms.state IN ('queued', 'sending', 'failed'))) OR sms.state = $1
ORDER BY sms.id
LIMIT $3;

-- name: retry_sms
-- Puts one SMS back that was given up or withheld; nothing where it is neither.
UPDATE outbox_sms SET state = 'queued', due_at = now(), attempts = 0, error = NULL
WHERE id = $1 AND state IN ('failed', 'withheld') RETURNING id;

-- ---------------------------------------------------------------- mail

-- name: claim_mails
-- Up to $2 mails to send, leased to $1 for $3 seconds, with all that their text needs. Why this agency: that stands in
-- the event of its own dispatch.
WITH next AS (
    SELECT id FROM outbox_mail
    WHERE (state = 'queued' OR (state = 'sending' AND leased_until < now())) AND due_at <= now()
    ORDER BY due_at, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox_mail AS mail
SET state = 'sending', leased_by = $1, leased_until = now() + make_interval(secs => $3), attempts = attempts + 1
FROM next, dispatch, ticket
WHERE mail.id = next.id AND dispatch.id = mail.dispatch_id AND ticket.id = dispatch.ticket_id
RETURNING mail.id, mail.kind, mail.extra_text, mail.message_id, mail.attempts, dispatch.agency, dispatch.address,
          dispatch.token, dispatch.ticket_id, ticket.code, ticket.topic, ticket.place, ticket.text, ticket.opened_at,
          ticket.due_at, ticket.confidential,
          coalesce((SELECT event.data -> 'reasons' FROM ticket_event AS event
                    WHERE event.ticket_id = ticket.id AND event.kind = 'dispatched'
                      AND event.data -> 'dispatch' = to_jsonb(dispatch.id)), ticket.reasons) AS reasons;

-- name: release_leases_mail
-- After a crash of the process $1: its mails go again, with the same Message-ID.
UPDATE outbox_mail SET leased_until = now() WHERE state = 'sending' AND leased_by = $1 RETURNING id;

-- name: settle_mail
-- The server took it ($2 = sent, $3 its answer), or it is given up (failed, $4 why).
UPDATE outbox_mail SET state = $2, response = $3, error = $4, leased_until = NULL, leased_by = NULL,
       sent_at = CASE WHEN $2 = 'sent' THEN now() ELSE sent_at END
WHERE id = $1 AND state = 'sending';

-- name: postpone_mail
-- Tried again from $2 on; $4 says whether this try counts.
UPDATE outbox_mail SET state = 'queued', due_at = $2, error = $3, leased_until = NULL, leased_by = NULL,
       attempts = attempts - CASE WHEN $4::boolean THEN 0 ELSE 1 END
WHERE id = $1 AND state = 'sending';

-- name: list_outbox_mail
-- For operators, as list_outbox_sms.
SELECT mail.id, mail.state, mail.kind AS cause, ticket.code AS ticket, dispatch.agency, mail.attempts, mail.due_at,
       mail.created_at, mail.error
FROM outbox_mail AS mail JOIN dispatch ON dispatch.id = mail.dispatch_id JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE ($1::text IS NULL AND ($2::boolean OR mail.state IN ('queued', 'sending', 'failed'))) OR mail.state = $1
ORDER BY mail.id
LIMIT $3;

-- name: retry_mail
-- Puts one mail back that was given up.
UPDATE outbox_mail SET state = 'queued', due_at = now(), attempts = 0, error = NULL
WHERE id = $1 AND state = 'failed' RETURNING id;

-- name: add_inbound_mail
-- The raw bytes, before anyone reads them; a redelivery adds nothing. Gives the id only when it is new.
INSERT INTO inbound_mail (envelope_sender, recipient, raw, digest) VALUES ($1, $2, $3, $4)
ON CONFLICT (digest) DO NOTHING
RETURNING id;

-- name: claim_inbound_mail
-- The oldest mail that waits; locked until the transaction ends.
SELECT id, envelope_sender, recipient, raw FROM inbound_mail
WHERE state = 'new' AND due_at <= now()
ORDER BY due_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: dispatch_of_token
-- Whose reply address that was.
SELECT id FROM dispatch WHERE token = $1;

-- name: settle_inbound_mail
-- It was understood ($2 = handled) or waits for an operator (held); $4 says what for.
UPDATE inbound_mail SET state = $2, dispatch_id = $3, outcome = $4, error = NULL WHERE id = $1;

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

-- name: open_work
-- How much waits, by kind: 0 everywhere means that all that came in has been dealt with.
SELECT (SELECT count(*) FROM inbound_message WHERE state = 'new') AS messages,
       (SELECT count(*) FROM outbox_sms WHERE state IN ('queued', 'sending')) AS sms,
       (SELECT count(*) FROM outbox_mail WHERE state IN ('queued', 'sending')) AS mails,
       (SELECT count(*) FROM inbound_mail WHERE state = 'new') AS answers;
