-- Version 5: what people wrote is sealed. Three steps in one transaction: this file gathers what stands there in plain,
-- smsd/store/seal_all.py seals it, and 0005.then.sql puts the boxes into their places, which writes each table anew: no
-- text is left in it.

CREATE TYPE sealed_text  AS (box bytea);
CREATE TYPE sealed_json  AS (box bytea);
CREATE TYPE sealed_bytes AS (box bytea);

-- unnest() of an array of these gives bare boxes: they become whole again where they are stored.
CREATE FUNCTION sealed_text(bytea) RETURNS sealed_text LANGUAGE sql IMMUTABLE STRICT
    AS 'SELECT ROW($1)::sealed_text';
CREATE FUNCTION sealed_json(bytea) RETURNS sealed_json LANGUAGE sql IMMUTABLE STRICT
    AS 'SELECT ROW($1)::sealed_json';
CREATE FUNCTION sealed_bytes(bytea) RETURNS sealed_bytes LANGUAGE sql IMMUTABLE STRICT
    AS 'SELECT ROW($1)::sealed_bytes';
CREATE CAST (bytea AS sealed_text)  WITH FUNCTION sealed_text(bytea)  AS ASSIGNMENT;
CREATE CAST (bytea AS sealed_json)  WITH FUNCTION sealed_json(bytea)  AS ASSIGNMENT;
CREATE CAST (bytea AS sealed_bytes) WITH FUNCTION sealed_bytes(bytea) AS ASSIGNMENT;

-- The keys that sealed something here. All processes seal and hash with the current one.
CREATE TABLE sealing_key (
    id             bytea       PRIMARY KEY CHECK (length(id) = 4),
    current        boolean     NOT NULL,
    current_since  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX sealing_key_current ON sealing_key (current) WHERE current;

-- `place` names where a text stands; `was` is what it was sealed for before, NULL: it stands there in plain.
CREATE TEMPORARY TABLE to_seal (
    n      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place  text     NOT NULL,
    id     bigint   NOT NULL,
    nth    smallint NOT NULL DEFAULT 0,
    was    text,
    clear  bytea    NOT NULL,
    box    bytea
) ON COMMIT DROP;

INSERT INTO to_seal (place, id, was, clear)
SELECT 'phone', id, 'phone', address_sealed FROM phone
UNION ALL SELECT 'part', id, 'pdu', pdu_sealed FROM inbound_part
UNION ALL SELECT 'quarantine', id, 'quarantine', raw_sealed FROM quarantine
UNION ALL SELECT 'mail.raw', id, NULL, raw FROM inbound_mail;

-- Of an event's data these keys are facts; what is empty says nothing. All else people wrote.
CREATE FUNCTION pg_temp.words_of(data jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(data)
    WHERE key NOT IN ('accepted_by', 'agency', 'by_triage', 'confidence', 'dispatch', 'due_for', 'kind', 'mail',
                      'message', 'request', 'stars', 'status', 'superior', 'until')
      AND value NOT IN ('""', '[]', '{}', 'null', 'false', '0')
$$;

INSERT INTO to_seal (place, id, nth, clear)
SELECT place, id, nth, convert_to(text, 'UTF8') FROM (
    SELECT 'message.text' AS place, id, 0 AS nth, text FROM inbound_message
    UNION ALL SELECT 'message.error', id, 0, error FROM inbound_message
    UNION ALL SELECT 'ticket.text', id, 0, text FROM ticket
    UNION ALL SELECT 'ticket.reasons', id, 0, reasons::text FROM ticket
    UNION ALL SELECT 'event.text', id, 0, nullif(data ->> 'text', '') FROM ticket_event
    UNION ALL SELECT 'event.words', id, 0, nullif(pg_temp.words_of(data) - 'text', '{}')::text FROM ticket_event
    UNION ALL SELECT 'event.sets_text', id, 0, sets ->> 'text' FROM ticket_event
    UNION ALL SELECT 'event.sets_reasons', id, 0, (sets -> 'reasons')::text FROM ticket_event
    UNION ALL SELECT 'sms.text', id, 0, text FROM outbox_sms
    UNION ALL SELECT 'outgoing.extra_text', id, 0, extra_text FROM outbox_mail WHERE dispatch_id IS NOT NULL
    UNION ALL SELECT 'outgoing.error', id, 0, error FROM outbox_mail
    UNION ALL SELECT 'mail.envelope_sender', id, 0, envelope_sender FROM inbound_mail
    UNION ALL SELECT 'mail.error', id, 0, error FROM inbound_mail
    UNION ALL SELECT 'mail.sender', id, 0, sender FROM inbound_mail
    UNION ALL SELECT 'mail.subject', id, 0, subject FROM inbound_mail
    UNION ALL SELECT 'attachment.name', mail_id, nth, name FROM mail_attachment
    UNION ALL SELECT 'quarantine.error', id, 0, error FROM quarantine
) AS plain
WHERE text IS NOT NULL;
