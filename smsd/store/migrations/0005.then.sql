-- The last step to version 5: see 0005.sql.

CREATE UNIQUE INDEX ON to_seal (place, id, nth);
ANALYZE to_seal;
CREATE FUNCTION pg_temp.box_of(place text, id bigint, nth integer DEFAULT 0) RETURNS bytea STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT done.box FROM pg_temp.to_seal AS done
            WHERE done.place = box_of.place AND done.id = box_of.id AND done.nth = box_of.nth);
END $$;

CREATE FUNCTION pg_temp.facts_of(event text, data jsonb) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
    SELECT data - ARRAY(SELECT jsonb_object_keys(pg_temp.words_of(event, data)))
$$;

DROP VIEW desk_ticket;
DROP TRIGGER ticket_event_append_only ON ticket_event;

ALTER TABLE phone
    ALTER COLUMN address_hash DROP NOT NULL,
    ALTER COLUMN address_sealed DROP NOT NULL,
    ALTER COLUMN address_sealed TYPE bytea USING pg_temp.box_of('phone', id),
    ADD CHECK ((address_hash IS NULL) = (address_sealed IS NULL));
ALTER TABLE inbound_part
    ALTER COLUMN pdu_sealed TYPE bytea USING pg_temp.box_of('part', id);
ALTER TABLE inbound_message
    ALTER COLUMN text TYPE sealed USING sealed(pg_temp.box_of('message.text', id)),
    ALTER COLUMN error TYPE sealed USING sealed(pg_temp.box_of('message.error', id)),
    ADD COLUMN erased_at timestamptz;
CREATE INDEX inbound_message_kept ON inbound_message (received_at) WHERE erased_at IS NULL;
ALTER TABLE ticket
    ALTER COLUMN text TYPE sealed USING sealed(pg_temp.box_of('ticket.text', id)),
    ALTER COLUMN reasons TYPE sealed USING sealed(pg_temp.box_of('ticket.reasons', id)),
    ADD COLUMN erased_at timestamptz;
CREATE INDEX ticket_closed ON ticket (class, updated_at)
    WHERE erased_at IS NULL AND status IN ('selesai', 'diarsipkan');
ALTER TABLE ticket_event ADD COLUMN text text, ADD COLUMN words text, ADD COLUMN sets_text text, ADD COLUMN sets_reasons text;
ALTER TABLE ticket_event ALTER COLUMN data DROP DEFAULT;
ALTER TABLE ticket_event
    ALTER COLUMN data TYPE jsonb USING pg_temp.facts_of(kind, data),
    ALTER COLUMN sets TYPE jsonb USING nullif(sets - 'text' - 'reasons', '{}'),
    ALTER COLUMN text TYPE sealed USING sealed(pg_temp.box_of('event.text', id)),
    ALTER COLUMN words TYPE sealed USING sealed(pg_temp.box_of('event.words', id)),
    ALTER COLUMN sets_text TYPE sealed USING sealed(pg_temp.box_of('event.sets_text', id)),
    ALTER COLUMN sets_reasons TYPE sealed USING sealed(pg_temp.box_of('event.sets_reasons', id));
ALTER TABLE ticket_event ALTER COLUMN data SET DEFAULT '{}';

CREATE OR REPLACE FUNCTION ticket_follows_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ticket SET
        status     = coalesce(NEW.status, status),
        agency     = coalesce(NEW.agency, agency),
        due_at     = CASE WHEN NEW.due_for IS NULL THEN due_at ELSE NEW.due_at END,
        due_for    = CASE WHEN NEW.due_for IS NULL THEN due_for ELSE nullif(NEW.due_for, 'none') END,
        next_step  = CASE WHEN NEW.due_for IS NULL THEN next_step WHEN NEW.due_for <> 'none' THEN 'plan' END,
        next_at    = CASE WHEN NEW.due_for IS NULL THEN next_at WHEN NEW.due_for <> 'none' THEN NEW.at END,
        ombudsman_asked_at = CASE WHEN NEW.kind = 'ombudsman_asked' THEN NEW.at ELSE ombudsman_asked_at END,
        place      = CASE WHEN NEW.sets ? 'place' THEN NEW.sets ->> 'place' ELSE place END,
        topic      = CASE WHEN NEW.sets ? 'topic' THEN NEW.sets ->> 'topic' ELSE topic END,
        class      = coalesce(NEW.sets ->> 'class', class),
        text       = coalesce(NEW.sets_text, text),
        confidential = coalesce((NEW.sets ->> 'confidential')::boolean, confidential),
        anonymous  = coalesce((NEW.sets ->> 'anonymous')::boolean, anonymous),
        confidence = coalesce((NEW.sets ->> 'confidence')::real, confidence),
        reasons    = coalesce(NEW.sets_reasons, reasons),
        updated_at = NEW.at
    WHERE id = NEW.ticket_id;
    RETURN NULL;
END $$;

CREATE TRIGGER ticket_event_append_only
    BEFORE UPDATE OF id, ticket_id, at, kind, actor, status, agency, due_at, due_for, data, sets
    OR DELETE OR TRUNCATE ON ticket_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A box of the timeline stays, goes for good, or is sealed by another key; nothing can be put where nothing was.
CREATE FUNCTION same_words(was bytea, becomes bytea) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT becomes IS NULL OR becomes = was OR substr(becomes, 1, 4) <> substr(was, 1, 4)
$$;
CREATE FUNCTION refuse_other_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (same_words((OLD.text).box, (NEW.text).box) AND same_words((OLD.words).box, (NEW.words).box)
        AND same_words((OLD.sets_text).box, (NEW.sets_text).box)
        AND same_words((OLD.sets_reasons).box, (NEW.sets_reasons).box)) IS NOT TRUE THEN
        RAISE EXCEPTION 'ticket_event is append-only: other words refused' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ticket_event_words BEFORE UPDATE ON ticket_event
    FOR EACH ROW EXECUTE FUNCTION refuse_other_words();

ALTER TABLE outbox_sms
    ALTER COLUMN text TYPE sealed USING sealed(pg_temp.box_of('sms.text', id)),
    ADD COLUMN erased_at timestamptz;
CREATE INDEX outbox_sms_kept ON outbox_sms (created_at) WHERE erased_at IS NULL;
ALTER TABLE outbox_mail
    ALTER COLUMN extra_text DROP DEFAULT,
    ALTER COLUMN extra_text DROP NOT NULL,
    ALTER COLUMN extra_text TYPE sealed USING sealed(pg_temp.box_of('outgoing.extra_text', id)),
    ALTER COLUMN error TYPE sealed USING sealed(pg_temp.box_of('outgoing.error', id));
ALTER TABLE inbound_mail
    ALTER COLUMN envelope_sender TYPE sealed USING sealed(pg_temp.box_of('mail.envelope_sender', id)),
    ALTER COLUMN raw TYPE sealed USING sealed(pg_temp.box_of('mail.raw', id)),
    ALTER COLUMN error TYPE sealed USING sealed(pg_temp.box_of('mail.error', id)),
    ALTER COLUMN sender TYPE sealed USING sealed(pg_temp.box_of('mail.sender', id)),
    ALTER COLUMN subject TYPE sealed USING sealed(pg_temp.box_of('mail.subject', id)),
    ADD COLUMN erased_at timestamptz;
CREATE INDEX inbound_mail_kept ON inbound_mail (received_at) WHERE erased_at IS NULL;
ALTER TABLE mail_attachment
    ALTER COLUMN name TYPE sealed USING sealed(pg_temp.box_of('attachment.name', mail_id, nth));
ALTER TABLE quarantine
    ALTER COLUMN raw_sealed TYPE bytea USING pg_temp.box_of('quarantine', id),
    ALTER COLUMN error TYPE sealed USING sealed(pg_temp.box_of('quarantine.error', id));

CREATE VIEW desk_ticket AS
SELECT id, code, phone_id, status, class AS klass, topic, place, agency, due_at, due_for, text, confidential,
       anonymous, message_id, opened_at,
       (SELECT language FROM phone WHERE phone.id = ticket.phone_id) AS language,
       (SELECT max(dispatch.id) FROM dispatch
        WHERE dispatch.ticket_id = ticket.id AND ended_at IS NULL AND NOT copy) AS dispatch_id,
       (SELECT count(*) FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND kind = 'agency_declined' AND NOT data ? 'by_triage') AS declined,
       (SELECT count(*) FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND kind = 'reopened') AS reopened,
       (SELECT event.text FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND event.text IS NOT NULL
          AND kind IN ('agency_in_progress', 'agency_asked', 'agency_done', 'agency_postponed', 'agency_refused',
                       'status_set')
        ORDER BY event.id DESC LIMIT 1) AS last_answer,
       (SELECT max(at) FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND event.text IS NOT NULL
          AND kind IN ('agency_in_progress', 'agency_asked', 'agency_done', 'agency_postponed', 'agency_refused',
                       'status_set')) AS answered_at,
       (SELECT kind FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND kind IN ('agency_done', 'agency_refused', 'status_set', 'cancelled')
        ORDER BY event.id DESC LIMIT 1) AS closed_by,
       EXISTS (SELECT FROM dispatch JOIN inbound_mail AS mail ON mail.dispatch_id = dispatch.id
               WHERE dispatch.ticket_id = ticket.id AND mail.state = 'held' AND mail.outcome = 'free_text')
           AS answer_waits
FROM ticket;

CREATE TABLE privacy_request (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text        NOT NULL CHECK (kind IN ('access', 'correction', 'erasure')),
    phone_id   bigint      NOT NULL REFERENCES phone,
    asked_at   timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL,               -- 3 x 24 hours later
    taken_by   text        NOT NULL,               -- operator:<login>
    done_at    timestamptz,
    done_by    text,
    reason     sealed                              -- in the operator's words
);
CREATE INDEX privacy_request_open ON privacy_request (phone_id, kind) WHERE done_at IS NULL;

-- Every box there is, and the key that sealed it.
CREATE VIEW sealed_box AS
SELECT place, substr(box, 1, 4) AS key FROM (
    SELECT 'phone' AS place, address_sealed AS box FROM phone
    UNION ALL SELECT 'inbound_part', pdu_sealed FROM inbound_part
    UNION ALL SELECT 'inbound_message', unnest(ARRAY[(text).box, (error).box]) FROM inbound_message
    UNION ALL SELECT 'ticket', unnest(ARRAY[(text).box, (reasons).box]) FROM ticket
    UNION ALL SELECT 'ticket_event', unnest(ARRAY[(text).box, (words).box, (sets_text).box, (sets_reasons).box])
              FROM ticket_event
    UNION ALL SELECT 'outbox_sms', (text).box FROM outbox_sms
    UNION ALL SELECT 'outbox_mail', unnest(ARRAY[(extra_text).box, (error).box]) FROM outbox_mail
    UNION ALL SELECT 'inbound_mail', unnest(ARRAY[(envelope_sender).box, (raw).box, (error).box, (sender).box,
                                                  (subject).box]) FROM inbound_mail
    UNION ALL SELECT 'mail_attachment', (name).box FROM mail_attachment
    UNION ALL SELECT 'quarantine', unnest(ARRAY[raw_sealed, (error).box]) FROM quarantine
    UNION ALL SELECT 'privacy_request', (reason).box FROM privacy_request
) AS every
WHERE box IS NOT NULL;

INSERT INTO schema_version (version) VALUES (5);
