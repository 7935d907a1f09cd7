-- The whole database of the 1708 gateway. PostgreSQL 15 or newer.
--
--   inbound_part -> inbound_message -> ticket + ticket_event -> outbox_sms, outbox_mail
--   inbound_mail -> ticket_event     -> outbox_sms
--
-- Three rules hold everywhere:
--   * what an event causes (a status, an SMS, a mail) is written in the transaction that writes the event;
--   * a phone number stands only in `phone`, sealed with AES-SIV, and inside sealed PDUs; it is found by a keyed hash;
--     what people wrote is sealed too, in columns of the type `sealed`; what is asked of the data stands beside it;
--   * a row that waits for work says so by `state`, from when by `due_at`, and who has it until when by `leased_until`.

CREATE TABLE schema_version (
    version     integer PRIMARY KEY,
    applied_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO schema_version (version) VALUES (5);

-- ---------------------------------------------------------------- what is sealed

-- A box that only the key file opens (smsd/store/seal.py): its first four bytes say which key. The program reads and
-- writes what is in it (smsd/store/sealed.py); the database knows no more than whether there is one.
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

-- ---------------------------------------------------------------- citizens

-- Whoever can send us an SMS: a phone, or an alphanumeric or short sender that must never be answered.
CREATE TABLE phone (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address_hash    bytea       UNIQUE,           -- HMAC-SHA-256 of the canonical address, by the key of the box:
    address_sealed  bytea,                        -- the same, sealed; both NULL: erased, nobody knows whose it was
    answerable      boolean     NOT NULL,
    first_seen_at   timestamptz NOT NULL DEFAULT now(),
    language        text        NOT NULL DEFAULT 'id',   -- in which its owner wants to be answered
    quiet           boolean     NOT NULL DEFAULT false,  -- STOP: nothing but answers
    CHECK ((address_hash IS NULL) = (address_sealed IS NULL))
);

-- A number for asking the status of this phone's reports from another phone. In plain: it lives an hour, opens nothing
-- but a status, and of ten thousand possible ones a hash would hide none.
CREATE TABLE one_off (
    phone_id    bigint      PRIMARY KEY REFERENCES phone,
    number      text        NOT NULL,
    wrong_tries smallint    NOT NULL DEFAULT 0,
    expires_at  timestamptz NOT NULL
);

-- ---------------------------------------------------------------- inbound SMS

-- One SMS as the citizen meant it: all its parts joined.
CREATE TABLE inbound_message (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone_id     bigint      NOT NULL REFERENCES phone,
    transport    text        NOT NULL,
    text         sealed      NOT NULL,
    complete     boolean     NOT NULL,             -- false: a part never came, the gap is marked in the text
    sent_at      timestamptz NOT NULL,             -- the SMSC's time stamp of the first part
    received_at  timestamptz NOT NULL DEFAULT now(),
    state        text        NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'handled', 'quarantined')),
    attempts     integer     NOT NULL DEFAULT 0,
    due_at       timestamptz NOT NULL DEFAULT now(),
    outcome      text,                             -- what it was taken for: complaint, status, robot, promo, ...
    error        sealed,                           -- may quote the text
    trusted      boolean     NOT NULL DEFAULT false,  -- an operator has seen that it is no spam
    ticket_id    bigint,                           -- the report that its words opened, or became part of
    completes    bigint      REFERENCES inbound_message, -- the same SMS with a gap, handled before its last part came
    held_until   timestamptz,                      -- it reads cut: its rest may come until then
    erased_at    timestamptz                       -- when its words were made unreadable for good
);
CREATE INDEX inbound_message_new ON inbound_message (due_at, id) WHERE state = 'new';
CREATE INDEX inbound_message_waiting ON inbound_message (phone_id, id) WHERE state = 'new';
CREATE INDEX inbound_message_of_phone ON inbound_message (phone_id, received_at);
CREATE INDEX inbound_message_guesses ON inbound_message (phone_id, received_at) WHERE outcome = 'wrong_code';
CREATE INDEX inbound_message_of_ticket ON inbound_message (phone_id, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX inbound_message_kept ON inbound_message (received_at) WHERE erased_at IS NULL;

-- One SMS-DELIVER as the modem had it. Written before the modem may forget it.
CREATE TABLE inbound_part (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone_id      bigint      NOT NULL REFERENCES phone,
    transport     text        NOT NULL,
    identity      bytea       NOT NULL UNIQUE,     -- keyed hash of sender, SMSC time stamp, header and user data
    pdu_sealed    bytea       NOT NULL,
    reference     integer,                         -- of the concatenation; NULL: a message of one part
    reference_bits smallint,
    part_number   smallint    NOT NULL,
    part_count    smallint    NOT NULL,
    sent_at       timestamptz NOT NULL,
    received_at   timestamptz NOT NULL DEFAULT now(),
    message_id    bigint      REFERENCES inbound_message  -- NULL: waits for its siblings
);
CREATE INDEX inbound_part_of_message ON inbound_part (message_id);
CREATE INDEX inbound_part_waiting ON inbound_part (phone_id, reference, reference_bits, part_count)
    WHERE message_id IS NULL;

-- ---------------------------------------------------------------- tickets

CREATE TABLE ticket (
    id            bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    code          char(10)    NOT NULL UNIQUE CHECK (code ~ '^[234579][0-9]{9}$'),
    phone_id      bigint      NOT NULL REFERENCES phone,
    message_id    bigint      UNIQUE REFERENCES inbound_message,  -- one text, one ticket
    text          sealed      NOT NULL,
    class         text        NOT NULL,            -- pengaduan, pengawasan, informasi, aspirasi
    topic         text,
    place         text,                            -- Kemendagri code
    confidential  boolean     NOT NULL DEFAULT false,  -- RAHASIA: SMS about it name no topic, agency or answer
    confidence    real        NOT NULL,
    reasons       sealed      NOT NULL,            -- why this topic, this place, this agency
    opened_at     timestamptz NOT NULL DEFAULT now(),
    -- Kept by the trigger ticket_follows_events, never written by hand:
    status        text        NOT NULL DEFAULT 'diterima',
    agency        text,
    due_at        timestamptz,                     -- the deadline that runs now
    due_for       text,                            -- verify, first_follow_up, finish, reply
    updated_at    timestamptz NOT NULL DEFAULT now(),
    anonymous     boolean     NOT NULL DEFAULT false,  -- ANONIM: names are masked in all that leaves for agencies
    -- What the clock does next, and when: planned anew whenever another deadline begins to run.
    next_step     text        CHECK (next_step IN ('plan', 'remind', 'late', 'overdue')),
    next_at       timestamptz,
    ombudsman_asked_at timestamptz,                -- when the citizen was asked whether the Ombudsman should get it
    erased_at     timestamptz                      -- when all words about it were made unreadable for good
);
ALTER TABLE inbound_message ADD FOREIGN KEY (ticket_id) REFERENCES ticket;
CREATE INDEX ticket_of_phone ON ticket (phone_id, opened_at DESC);
CREATE INDEX ticket_due ON ticket (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ticket_next ON ticket (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ticket_unfinished ON ticket (opened_at)
    WHERE ombudsman_asked_at IS NULL AND status NOT IN ('selesai', 'diarsipkan');
CREATE INDEX ticket_of_agency ON ticket (agency) WHERE status NOT IN ('selesai', 'diarsipkan');
CREATE INDEX ticket_closed ON ticket (class, updated_at)
    WHERE erased_at IS NULL AND status IN ('selesai', 'diarsipkan');

-- The timeline. Append-only: a trigger refuses to change or remove an event; its words may only be sealed by another
-- key, or erased.
CREATE TABLE ticket_event (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id  bigint      NOT NULL REFERENCES ticket,
    at         timestamptz NOT NULL DEFAULT now(),
    kind       text        NOT NULL,               -- opened, dispatched, agency_answered, citizen_added, noted, ...
    actor      text        NOT NULL,               -- citizen, agency:<code>, operator:<login>, gateway
    status     text        CHECK (status IN ('diterima', 'tunda', 'terverifikasi', 'terdisposisi', 'ditindaklanjuti',
                                             'ditanggapi_pelapor', 'selesai', 'bukan_wewenang', 'diarsipkan',
                                             'eskalasi_ombudsman')),  -- NULL: the status stays
    agency     text,                               -- NULL: the agency stays
    due_at     timestamptz,                        -- with due_for: the deadline that runs from this event on
    due_for    text,                               -- NULL: the deadline stays; 'none': no deadline runs
    data       jsonb       NOT NULL DEFAULT '{}',  -- numbers, codes and words of the program (smsd/words.py)
    sets       jsonb,                              -- what else of the ticket changes: place, topic, class,
                                                   -- confidential, anonymous, confidence
    text         sealed,                           -- what was said, NULL where nothing was
    words        sealed,                           -- whatever else of the data people wrote, by its key
    sets_text    sealed,                           -- the ticket's text from now on
    sets_reasons sealed                            -- its reasons from now on
);
CREATE INDEX ticket_event_of_ticket ON ticket_event (ticket_id, id);

CREATE FUNCTION ticket_follows_events() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER ticket_follows_events AFTER INSERT ON ticket_event
    FOR EACH ROW EXECUTE FUNCTION ticket_follows_events();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
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

-- A ticket sent to an agency. The token is the secret in the reply address of every mail about it.
CREATE TABLE dispatch (
    id         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    ticket_id  bigint      NOT NULL REFERENCES ticket,
    agency     text        NOT NULL,
    address    text        NOT NULL,               -- the agency's mailbox at that time
    token      text        NOT NULL UNIQUE,
    at         timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,                        -- set when the ticket went to another agency
    copy       boolean     NOT NULL DEFAULT false  -- for information only: to whom oversees, or should press on
);
CREATE INDEX dispatch_of_ticket ON dispatch (ticket_id);

-- A mailbox of an agency that bounced: nothing goes there until then. A row without a future is history.
CREATE TABLE contact_pause (
    address       text        PRIMARY KEY,
    agency        text        NOT NULL,
    paused_at     timestamptz NOT NULL,
    paused_until  timestamptz NOT NULL,            -- 'infinity': until an operator says otherwise
    bounces       integer     NOT NULL DEFAULT 1,  -- in a row
    status        text        NOT NULL,            -- enhanced status code, RFC 3463, or the reply's three digits
    reason        text        NOT NULL
);

-- ---------------------------------------------------------------- questions to citizens

-- What was asked of a citizen and not answered yet: until it is closed, or has expired, a text may be the answer.
CREATE TABLE question (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone_id   bigint      NOT NULL REFERENCES phone,
    ticket_id  bigint      NOT NULL REFERENCES ticket,
    kind       text        NOT NULL CHECK (kind IN ('tempat', 'jawaban', 'beres', 'kurang', 'nilai', 'batal',
                                             'ombudsman')),
    asked_at   timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    closed_at  timestamptz,
    outcome    text                                -- answered, expired, overtaken
);
CREATE UNIQUE INDEX question_open ON question (ticket_id, kind) WHERE closed_at IS NULL;
CREATE INDEX question_of_phone ON question (phone_id) WHERE closed_at IS NULL;
CREATE INDEX question_due ON question (expires_at) WHERE closed_at IS NULL;

-- ---------------------------------------------------------------- outgoing SMS

CREATE TABLE outbox_sms (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone_id      bigint      NOT NULL REFERENCES phone,
    ticket_id     bigint      REFERENCES ticket,
    cause         text        NOT NULL,            -- the reply template it came from
    text          sealed      NOT NULL,
    transport     text,                            -- NULL: any
    priority      smallint    NOT NULL DEFAULT 1,  -- 0 answers to a question, 1 status, 2 reminders and surveys
    state         text        NOT NULL DEFAULT 'queued'
                  CHECK (state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'withheld', 'expired')),
    attempts      integer     NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL DEFAULT now(),
    leased_until  timestamptz,
    leased_by     text,
    error         text,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),  -- after the event that caused it
    sent_at       timestamptz,
    valid_from    timestamptz NOT NULL DEFAULT clock_timestamp(),  -- [limits] sms_valid_h runs from here
    waits         integer     NOT NULL DEFAULT 0,  -- tries that did not count: the modem could send nothing
    erased_at     timestamptz
);
CREATE INDEX outbox_sms_open ON outbox_sms (priority, due_at, id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_sms_of_phone ON outbox_sms (phone_id, created_at);
CREATE INDEX outbox_sms_of_hour ON outbox_sms (created_at) WHERE state <> 'withheld';
CREATE INDEX outbox_sms_kept ON outbox_sms (created_at) WHERE erased_at IS NULL;

-- One row per part and try, written before the modem is asked, so that a crash leaves a trace.
CREATE TABLE sms_submission (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sms_id        bigint      NOT NULL REFERENCES outbox_sms,
    part_number   smallint    NOT NULL,
    part_count    smallint    NOT NULL,
    transport     text        NOT NULL,
    state         text        NOT NULL DEFAULT 'submitting'
                  CHECK (state IN ('submitting', 'sent', 'not_sent', 'unknown', 'delivered', 'undelivered')),
    reference     smallint,                        -- TP-MR that the modem answered; delivery reports carry it
    error         text,
    submitted_at  timestamptz NOT NULL DEFAULT now(),
    settled_at    timestamptz
);
CREATE INDEX sms_submission_of_sms ON sms_submission (sms_id, part_number);
CREATE INDEX sms_submission_open ON sms_submission (transport, reference) WHERE state IN ('sent', 'unknown');

-- A delivery report, kept even when it belongs to nothing we know.
CREATE TABLE delivery_report (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transport      text        NOT NULL,
    phone_id       bigint      NOT NULL REFERENCES phone,
    reference      smallint    NOT NULL,
    status         smallint    NOT NULL,           -- TP-ST, 3GPP TS 23.040 9.2.3.15
    discharged_at  timestamptz NOT NULL,
    received_at    timestamptz NOT NULL DEFAULT now(),
    submission_id  bigint      REFERENCES sms_submission
);

-- ---------------------------------------------------------------- mail

CREATE TABLE outbox_mail (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dispatch_id   bigint      REFERENCES dispatch, -- NULL: a digest, which is about many tickets
    kind          text        NOT NULL,            -- disposisi, tembusan, tambahan, dibuka, dibatalkan, bantuan, ...
    extra_text    sealed,                          -- what this mail adds to the ticket's own words
    message_id    text        NOT NULL UNIQUE,     -- the same at every try
    state         text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'sent', 'failed')),
    attempts      integer     NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL DEFAULT now(),
    leased_until  timestamptz,
    leased_by     text,
    response      text,                            -- the server's 250 line, with its queue id
    error         sealed,                          -- a server that refuses a mail may quote it
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),  -- after the event that caused it
    sent_at       timestamptz,
    agency        text,                            -- of a digest: whose tickets they are
    address       text,                            -- of a digest: to whom it goes
    content       jsonb,                           -- of a digest: its lines, as they were when it was due
    delivery      text        CHECK (delivery IN ('delayed', 'delivered', 'bounced')),  -- what came back of it
    delivery_status text,                          -- RFC 3463
    refused       boolean     NOT NULL DEFAULT false,  -- given up for its recipient: the next address has to be found
    CHECK (dispatch_id IS NOT NULL OR (address IS NOT NULL AND content IS NOT NULL))
);
CREATE INDEX outbox_mail_open ON outbox_mail (due_at, id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_mail_refused ON outbox_mail (id) WHERE refused;
CREATE INDEX outbox_mail_of_dispatch ON outbox_mail (dispatch_id);

-- Which digests were written: one a day and mailbox, whatever is killed in between.
CREATE TABLE digest (
    agency  text  NOT NULL,
    kind    text  NOT NULL CHECK (kind IN ('rekap', 'rekap_atasan')),
    day     date  NOT NULL,
    PRIMARY KEY (agency, kind, day)
);

-- Every mail that the LMTP server took, as bytes, before anyone read it.
CREATE TABLE inbound_mail (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    envelope_sender  sealed      NOT NULL,
    recipient        text        NOT NULL,
    raw              sealed      NOT NULL,
    digest           bytea       NOT NULL UNIQUE,  -- of recipient, Message-ID and body: a redelivery changes nothing
    received_at      timestamptz NOT NULL DEFAULT now(),
    state            text        NOT NULL DEFAULT 'new'
                     CHECK (state IN ('new', 'handled', 'held', 'kept', 'rejected', 'quarantined')),
    attempts         integer     NOT NULL DEFAULT 0,
    due_at           timestamptz NOT NULL DEFAULT now(),
    dispatch_id      bigint      REFERENCES dispatch,
    outcome          text,                         -- the verb, or why it is held (for an operator) or kept (a machine's)
    error            sealed,                       -- may quote the mail
    told_at          timestamptz,                  -- of a free answer: when the citizen heard that it waits
    sender           sealed,                       -- From:, once it was read
    subject          sealed,
    erased_at        timestamptz
);
CREATE INDEX inbound_mail_new ON inbound_mail (due_at, id) WHERE state = 'new';
CREATE INDEX inbound_mail_kept ON inbound_mail (received_at) WHERE erased_at IS NULL;
CREATE INDEX inbound_mail_held ON inbound_mail (dispatch_id, due_at) WHERE state IN ('held', 'quarantined');

-- What was attached to it: never opened, never sent on; the bytes are in the mail.
CREATE TABLE mail_attachment (
    mail_id  bigint   NOT NULL REFERENCES inbound_mail,
    nth      smallint NOT NULL,
    name     sealed   NOT NULL,
    type     text     NOT NULL,
    bytes    integer  NOT NULL,
    sha256   bytea    NOT NULL,
    PRIMARY KEY (mail_id, nth)
);

-- ---------------------------------------------------------------- what the desk sees

-- A ticket as the desk needs it.
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

-- ---------------------------------------------------------------- privacy

-- What people asked about what is kept of them, and what was done: the record that the law wants (UU PDP 27/2022).
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

-- ---------------------------------------------------------------- operations

-- What could not be read, with its bytes.
CREATE TABLE quarantine (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text        NOT NULL,              -- pdu: a PDU nobody could decode
    transport   text,
    digest      bytea       NOT NULL UNIQUE,       -- keyed hash of the bytes
    raw_sealed  bytea       NOT NULL,
    error       sealed      NOT NULL,
    at          timestamptz NOT NULL DEFAULT now()
);

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

-- The last that each modem said of itself.
CREATE TABLE modem (
    name        text PRIMARY KEY,
    state       text        NOT NULL CHECK (state IN ('starting', 'ready', 'lost', 'stopped')),
    imei        text,
    signal      smallint,                          -- percent
    network     text,
    registered  text,
    sim_used    integer,
    sim_size    integer,
    error       text,
    updated_at  timestamptz NOT NULL DEFAULT now()
);

-- A statement that leaves new work behind wakes every process that listens; equal notices of one transaction fold.
CREATE FUNCTION announce_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('smsd_work', TG_TABLE_NAME);
    RETURN NULL;
END $$;
CREATE TRIGGER announce_work AFTER INSERT ON inbound_message FOR EACH STATEMENT EXECUTE FUNCTION announce_work();
CREATE TRIGGER announce_work AFTER INSERT ON inbound_mail    FOR EACH STATEMENT EXECUTE FUNCTION announce_work();
CREATE TRIGGER announce_work AFTER INSERT ON outbox_sms      FOR EACH STATEMENT EXECUTE FUNCTION announce_work();
CREATE TRIGGER announce_work AFTER INSERT ON outbox_mail     FOR EACH STATEMENT EXECUTE FUNCTION announce_work();
