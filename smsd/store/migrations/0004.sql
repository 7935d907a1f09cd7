-- Version 4: the clock plans its next step for each ticket; mailboxes that bounce are paused, and what came back of a mail
-- is kept with it; digests; attachments; the question about the Ombudsman. Deadlines that run already are planned anew.

ALTER TABLE ticket
    ADD COLUMN next_step text CHECK (next_step IN ('plan', 'remind', 'late', 'overdue')),
    ADD COLUMN next_at timestamptz,
    ADD COLUMN ombudsman_asked_at timestamptz;
CREATE INDEX ticket_next ON ticket (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ticket_unfinished ON ticket (opened_at)
    WHERE ombudsman_asked_at IS NULL AND status NOT IN ('selesai', 'diarsipkan');
CREATE INDEX ticket_of_agency ON ticket (agency) WHERE status NOT IN ('selesai', 'diarsipkan');

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
        text       = coalesce(NEW.sets ->> 'text', text),
        confidential = coalesce((NEW.sets ->> 'confidential')::boolean, confidential),
        anonymous  = coalesce((NEW.sets ->> 'anonymous')::boolean, anonymous),
        confidence = coalesce((NEW.sets ->> 'confidence')::real, confidence),
        reasons    = coalesce(NEW.sets -> 'reasons', reasons),
        updated_at = NEW.at
    WHERE id = NEW.ticket_id;
    RETURN NULL;
END $$;

DROP VIEW desk_ticket;
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
       (SELECT data ->> 'text' FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND data ->> 'text' <> ''
          AND kind IN ('agency_in_progress', 'agency_asked', 'agency_done', 'agency_postponed', 'agency_refused',
                       'status_set')
        ORDER BY event.id DESC LIMIT 1) AS last_answer,
       (SELECT max(at) FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND data ->> 'text' <> ''
          AND kind IN ('agency_in_progress', 'agency_asked', 'agency_done', 'agency_postponed', 'agency_refused',
                       'status_set')) AS answered_at,
       (SELECT kind FROM ticket_event AS event
        WHERE event.ticket_id = ticket.id AND kind IN ('agency_done', 'agency_refused', 'status_set', 'cancelled')
        ORDER BY event.id DESC LIMIT 1) AS closed_by,
       EXISTS (SELECT FROM dispatch JOIN inbound_mail AS mail ON mail.dispatch_id = dispatch.id
               WHERE dispatch.ticket_id = ticket.id AND mail.state = 'held' AND mail.outcome = 'free_text')
           AS answer_waits
FROM ticket;

CREATE TABLE contact_pause (
    address       text        PRIMARY KEY,
    agency        text        NOT NULL,
    paused_at     timestamptz NOT NULL,
    paused_until  timestamptz NOT NULL,            -- 'infinity': until an operator says otherwise
    bounces       integer     NOT NULL DEFAULT 1,  -- in a row
    status        text        NOT NULL,            -- enhanced status code, RFC 3463, or the reply's three digits
    reason        text        NOT NULL
);

CREATE TABLE digest (
    agency  text  NOT NULL,
    kind    text  NOT NULL CHECK (kind IN ('rekap', 'rekap_atasan')),
    day     date  NOT NULL,
    PRIMARY KEY (agency, kind, day)
);

ALTER TABLE question
    DROP CONSTRAINT question_kind_check,
    ADD CONSTRAINT question_kind_check
        CHECK (kind IN ('tempat', 'jawaban', 'beres', 'kurang', 'nilai', 'batal', 'ombudsman'));

ALTER TABLE outbox_mail
    ALTER COLUMN dispatch_id DROP NOT NULL,
    ADD COLUMN agency text,
    ADD COLUMN address text,
    ADD COLUMN content jsonb,
    ADD COLUMN delivery text CHECK (delivery IN ('delayed', 'delivered', 'bounced')),
    ADD COLUMN delivery_status text,
    ADD COLUMN refused boolean NOT NULL DEFAULT false,
    ADD CHECK (dispatch_id IS NOT NULL OR (address IS NOT NULL AND content IS NOT NULL));
CREATE INDEX outbox_mail_refused ON outbox_mail (id) WHERE refused;
CREATE INDEX outbox_mail_of_dispatch ON outbox_mail (dispatch_id);

ALTER TABLE inbound_mail
    ADD COLUMN told_at timestamptz,
    ADD COLUMN sender text,
    ADD COLUMN subject text,
    DROP CONSTRAINT inbound_mail_state_check,
    ADD CONSTRAINT inbound_mail_state_check
        CHECK (state IN ('new', 'handled', 'held', 'kept', 'rejected', 'quarantined'));
CREATE INDEX inbound_mail_held ON inbound_mail (dispatch_id, due_at) WHERE state IN ('held', 'quarantined');
CREATE TABLE mail_attachment (
    mail_id  bigint   NOT NULL REFERENCES inbound_mail,
    nth      smallint NOT NULL,
    name     text     NOT NULL,
    type     text     NOT NULL,
    bytes    integer  NOT NULL,
    sha256   bytea    NOT NULL,
    PRIMARY KEY (mail_id, nth)
);

UPDATE ticket SET next_step = 'plan', next_at = now() WHERE due_at IS NOT NULL;

INSERT INTO schema_version (version) VALUES (4);
