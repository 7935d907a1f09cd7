-- Version 2: the conversation. Questions to citizens, one-off numbers, the language and quiet of a phone, copies for
-- inspectorates, and whatever of a ticket changes later comes from its events too.

ALTER TABLE phone
    ADD COLUMN language text NOT NULL DEFAULT 'id',
    ADD COLUMN quiet boolean NOT NULL DEFAULT false;

CREATE TABLE one_off (
    phone_id    bigint      PRIMARY KEY REFERENCES phone,
    number      text        NOT NULL,
    wrong_tries smallint    NOT NULL DEFAULT 0,
    expires_at  timestamptz NOT NULL
);

ALTER TABLE inbound_message
    ADD COLUMN trusted boolean NOT NULL DEFAULT false,
    ADD COLUMN ticket_id bigint REFERENCES ticket;
CREATE INDEX inbound_message_waiting ON inbound_message (phone_id, id) WHERE state = 'new';
CREATE INDEX inbound_message_of_phone ON inbound_message (phone_id, received_at);

ALTER TABLE ticket ADD COLUMN anonymous boolean NOT NULL DEFAULT false;
ALTER TABLE ticket_event ADD COLUMN sets jsonb;
ALTER TABLE dispatch ADD COLUMN copy boolean NOT NULL DEFAULT false;

CREATE OR REPLACE FUNCTION ticket_follows_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ticket SET
        status     = coalesce(NEW.status, status),
        agency     = coalesce(NEW.agency, agency),
        due_at     = CASE WHEN NEW.due_for IS NULL THEN due_at ELSE NEW.due_at END,
        due_for    = CASE WHEN NEW.due_for IS NULL THEN due_for ELSE nullif(NEW.due_for, 'none') END,
        place      = CASE WHEN NEW.sets ? 'place' THEN NEW.sets ->> 'place' ELSE place END,
        topic      = CASE WHEN NEW.sets ? 'topic' THEN NEW.sets ->> 'topic' ELSE topic END,
        class      = coalesce(NEW.sets ->> 'class', class),
        text       = coalesce(NEW.sets ->> 'text', text),
        confidential = coalesce((NEW.sets ->> 'confidential')::boolean, confidential),
        anonymous  = coalesce((NEW.sets ->> 'anonymous')::boolean, anonymous),
        confidence = coalesce((NEW.sets ->> 'confidence')::real, confidence),
        reasons    = coalesce(NEW.sets -> 'reasons', reasons),
        updated_at = NEW.at
    WHERE id = NEW.ticket_id;
    RETURN NULL;
END $$;

CREATE VIEW desk_ticket AS
SELECT id, code, phone_id, status, class AS klass, topic, place, agency, due_at, text, confidential, anonymous,
       message_id, opened_at,
       (SELECT language FROM phone WHERE phone.id = ticket.phone_id) AS language,
       (SELECT max(dispatch.id) FROM dispatch
        WHERE dispatch.ticket_id = ticket.id AND ended_at IS NULL AND NOT copy) AS dispatch_id,
       (SELECT count(*) FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND kind = 'agency_declined' AND NOT data ? 'by_triage') AS declined,
       (SELECT count(*) FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND kind = 'reopened') AS reopened,
       (SELECT data ->> 'text' FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND data ->> 'text' <> ''
          AND kind IN ('agency_in_progress', 'agency_asked', 'agency_done', 'status_set')
        ORDER BY event.id DESC LIMIT 1) AS last_answer,
       (SELECT max(at) FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND data ->> 'text' <> ''
          AND kind IN ('agency_in_progress', 'agency_asked', 'agency_done', 'status_set')) AS answered_at
FROM ticket;

CREATE TABLE question (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone_id   bigint      NOT NULL REFERENCES phone,
    ticket_id  bigint      NOT NULL REFERENCES ticket,
    kind       text        NOT NULL CHECK (kind IN ('tempat', 'jawaban', 'beres', 'kurang', 'nilai', 'batal')),
    asked_at   timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    closed_at  timestamptz,
    outcome    text                                -- answered, expired, overtaken
);
CREATE UNIQUE INDEX question_open ON question (ticket_id, kind) WHERE closed_at IS NULL;
CREATE INDEX question_of_phone ON question (phone_id) WHERE closed_at IS NULL;
CREATE INDEX question_due ON question (expires_at) WHERE closed_at IS NULL;

INSERT INTO schema_version (version) VALUES (2);
