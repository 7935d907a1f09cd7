-- Version 3: an SMS that cannot be sent in time expires. What waits already gets its whole time from now on.

ALTER TABLE outbox_sms
    ADD COLUMN valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN waits integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT outbox_sms_state_check,
    ADD CONSTRAINT outbox_sms_state_check
        CHECK (state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'withheld', 'expired'));

INSERT INTO schema_version (version) VALUES (3);
