-- Version 5: what people wrote is sealed. Three steps in one transaction: this file gathers what stands there in plain,
-- smsd/store/seal_all.py seals it, and 0005.then.sql puts the boxes into their places, which writes each table anew: no
-- text is left in it.

CREATE TYPE sealed AS (box bytea);

-- unnest() of an array of these gives bare boxes: they become whole again where they are stored.
CREATE FUNCTION sealed(bytea) RETURNS sealed LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ROW($1)::sealed';
CREATE CAST (bytea AS sealed) WITH FUNCTION sealed(bytea) AS ASSIGNMENT;

-- The keys that sealed something here. All processes seal and hash with the current one.
CREATE TABLE sealing_key (
    id             bytea       PRIMARY KEY CHECK (length(id) = 4),
    current        boolean     NOT NULL,
    current_since  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX sealing_key_current ON sealing_key (current) WHERE current;

-- `place` names where a text stands; `was` is what it was sealed for before, NULL: it stands there in plain, and `kind`
-- says what it is: t text, j JSON, b bytes.
CREATE TEMPORARY TABLE to_seal (
    n      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place  text     NOT NULL,
    id     bigint   NOT NULL,
    nth    smallint NOT NULL DEFAULT 0,
    was    text,
    kind   text,
    clear  bytea    NOT NULL,
    box    bytea
) ON COMMIT DROP;

INSERT INTO to_seal (place, id, was, kind, clear)
SELECT 'phone', id, 'phone', NULL, address_sealed FROM phone
UNION ALL SELECT 'part', id, 'pdu', NULL, pdu_sealed FROM inbound_part
UNION ALL SELECT 'quarantine', id, 'quarantine', NULL, raw_sealed FROM quarantine
UNION ALL SELECT 'mail.raw', id, NULL, 'b', raw FROM inbound_mail;

-- Of an event's data these keys are facts; what is empty says nothing. All else people wrote.
CREATE FUNCTION pg_temp.words_of(event text, data jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(data)
    WHERE key NOT IN ('accepted_by', 'agency', 'by_triage', 'confidence', 'dispatch', 'due_for', 'kind', 'mail',
                      'message', 'request', 'stars', 'status', 'superior', 'until')
      AND NOT (key = 'reason' AND event IN ('mail_held', 'mail_kept'))
      AND value NOT IN ('""', '[]', '{}', 'null', 'false', '0')
$$;

INSERT INTO to_seal (place, id, nth, kind, clear)
SELECT place, id, nth, kind, convert_to(text, 'UTF8') FROM (
    SELECT 'message.text' AS place, id, 0 AS nth, 't' AS kind, text FROM inbound_message
    UNION ALL SELECT 'message.error', id, 0, 't', error FROM inbound_message
    UNION ALL SELECT 'ticket.text', id, 0, 't', text FROM ticket
    UNION ALL SELECT 'ticket.reasons', id, 0, 'j', reasons::text FROM ticket
    UNION ALL SELECT 'event.text', id, 0, 't', nullif(data ->> 'text', '') FROM ticket_event
    UNION ALL SELECT 'event.words', id, 0, 'j', nullif(pg_temp.words_of(event.kind, data) - 'text', '{}')::text
              FROM ticket_event AS event
    UNION ALL SELECT 'event.sets_text', id, 0, 't', sets ->> 'text' FROM ticket_event
    UNION ALL SELECT 'event.sets_reasons', id, 0, 'j', (sets -> 'reasons')::text FROM ticket_event
    UNION ALL SELECT 'sms.text', id, 0, 't', text FROM outbox_sms
    UNION ALL SELECT 'outgoing.extra_text', id, 0, 't', extra_text FROM outbox_mail WHERE dispatch_id IS NOT NULL
    UNION ALL SELECT 'outgoing.error', id, 0, 't', error FROM outbox_mail
    UNION ALL SELECT 'mail.envelope_sender', id, 0, 't', envelope_sender FROM inbound_mail
    UNION ALL SELECT 'mail.error', id, 0, 't', error FROM inbound_mail
    UNION ALL SELECT 'mail.sender', id, 0, 't', sender FROM inbound_mail
    UNION ALL SELECT 'mail.subject', id, 0, 't', subject FROM inbound_mail
    UNION ALL SELECT 'attachment.name', mail_id, nth, 't', name FROM mail_attachment
    UNION ALL SELECT 'quarantine.error', id, 0, 't', error FROM quarantine
) AS plain
WHERE text IS NOT NULL;
