-- Version 3: an SMS that cannot be sent in time expires, and what waits already gets its whole time from now on; a late
-- part fills the gap of its SMS; what is held back says so apart from what is tried again.

ALTER TABLE outbox_sms
    ADD COLUMN valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN waits integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT outbox_sms_state_check,
    ADD CONSTRAINT outbox_sms_state_check
        CHECK (state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'withheld', 'expired'));

ALTER TABLE inbound_message
    ADD COLUMN completes bigint REFERENCES inbound_message,
    ADD COLUMN held_until timestamptz;
CREATE INDEX outbox_sms_of_hour ON outbox_sms (created_at) WHERE state <> 'withheld';
CREATE INDEX inbound_message_guesses ON inbound_message (phone_id, received_at) WHERE outcome = 'wrong_code';
CREATE INDEX inbound_message_of_ticket ON inbound_message (phone_id, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX inbound_part_of_message ON inbound_part (message_id);
UPDATE inbound_message SET held_until = due_at, due_at = received_at
WHERE state = 'new' AND attempts = 0 AND due_at > now();

INSERT INTO schema_version (version) VALUES (3);
