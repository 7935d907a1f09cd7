-- What `smsd privacy` runs, and the clock for it. Loaded by name, and PREPAREd by a test like queries.sql.

-- ---------------------------------------------------------------- keys

-- name: retire_current_key
-- Waits for all that hash a number just now.
UPDATE sealing_key SET current = false WHERE current;

-- name: set_current_key
-- From now on everybody seals and hashes with the key $1.
INSERT INTO sealing_key (id, current) VALUES ($1, true)
ON CONFLICT (id) DO UPDATE SET current = true, current_since = now();

-- name: tell_new_key
-- Every daemon that listens looks for it at once.
SELECT pg_notify('smsd_work', 'sealing_key');

-- name: known_keys
-- The keys that are current, or were.
SELECT id FROM sealing_key ORDER BY current DESC, current_since DESC;

-- name: boxes_by_key
-- How many boxes each key has sealed that stand in the tables now, most first.
SELECT key, count(*) FROM sealed_box GROUP BY key ORDER BY 2 DESC;

-- name: key_settled
-- Since when the current key is it, and whether all know: nobody has a transaction from before, and $1 seconds are over.
SELECT current_since,
       current_since < now() - make_interval(secs => $1::float)
       AND NOT EXISTS (SELECT FROM pg_stat_activity
                       WHERE datname = current_database() AND xact_start < current_since) AS settled
FROM sealing_key WHERE current;

-- name: forget_old_keys
-- Nothing is sealed by them.
DELETE FROM sealing_key WHERE NOT current;

-- name: old_phone
-- The next $3 rows behind $1 with a box that another key than $2 has sealed; likewise below. Rows that somebody works
-- on are left for the next round, so that nobody waits for anybody.
SELECT id, address_sealed FROM phone
WHERE id > $1 AND substr(address_sealed, 1, 4) <> $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_phone
-- Their new boxes, and hashes by the new key.
UPDATE phone SET address_sealed = new.sealed, address_hash = new.hash
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS new(id, sealed, hash) WHERE phone.id = new.id;

-- name: old_inbound_part
-- Likewise.
SELECT id, pdu_sealed FROM inbound_part
WHERE id > $1 AND substr(pdu_sealed, 1, 4) <> $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_inbound_part
-- Likewise.
UPDATE inbound_part SET pdu_sealed = new.sealed, identity = new.hash
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS new(id, sealed, hash) WHERE inbound_part.id = new.id;

-- name: old_quarantine
-- Likewise.
SELECT id, raw_sealed, (error).box AS error FROM quarantine
WHERE id > $1 AND (substr(raw_sealed, 1, 4) <> $2 OR substr((error).box, 1, 4) <> $2)
ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_quarantine
-- Likewise.
UPDATE quarantine SET raw_sealed = new.sealed, error = new.error, digest = new.hash
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[]) AS new(id, sealed, error, hash)
WHERE quarantine.id = new.id;

-- name: old_inbound_message
-- Likewise.
SELECT id, (text).box AS text, (error).box AS error FROM inbound_message
WHERE id > $1 AND (substr((text).box, 1, 4) <> $2 OR substr((error).box, 1, 4) <> $2)
ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_inbound_message
-- Likewise.
UPDATE inbound_message SET text = new.text, error = new.error
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS new(id, text, error) WHERE inbound_message.id = new.id;

-- name: old_ticket
-- Likewise.
SELECT id, (text).box AS text, (reasons).box AS reasons FROM ticket
WHERE id > $1 AND (substr((text).box, 1, 4) <> $2 OR substr((reasons).box, 1, 4) <> $2)
ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_ticket
-- Likewise.
UPDATE ticket SET text = new.text, reasons = new.reasons
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS new(id, text, reasons) WHERE ticket.id = new.id;

-- name: old_ticket_event
-- Likewise.
SELECT id, (text).box AS text, (words).box AS words, (sets_text).box AS sets_text, (sets_reasons).box AS sets_reasons
FROM ticket_event
WHERE id > $1 AND (substr((text).box, 1, 4) <> $2 OR substr((words).box, 1, 4) <> $2
                   OR substr((sets_text).box, 1, 4) <> $2 OR substr((sets_reasons).box, 1, 4) <> $2)
ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_ticket_event
-- Likewise.
UPDATE ticket_event
SET text = new.text, words = new.words, sets_text = new.sets_text, sets_reasons = new.sets_reasons
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
     AS new(id, text, words, sets_text, sets_reasons)
WHERE ticket_event.id = new.id;

-- name: old_outbox_sms
-- Likewise.
SELECT id, (text).box AS text FROM outbox_sms
WHERE id > $1 AND substr((text).box, 1, 4) <> $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_outbox_sms
-- Likewise.
UPDATE outbox_sms SET text = new.text FROM unnest($1::bigint[], $2::bytea[]) AS new(id, text)
WHERE outbox_sms.id = new.id;

-- name: old_outbox_mail
-- Likewise.
SELECT id, (extra_text).box AS extra_text, (error).box AS error FROM outbox_mail
WHERE id > $1 AND (substr((extra_text).box, 1, 4) <> $2 OR substr((error).box, 1, 4) <> $2)
ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_outbox_mail
-- Likewise.
UPDATE outbox_mail SET extra_text = new.extra_text, error = new.error
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS new(id, extra_text, error) WHERE outbox_mail.id = new.id;

-- name: old_inbound_mail
-- Likewise.
SELECT id, (envelope_sender).box AS envelope_sender, (raw).box AS raw, (error).box AS error, (sender).box AS sender,
       (subject).box AS subject
FROM inbound_mail
WHERE id > $1 AND (substr((envelope_sender).box, 1, 4) <> $2 OR substr((raw).box, 1, 4) <> $2
                   OR substr((error).box, 1, 4) <> $2 OR substr((sender).box, 1, 4) <> $2
                   OR substr((subject).box, 1, 4) <> $2)
ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_inbound_mail
-- Likewise.
UPDATE inbound_mail
SET envelope_sender = new.envelope_sender, raw = new.raw, error = new.error, sender = new.sender, subject = new.subject
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
     AS new(id, envelope_sender, raw, error, sender, subject)
WHERE inbound_mail.id = new.id;

-- name: old_mail_attachment
-- Likewise; two numbers make the key, so both make `id`.
SELECT mail_id * 65536 + nth AS id, (name).box AS name FROM mail_attachment
WHERE mail_id * 65536 + nth > $1 AND substr((name).box, 1, 4) <> $2
ORDER BY mail_id, nth LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_mail_attachment
-- Likewise.
UPDATE mail_attachment SET name = new.name FROM unnest($1::bigint[], $2::bytea[]) AS new(id, name)
WHERE mail_id = new.id / 65536 AND nth = new.id % 65536;

-- name: old_privacy_request
-- Likewise.
SELECT id, (reason).box AS reason FROM privacy_request
WHERE id > $1 AND substr((reason).box, 1, 4) <> $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: new_privacy_request
-- Likewise.
UPDATE privacy_request SET reason = new.reason FROM unnest($1::bigint[], $2::bytea[]) AS new(id, reason)
WHERE privacy_request.id = new.id;

-- ---------------------------------------------------------------- who is meant

-- name: phone_of_hashes
-- The one phone that one of the hashes $1 of its number belongs to.
SELECT id FROM phone WHERE address_hash = ANY ($1::bytea[]);

-- name: number_of_code
-- The report $1, and the number behind it, sealed.
SELECT ticket.id, ticket.phone_id, phone.address_sealed
FROM ticket JOIN phone ON phone.id = ticket.phone_id WHERE ticket.code = $1;

-- name: lock_phone
-- Against all that talk with it, until the transaction ends.
SELECT id, address_sealed FROM phone WHERE id = $1 FOR UPDATE;

-- name: phone_facts
-- What is kept of a phone itself.
SELECT first_seen_at, answerable, language, quiet, address_sealed FROM phone WHERE id = $1;

-- name: tickets_of_phone
-- Its reports, oldest first.
SELECT id, code, status, class, topic, place, agency, confidential, anonymous, confidence, text, reasons, opened_at,
       updated_at, due_at, due_for, erased_at
FROM ticket WHERE phone_id = $1 ORDER BY id;

-- name: messages_of_phone
-- The SMS that came from it.
SELECT message.id, message.transport, message.text, message.complete, message.sent_at, message.received_at,
       message.state, message.outcome, message.error, ticket.code AS ticket, message.erased_at
FROM inbound_message AS message LEFT JOIN ticket ON ticket.id = message.ticket_id
WHERE message.phone_id = $1 ORDER BY message.id;

-- name: sms_of_phone
-- The SMS that were written to it.
SELECT sms.id, ticket.code AS ticket, sms.cause, sms.text, sms.state, sms.created_at, sms.sent_at, sms.error
FROM outbox_sms AS sms LEFT JOIN ticket ON ticket.id = sms.ticket_id WHERE sms.phone_id = $1 ORDER BY sms.id;

-- name: mails_of_phone
-- The mails about its reports: to whom they went, and what they said besides the report itself.
SELECT mail.id, ticket.code AS ticket, mail.kind, dispatch.agency, dispatch.address, mail.extra_text, mail.state,
       mail.created_at, mail.sent_at
FROM outbox_mail AS mail JOIN dispatch ON dispatch.id = mail.dispatch_id JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE ticket.phone_id = $1 ORDER BY mail.id;

-- name: answers_of_phone
-- The mails that came about its reports.
SELECT mail.id, ticket.code AS ticket, dispatch.agency, mail.sender, mail.subject, mail.received_at, mail.state,
       mail.outcome, mail.envelope_sender, mail.raw,
       ARRAY(SELECT name FROM mail_attachment WHERE mail_id = mail.id ORDER BY nth) AS attachments
FROM inbound_mail AS mail JOIN dispatch ON dispatch.id = mail.dispatch_id JOIN ticket ON ticket.id = dispatch.ticket_id
WHERE ticket.phone_id = $1 ORDER BY mail.id;

-- name: all_questions_of_phone
-- What its citizen was asked.
SELECT ticket.code AS ticket, question.kind, asked_at, expires_at, closed_at, outcome
FROM question JOIN ticket ON ticket.id = question.ticket_id WHERE question.phone_id = $1 ORDER BY question.id;

-- name: reports_of_phone
-- Delivery reports of the network on SMS to it.
SELECT transport, status, discharged_at, received_at FROM delivery_report WHERE phone_id = $1 ORDER BY id;

-- name: recipients_of_phone
-- Who was sent something of its reports, by mail.
SELECT DISTINCT dispatch.agency, dispatch.address
FROM dispatch JOIN ticket ON ticket.id = dispatch.ticket_id
     JOIN outbox_mail AS mail ON mail.dispatch_id = dispatch.id AND mail.sent_at IS NOT NULL
WHERE ticket.phone_id = $1 ORDER BY 1, 2;

-- ---------------------------------------------------------------- erasure

-- name: busy_of_phone
-- What is still under way with it, which must end before its words are erased.
SELECT (SELECT array_agg(code ORDER BY id) FROM ticket
        WHERE phone_id = $1 AND status NOT IN ('selesai', 'diarsipkan')) AS open,
       (SELECT count(*) FROM inbound_message WHERE phone_id = $1 AND state = 'new') AS unread,
       (SELECT count(*) FROM inbound_part WHERE phone_id = $1 AND message_id IS NULL) AS parts,
       (SELECT count(*) FROM outbox_sms WHERE phone_id = $1 AND state = 'sending') AS sending,
       (SELECT count(*) FROM outbox_mail AS mail JOIN dispatch ON dispatch.id = mail.dispatch_id
             JOIN ticket ON ticket.id = dispatch.ticket_id
        WHERE ticket.phone_id = $1 AND mail.state IN ('queued', 'sending')) AS mails;

-- name: erase_tickets
-- Of the reports $1 no word is left; $2 stands in the place of their texts.
UPDATE ticket SET text = $2, reasons = $3, erased_at = now() WHERE id = ANY ($1::bigint[]);

-- name: erase_events
-- That something happened stays, and who did it; what was said does not.
UPDATE ticket_event SET text = NULL, words = NULL, sets_text = NULL, sets_reasons = NULL
WHERE ticket_id = ANY ($1::bigint[])
  AND (text IS NOT NULL OR words IS NOT NULL OR sets_text IS NOT NULL OR sets_reasons IS NOT NULL);

-- name: erase_messages_of_tickets
-- What opened the reports $1, or was said about them.
UPDATE inbound_message SET text = $2, error = NULL, erased_at = now()
WHERE erased_at IS NULL
  AND (ticket_id = ANY ($1::bigint[])
       OR id IN (SELECT message_id FROM ticket WHERE id = ANY ($1::bigint[]))
       OR id IN (SELECT (data ->> 'message')::bigint FROM ticket_event WHERE ticket_id = ANY ($1::bigint[])))
RETURNING id;

-- name: erase_messages_of_phone
-- All that came from the phone $1.
UPDATE inbound_message SET text = $2, error = NULL, erased_at = now() WHERE phone_id = $1 AND erased_at IS NULL
RETURNING id;

-- name: erase_parts
-- The PDUs of the messages $1.
DELETE FROM inbound_part WHERE message_id = ANY ($1::bigint[]);

-- name: erase_parts_of_phone
-- All of the phone $1.
DELETE FROM inbound_part WHERE phone_id = $1;

-- name: erase_sms_of_tickets
-- What was written to the citizen about the reports $1; what has not gone out yet never does.
UPDATE outbox_sms
SET text = $2, erased_at = now(), state = CASE WHEN state IN ('queued', 'withheld') THEN 'expired' ELSE state END
WHERE ticket_id = ANY ($1::bigint[]);

-- name: erase_sms_of_phone
-- All that was written to the phone $1.
UPDATE outbox_sms
SET text = $2, erased_at = now(), state = CASE WHEN state IN ('queued', 'withheld') THEN 'expired' ELSE state END
WHERE phone_id = $1;

-- name: erase_mails
-- What the mails about the reports $1 said besides the reports.
UPDATE outbox_mail SET extra_text = $2, error = NULL
WHERE dispatch_id IN (SELECT id FROM dispatch WHERE ticket_id = ANY ($1::bigint[]));

-- name: erase_answers
-- The mails that came about the reports $1: who wrote and what. Those that somebody had to read are put aside.
UPDATE inbound_mail
SET raw = $2, envelope_sender = $3, erased_at = now(), sender = NULL, subject = NULL, error = NULL,
    state = CASE WHEN state IN ('held', 'quarantined') THEN 'rejected' ELSE state END
WHERE id IN (SELECT mail.id FROM inbound_mail AS mail
             JOIN dispatch ON dispatch.id = mail.dispatch_id
                  OR dispatch.token = substring(lower(mail.recipient) FROM '^t-([^@]+)@')
             WHERE dispatch.ticket_id = ANY ($1::bigint[]) AND mail.state <> 'new')
   OR id IN (SELECT (data ->> 'mail')::bigint FROM ticket_event WHERE ticket_id = ANY ($1::bigint[]))
RETURNING id;

-- name: erase_attachments
-- The names of what was attached to the mails $1.
UPDATE mail_attachment SET name = $2 WHERE mail_id = ANY ($1::bigint[]);

-- name: erase_phone
-- Nobody can tell any more whose it was. The same number is a new phone when it texts again.
UPDATE phone SET address_hash = NULL, address_sealed = NULL, answerable = false, quiet = true WHERE id = $1;

-- name: erase_one_off
-- With it the number for asking from another phone.
DELETE FROM one_off WHERE phone_id = $1;

-- name: erase_questions
-- Nobody can answer them.
UPDATE question SET closed_at = now(), outcome = 'expired' WHERE phone_id = $1 AND closed_at IS NULL;

-- name: erase_request_reasons
-- What operators wrote about the requests of the phone $1.
UPDATE privacy_request SET reason = NULL WHERE phone_id = $1;

-- name: quarantined_pdus
-- What nobody could read: the number may stand in it.
SELECT id, raw_sealed FROM quarantine WHERE id > $1 ORDER BY id LIMIT 1000;

-- name: erase_quarantine
-- Those of them.
DELETE FROM quarantine WHERE id = ANY ($1::bigint[]);

-- ---------------------------------------------------------------- retention

-- name: tickets_to_forget
-- Reports of the class $1 that were closed before $2 and not touched since, of phones nobody is talking with, with
-- nothing about them under way; locked with their phones.
SELECT ticket.id, ticket.code, now() AS now FROM ticket JOIN phone ON phone.id = ticket.phone_id
WHERE ticket.class = $1 AND ticket.updated_at < $2 AND ticket.erased_at IS NULL
  AND ticket.status IN ('selesai', 'diarsipkan')
  AND NOT EXISTS (SELECT FROM privacy_request AS request
                  WHERE request.phone_id = ticket.phone_id AND request.done_at IS NULL)
  AND NOT EXISTS (SELECT FROM outbox_sms AS sms WHERE sms.ticket_id = ticket.id AND sms.state IN ('queued', 'sending'))
  AND NOT EXISTS (SELECT FROM outbox_mail AS mail JOIN dispatch ON dispatch.id = mail.dispatch_id
                  WHERE dispatch.ticket_id = ticket.id AND mail.state IN ('queued', 'sending'))
ORDER BY ticket.updated_at LIMIT 100
FOR NO KEY UPDATE OF phone, ticket SKIP LOCKED;

-- name: messages_to_forget
-- SMS that became part of no report, or of one that has been erased, received before $1.
SELECT id FROM inbound_message AS message
WHERE erased_at IS NULL AND received_at < $1 AND state <> 'new'
  AND (ticket_id IS NULL OR EXISTS (SELECT FROM ticket
                                    WHERE ticket.id = message.ticket_id AND ticket.erased_at IS NOT NULL))
ORDER BY received_at LIMIT 500 FOR UPDATE SKIP LOCKED;

-- name: erase_messages
-- These.
UPDATE inbound_message SET text = $2, error = NULL, erased_at = now() WHERE id = ANY ($1::bigint[]);

-- name: sms_to_forget
-- SMS about no report, or about one that has been erased, written before $1.
SELECT id FROM outbox_sms AS sms
WHERE erased_at IS NULL AND created_at < $1 AND state NOT IN ('queued', 'sending')
  AND (ticket_id IS NULL OR EXISTS (SELECT FROM ticket
                                    WHERE ticket.id = sms.ticket_id AND ticket.erased_at IS NOT NULL))
ORDER BY created_at LIMIT 500 FOR UPDATE SKIP LOCKED;

-- name: erase_sms
-- These.
UPDATE outbox_sms SET text = $2, erased_at = now() WHERE id = ANY ($1::bigint[]);

-- name: mails_to_forget
-- Mails that came before $1 about no report and that nobody has to read any more, or about one that has been erased.
SELECT id FROM inbound_mail AS mail
WHERE erased_at IS NULL AND received_at < $1 AND state <> 'new'
  AND ((dispatch_id IS NULL AND state IN ('handled', 'kept', 'rejected'))
       OR EXISTS (SELECT FROM dispatch JOIN ticket ON ticket.id = dispatch.ticket_id
                  WHERE dispatch.id = mail.dispatch_id AND ticket.erased_at IS NOT NULL))
ORDER BY received_at LIMIT 500 FOR UPDATE SKIP LOCKED;

-- name: erase_mails_in
-- These.
UPDATE inbound_mail
SET raw = $2, envelope_sender = $3, sender = NULL, subject = NULL, error = NULL, erased_at = now(),
    state = CASE WHEN state IN ('held', 'quarantined') THEN 'rejected' ELSE state END
WHERE id = ANY ($1::bigint[]);

-- name: forget_quarantine
-- PDUs that nobody could read, from before $1.
WITH old AS (SELECT id FROM quarantine WHERE at < $1 ORDER BY at LIMIT 500 FOR UPDATE SKIP LOCKED)
DELETE FROM quarantine WHERE id IN (SELECT id FROM old) RETURNING id;

-- name: phones_to_forget
-- Phones first seen before $1 of which no word is kept any more, and that have asked nothing that is open.
SELECT id FROM phone
WHERE address_hash IS NOT NULL AND first_seen_at < $1
  AND NOT EXISTS (SELECT FROM ticket WHERE ticket.phone_id = phone.id AND ticket.erased_at IS NULL)
  AND NOT EXISTS (SELECT FROM inbound_message AS message
                  WHERE message.phone_id = phone.id AND message.erased_at IS NULL)
  AND NOT EXISTS (SELECT FROM inbound_part AS part WHERE part.phone_id = phone.id AND part.message_id IS NULL)
  AND NOT EXISTS (SELECT FROM outbox_sms AS sms WHERE sms.phone_id = phone.id AND sms.erased_at IS NULL)
  AND NOT EXISTS (SELECT FROM privacy_request AS request
                  WHERE request.phone_id = phone.id AND request.done_at IS NULL)
ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED;

-- ---------------------------------------------------------------- requests

-- name: add_request
-- Somebody asked, at $3.
INSERT INTO privacy_request (kind, phone_id, asked_at, due_at, taken_by, reason)
VALUES ($1, $2, $3::timestamptz, $3::timestamptz + interval '72 hours', $4, $5) RETURNING id, due_at;

-- name: close_requests
-- What was asked of kind $1 about the phone $2 has been done. Gives how many that were.
UPDATE privacy_request SET done_at = now(), done_by = $3 WHERE kind = $1 AND phone_id = $2 AND done_at IS NULL
RETURNING id;

-- name: list_requests
-- What is open, soonest due first; with $1 all, with $2 those about one phone.
SELECT request.id, request.kind, request.asked_at, request.due_at, request.taken_by, request.done_at, request.done_by,
       coalesce(request.done_at, now()) > request.due_at AS late, request.reason,
       ARRAY(SELECT code FROM ticket WHERE ticket.phone_id = request.phone_id ORDER BY id) AS tickets
FROM privacy_request AS request
WHERE ($1::boolean OR request.done_at IS NULL) AND ($2::bigint IS NULL OR request.phone_id = $2)
ORDER BY request.done_at NULLS FIRST, request.due_at, request.id;
