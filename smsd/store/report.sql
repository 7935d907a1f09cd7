-- What `smsd report` counts. Everywhere: $1 from, $2 until (both moments), and where a place or an agency can be asked
-- for, NULL is all. No text, no number and no code of a report is read; of `data` only a reason's code and the stars.

-- name: report_flows
-- $3 zone, $4 place, $5 agency, $6 the triage desk. What happened to reports, by month, RAHASIA apart.
-- not_done is a BELUM to the question whether it is done; person: reports opened then that somebody of our staff had
-- to look at.
WITH concerned AS (
    SELECT id, confidential, opened_at FROM ticket
    WHERE opened_at < $2 AND ($4::text IS NULL OR place = $4 OR place LIKE $4 || '.%')
      AND ($5::text IS NULL OR agency = $5)
), happened AS (
    SELECT confidential, opened_at AS at, 'opened' AS figure FROM concerned WHERE opened_at >= $1
    UNION ALL
    SELECT confidential, opened_at, 'person' FROM concerned
    WHERE opened_at >= $1 AND EXISTS (
        SELECT FROM ticket_event AS event
        WHERE event.ticket_id = concerned.id AND event.at < $2
          AND (event.kind = 'dispatched' AND event.agency = $6
               OR event.actor LIKE 'operator:%' AND event.kind <> 'noted' OR event.data ? 'accepted_by'))
    UNION ALL
    SELECT concerned.confidential, event.at, said.figure
    FROM ticket_event AS event JOIN concerned ON concerned.id = event.ticket_id
    CROSS JOIN LATERAL (VALUES
        (CASE WHEN event.kind <> 'opened' AND NOT (event.kind = 'agency_declined' AND event.actor = 'agency:' || $6)
              THEN event.kind END),
        (CASE WHEN event.status IN ('selesai', 'diarsipkan') THEN 'closed' END),
        (CASE WHEN event.kind = 'reopened' AND 'agency_done' = (
                  SELECT earlier.kind FROM ticket_event AS earlier
                  WHERE earlier.ticket_id = event.ticket_id AND earlier.id < event.id
                    AND (earlier.status IS NOT NULL OR earlier.kind IN ('confirmed', 'closed_by_silence'))
                  ORDER BY earlier.id DESC LIMIT 1) THEN 'not_done' END)) AS said(figure)
    WHERE event.at >= $1 AND event.at < $2 AND said.figure IS NOT NULL
)
SELECT date_trunc('month', at AT TIME ZONE $3)::date AS month, confidential, figure, count(*) AS count
FROM happened GROUP BY 1, 2, 3;

-- name: report_open
-- $1 the moment, $2 place, $3 agency. Reports that were open then, RAHASIA apart.
SELECT confidential, count(*) AS count FROM ticket
WHERE opened_at < $1 AND ($2::text IS NULL OR place = $2 OR place LIKE $2 || '.%') AND ($3::text IS NULL OR agency = $3)
  AND CASE WHEN updated_at < $1 THEN status
           ELSE (SELECT event.status FROM ticket_event AS event
                 WHERE event.ticket_id = ticket.id AND event.at < $1 AND event.status IS NOT NULL
                 ORDER BY event.id DESC LIMIT 1) END NOT IN ('selesai', 'diarsipkan')
GROUP BY confidential;

-- name: report_volume
-- $3 zone, $4 place, $5 agency. Reports opened and closed on each day that had any.
WITH concerned AS (
    SELECT id, opened_at FROM ticket
    WHERE NOT confidential AND opened_at < $2 AND ($4::text IS NULL OR place = $4 OR place LIKE $4 || '.%')
      AND ($5::text IS NULL OR agency = $5)
), days AS (
    SELECT (opened_at AT TIME ZONE $3)::date AS day, 1 AS opened, 0 AS closed FROM concerned WHERE opened_at >= $1
    UNION ALL
    SELECT (event.at AT TIME ZONE $3)::date, 0, 1
    FROM ticket_event AS event JOIN concerned ON concerned.id = event.ticket_id
    WHERE event.at >= $1 AND event.at < $2 AND event.status IN ('selesai', 'diarsipkan')
)
SELECT day, sum(opened) AS opened, sum(closed) AS closed FROM days GROUP BY day ORDER BY day;

-- name: report_channels
-- $3 place, $4 agency. Over which transport the reports came.
SELECT message.transport, count(*) AS opened
FROM ticket LEFT JOIN inbound_message AS message ON message.id = ticket.message_id
WHERE NOT ticket.confidential AND ticket.opened_at >= $1 AND ticket.opened_at < $2
  AND ($3::text IS NULL OR ticket.place = $3 OR ticket.place LIKE $3 || '.%') AND ($4::text IS NULL OR ticket.agency = $4)
GROUP BY message.transport ORDER BY opened DESC, message.transport;

-- name: report_topics
-- $3 from when the period before ran, $4 place, $5 agency. Reports opened by class and topic, then and before.
SELECT class, topic, count(*) FILTER (WHERE opened_at >= $1) AS opened, count(*) FILTER (WHERE opened_at < $1) AS before
FROM ticket
WHERE NOT confidential AND opened_at >= $3 AND opened_at < $2
  AND ($4::text IS NULL OR place = $4 OR place LIKE $4 || '.%') AND ($5::text IS NULL OR agency = $5)
GROUP BY class, topic;

-- name: report_places
-- $3 place, $4 agency. Reports opened by place.
SELECT place, count(*) AS opened FROM ticket
WHERE NOT confidential AND opened_at >= $1 AND opened_at < $2
  AND ($3::text IS NULL OR place = $3 OR place LIKE $3 || '.%') AND ($4::text IS NULL OR agency = $4)
GROUP BY place;

-- name: report_answers
-- $3 zone, $4 place, $5 agency, $6 the triage desk, $7 days, $8 how many working days there were up to each of them.
-- A hand is a report's time with one agency. Working days from there to the first answer and to SELESAI or TOLAK, of
-- what was answered and finished in the period; a free answer is one from when it came. The row without agency is all.
WITH concerned AS (
    SELECT id FROM ticket
    WHERE NOT confidential AND opened_at < $2 AND updated_at >= $1
      AND ($4::text IS NULL OR place = $4 OR place LIKE $4 || '.%')
), story AS (
    SELECT event.ticket_id, event.at, event.kind, event.agency,
           event.kind = 'mail_held' AND event.data ->> 'reason' = 'free_text' AS free,
           count(event.agency) OVER (PARTITION BY event.ticket_id ORDER BY event.id) AS hand
    FROM ticket_event AS event JOIN concerned ON concerned.id = event.ticket_id
    WHERE event.at < $2
), hands AS (
    SELECT max(agency) AS agency, min(at) AS since,
           min(at) FILTER (WHERE free OR kind IN ('agency_accepted', 'agency_in_progress', 'agency_done', 'agency_asked',
                                                  'agency_postponed', 'agency_refused', 'agency_declined')) AS answered_at,
           min(at) FILTER (WHERE kind IN ('agency_done', 'agency_refused')) AS finished_at,
           count(*) FILTER (WHERE kind = 'reminded' AND at >= $1) AS reminders,
           count(*) FILTER (WHERE kind = 'agency_declined' AND at >= $1) AS declined
    FROM story GROUP BY ticket_id, hand
), calendar AS (
    SELECT * FROM unnest($7::date[], $8::integer[]) AS given(day, nth)
), spans AS (
    SELECT hands.*, answered.nth - began.nth AS answer_days, finished.nth - began.nth AS finish_days
    FROM hands JOIN calendar AS began ON began.day = (hands.since AT TIME ZONE $3)::date
    LEFT JOIN calendar AS answered ON answered.day = (hands.answered_at AT TIME ZONE $3)::date
    LEFT JOIN calendar AS finished ON finished.day = (hands.finished_at AT TIME ZONE $3)::date
    WHERE hands.agency <> $6 AND ($5::text IS NULL OR hands.agency = $5)
)
SELECT agency,
       count(*) FILTER (WHERE since >= $1) AS received,
       count(*) FILTER (WHERE answered_at >= $1) AS answered,
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY answer_days) FILTER (WHERE answered_at >= $1) AS answer_days,
       count(*) FILTER (WHERE finished_at >= $1) AS finished,
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY finish_days) FILTER (WHERE finished_at >= $1) AS finish_days,
       coalesce(sum(reminders), 0) AS reminders, coalesce(sum(declined), 0) AS declined
FROM spans GROUP BY GROUPING SETS ((agency), ());

-- name: report_deadlines
-- $3 place, $4 agency. The deadlines that fell due in the period, by whose they were, and how many of them ran out.
-- One that the same agency's next of the same kind took the place of is not counted, nor one that ended as it began;
-- whoever had answered in free words by then was not late.
WITH concerned AS (
    SELECT id FROM ticket
    WHERE NOT confidential AND id IN (SELECT ticket_id FROM ticket_event WHERE due_at >= $1 AND due_at < $2 AND at < $2)
      AND ($3::text IS NULL OR place = $3 OR place LIKE $3 || '.%')
), story AS (
    SELECT event.ticket_id, event.id, event.at, event.due_at, event.due_for, event.agency,
           count(event.agency) OVER (PARTITION BY event.ticket_id ORDER BY event.id) AS hand
    FROM ticket_event AS event JOIN concerned ON concerned.id = event.ticket_id
    WHERE event.at < $2
), held AS (
    SELECT story.*, max(agency) OVER (PARTITION BY ticket_id, hand) AS holder FROM story
), runs AS (
    SELECT held.*, lead(at) OVER following AS ended_at,
           coalesce(lead(due_for) OVER following = due_for AND lead(hand) OVER following = hand, false) AS replaced
    FROM held WHERE due_for IS NOT NULL
    WINDOW following AS (PARTITION BY ticket_id ORDER BY id)
)
SELECT holder AS agency, count(*) AS deadlines,
       count(*) FILTER (WHERE coalesce(ended_at, 'infinity') > due_at AND NOT EXISTS (
           SELECT FROM ticket_event AS free
           WHERE free.ticket_id = runs.ticket_id AND free.id > runs.id AND free.at <= runs.due_at
             AND free.kind = 'mail_held' AND free.data ->> 'reason' = 'free_text')) AS late
FROM runs
WHERE due_for IN ('verify', 'first_follow_up', 'finish') AND NOT replaced AND ended_at IS DISTINCT FROM at
  AND due_at >= $1 AND due_at < $2
  AND ($4::text IS NULL OR holder = $4)
GROUP BY holder;

-- name: report_stars
-- $3 place, $4 agency. What citizens answered to how satisfied they are, 1 to 4.
SELECT (event.data ->> 'stars')::integer AS stars, count(*) AS count
FROM ticket_event AS event JOIN ticket ON ticket.id = event.ticket_id
WHERE event.kind = 'rated' AND event.at >= $1 AND event.at < $2 AND NOT ticket.confidential
  AND ($3::text IS NULL OR ticket.place = $3 OR ticket.place LIKE $3 || '.%') AND ($4::text IS NULL OR ticket.agency = $4)
GROUP BY 1;

-- name: report_sms
-- SMS that came in and went out, and their parts. A part is paid for when the network took it, or may have.
SELECT (SELECT count(*) FROM inbound_message WHERE received_at >= $1 AND received_at < $2 AND completes IS NULL) AS received,
       (SELECT count(*) FROM inbound_part WHERE received_at >= $1 AND received_at < $2) AS received_parts,
       sent.*, paid.*
FROM (SELECT count(*) FILTER (WHERE state IN ('sent', 'delivered')) AS sent,
             count(*) FILTER (WHERE state IN ('failed', 'expired')) AS failed,
             count(*) FILTER (WHERE state = 'withheld') AS withheld
      FROM outbox_sms WHERE created_at >= $1 AND created_at < $2) AS sent,
     (SELECT count(*) FILTER (WHERE state NOT IN ('submitting', 'not_sent')) AS sent_parts,
             count(*) FILTER (WHERE state = 'undelivered') AS undelivered_parts
      FROM sms_submission WHERE submitted_at >= $1 AND submitted_at < $2) AS paid;

-- name: report_refused
-- Texts that were taken for spam, or came from a machine, and opened no report.
SELECT outcome, count(*) AS count FROM inbound_message
WHERE received_at >= $1 AND received_at < $2 AND outcome IN ('penipuan', 'promo', 'robot')
GROUP BY outcome;

-- name: report_paused
-- $1 the moment. Mailboxes that took no mail then, as far as is known today.
SELECT count(*) AS mailboxes, count(*) FILTER (WHERE paused_until = 'infinity') AS gone
FROM contact_pause WHERE paused_at < $1 AND paused_until > $1;

-- name: report_cells
-- $3 zone. Reports by the month in which they came, topic, kabupaten or kota (else province), and the agency and status
-- that they had at the end.
WITH found AS (
    SELECT date_trunc('month', opened_at AT TIME ZONE $3)::date AS month, topic, left(place, 5) AS region,
           CASE WHEN updated_at < $2 THEN agency
                ELSE (SELECT event.agency FROM ticket_event AS event
                      WHERE event.ticket_id = ticket.id AND event.at < $2 AND event.agency IS NOT NULL
                      ORDER BY event.id DESC LIMIT 1) END AS agency,
           CASE WHEN updated_at < $2 THEN status
                ELSE (SELECT event.status FROM ticket_event AS event
                      WHERE event.ticket_id = ticket.id AND event.at < $2 AND event.status IS NOT NULL
                      ORDER BY event.id DESC LIMIT 1) END AS status
    FROM ticket WHERE NOT confidential AND opened_at >= $1 AND opened_at < $2
)
SELECT month, coalesce(topic, '') AS topic, coalesce(region, '') AS region, coalesce(agency, '') AS agency, status,
       count(*) AS count
FROM found GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5;

-- name: report_first
-- When the first report came; NULL: there is none.
SELECT min(opened_at) FROM ticket;

-- name: report_memory
-- A year is sorted by report: in memory, not on the disk. Until the transaction ends.
SELECT set_config('work_mem', '64MB', true);
