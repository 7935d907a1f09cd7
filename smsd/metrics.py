"""Figures for Prometheus: counted from the events that are logged, so that nothing is counted that is not told.

Labels are modems, outcomes, kinds and names of events: never a ticket, a phone or a text. docs/monitoring.md explains
each figure. What waits is not counted here but looked up: see smsd/gauges.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

Event = Mapping[str, Any]

# From the answer at once to what a weekend's outage delays, in seconds.
_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400)
_ANSWER = 0  # the priority of SMS that a citizen waits for
_GIVEN_UP = {"sms.given_up": "refused", "sms.expired": "expired", "sms.undelivered": "undelivered"}
_DEADLINES = ("ticket.reminded", "ticket.late", "ticket.overdue")
_QUARANTINES = {"sms.quarantined": "sms", "sms.refused": "spam", "mail.quarantined": "mail"}
# What has worked last, by the event that says so.
_WORKING = {
    "sms.received": "sms_received",
    "sms.sent": "sms_sent",
    "mail.accepted": "mail_sent",
    "mail.received": "mail_received",
}


class Metrics:
    """All counters and histograms; `observe` is shown every event."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = time.time) -> None:
        self.registry = registry
        self._clock = clock
        self._events = self._counter("smsd_events", "Log events.", "event", "level")
        self._parts = self._counter("smsd_sms_parts_received", "SMS parts stored, repetitions not counted.", "modem")
        self._repeated = self._counter("smsd_sms_parts_repeated", "SMS parts that were stored before.", "modem")
        self._messages = self._counter("smsd_messages", "SMS handled, all parts joined.", "outcome")
        self._opened = self._counter("smsd_tickets_opened", "Reports opened.", "kind")
        self._acknowledged = self._counter("smsd_tickets_acknowledged", "Reports whose first SMS was sent.")
        self._sent = self._counter("smsd_sms_sent", "SMS sent, whole.", "modem", "cause")
        self._sent_parts = self._counter("smsd_sms_parts_sent", "SMS parts sent: what the operator charges.", "modem")
        self._retries = self._counter("smsd_sms_retries", "Times an SMS had to wait for another try.", "modem")
        self._lost_sms = self._counter("smsd_sms_lost", "SMS that did not reach their phone.", "why")
        self._reports = self._counter("smsd_sms_reports", "Delivery reports.", "modem", "outcome")
        self._mails = self._counter("smsd_mails_sent", "Mails that the mail server took.", "kind")
        self._mail_retries = self._counter("smsd_mail_retries", "Times a mail had to wait for another try.")
        self._lost_mails = self._counter("smsd_mails_lost", "Mails given up or bounced.", "why")
        self._mails_in = self._counter("smsd_mails_received", "Mails taken by LMTP, repetitions not counted.")
        self._answers = self._counter("smsd_agency_answers", "Answers of agencies that were understood.", "verb")
        self._held = self._counter("smsd_mails_held", "Mails that had to wait for an operator.", "reason")
        self._deadlines = self._counter("smsd_deadlines", "Deadlines that neared or passed.", "step", "due_for")
        self._quarantined = self._counter("smsd_quarantined", "What was put into quarantine.", "what")
        self._modem_losses = self._counter("smsd_modem_losses", "Times a modem failed and was opened anew.", "modem")
        self._stage = Histogram(
            "smsd_stage_seconds", "How long each stage took.", ("stage",), buckets=_BUCKETS, registry=registry
        )
        self._mail_up = self._gauge("smsd_mail_server_up", "Whether the mail server took a mail when last asked.")
        self._mail_up.set(1)
        self._worked = self._gauge("smsd_last_success_timestamp_seconds", "When it last worked.", "what")
        self._gauge("smsd_info", "Always 1; the version of smsd.", "version").labels(version("smsd-1708")).set(1)
        ProcessCollector(registry=registry)
        self._known()

    def observe(self, event: Event) -> None:
        """Counts an event."""
        name = event["event"]
        self._events.labels(name, event["level"]).inc()
        if what := _WORKING.get(name):
            self._worked.labels(what).set(self._clock())
        if count := _COUNTED.get(name):
            count(self, event)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)

    def _known(self) -> None:
        """What has not happened yet is 0 and not absent: a first time is seen as one."""
        for why in (*_GIVEN_UP.values(), "withheld"):
            self._lost_sms.labels(why)
        for why in ("refused", "bounced"):
            self._lost_mails.labels(why)
        for what in _QUARANTINES.values():
            self._quarantined.labels(what)
        for stage in STAGES:
            self._stage.labels(stage)

    # ---------------------------------------------------------------- by event

    def _received(self, event: Event) -> None:
        self._parts.labels(event["modem"]).inc(event["new"])
        self._repeated.labels(event["modem"]).inc(event["parts"] - event["new"])

    def _handled(self, event: Event) -> None:
        self._messages.labels(event["outcome"]).inc()
        # The network's clock may be ahead of ours.
        self._stage.labels("network").observe(max(0.0, event["network_s"]))
        self._stage.labels("handled").observe(event["after_s"])
        if event["event"] == "ticket.opened":
            self._opened.labels(event["kind"]).inc()
        if event["event"] == "sms.refused":
            self._quarantine(event)

    def _sms_sent(self, event: Event) -> None:
        self._sent.labels(event["modem"], event["cause"]).inc()
        self._sent_parts.labels(event["modem"]).inc(event["parts"])
        self._stage.labels("answered" if event["priority"] == _ANSWER else "told").observe(event["after_s"])
        if event["acknowledged_s"] is not None:
            self._acknowledged.inc()
            self._stage.labels("acknowledged").observe(max(0.0, event["acknowledged_s"]))

    def _sms_postponed(self, event: Event) -> None:
        self._retries.labels(event["modem"]).inc()

    def _sms_lost(self, event: Event) -> None:
        self._lost_sms.labels(_GIVEN_UP.get(event["event"], "withheld")).inc()

    def _report(self, event: Event) -> None:
        self._reports.labels(event["modem"], event["outcome"]).inc()
        if event["outcome"] == "delivered" and event["after_s"] is not None:
            self._stage.labels("delivered").observe(max(0.0, event["after_s"]))

    def _mail_away(self, _: Event) -> None:
        self._mail_up.set(0)

    def _mail_sent(self, event: Event) -> None:
        self._mail_up.set(1)
        self._mails.labels(event["kind"]).inc()
        if event["kind"] == "disposisi":
            self._stage.labels("dispatched").observe(event["after_s"])

    def _mail_postponed(self, _: Event) -> None:
        self._mail_retries.inc()

    def _mail_lost(self, event: Event) -> None:
        self._lost_mails.labels("bounced" if event["event"] == "mail.bounced" else "refused").inc()

    def _mail_received(self, event: Event) -> None:
        if not event["repeated"]:
            self._mails_in.inc()

    def _answered(self, event: Event) -> None:
        self._answers.labels(event["verb"]).inc()

    def _mail_held(self, event: Event) -> None:
        self._held.labels(event["reason"]).inc()

    def _deadline(self, event: Event) -> None:
        self._deadlines.labels(event["event"].removeprefix("ticket."), event["due_for"]).inc()

    def _quarantine(self, event: Event) -> None:
        self._quarantined.labels(_QUARANTINES[event["event"]]).inc()

    def _modem_lost(self, event: Event) -> None:
        self._modem_losses.labels(event["modem"]).inc()


# From the citizen's SMS to the agency's mailbox: see docs/monitoring.md.
STAGES = ("network", "handled", "acknowledged", "answered", "told", "delivered", "dispatched")

_COUNTED: dict[str, Callable[[Metrics, Event], None]] = {
    "sms.received": Metrics._received,
    "ticket.opened": Metrics._handled,
    "sms.handled": Metrics._handled,
    "sms.refused": Metrics._handled,
    "sms.sent": Metrics._sms_sent,
    "sms.postponed": Metrics._sms_postponed,
    "sms.withheld": Metrics._sms_lost,
    **dict.fromkeys(_GIVEN_UP, Metrics._sms_lost),
    "sms.report": Metrics._report,
    "sms.quarantined": Metrics._quarantine,
    "mail.accepted": Metrics._mail_sent,
    "mail.server_away": Metrics._mail_away,
    "mail.postponed": Metrics._mail_postponed,
    "mail.given_up": Metrics._mail_lost,
    "mail.bounced": Metrics._mail_lost,
    "mail.received": Metrics._mail_received,
    "mail.held": Metrics._mail_held,
    "mail.quarantined": Metrics._quarantine,
    "ticket.answered": Metrics._answered,
    **dict.fromkeys(_DEADLINES, Metrics._deadline),
    "modem.lost": Metrics._modem_lost,
}
