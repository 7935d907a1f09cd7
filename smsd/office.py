"""From the settings to the things that the daemon and the command both need: the desk, the seal, the mail server."""

from __future__ import annotations

import dataclasses
import secrets
from datetime import timedelta
from typing import cast

from config.reference import OwnFiles, load_router
from config.replies import load_replies
from config.settings import Settings, SettingsError, read_secret
from config.toml_reader import Problem
from routing.classify import Router
from smsd.desk.rules import Desk, Patience
from smsd.mail.smtp import SmtpSettings
from smsd.store.seal import Seal, find_key_file, load_seal
from smsd.writes import SmsLimits


def own_files(settings: Settings) -> OwnFiles:
    """The operator's files that the router is made of."""
    named = {name: getattr(settings.routing, name) for name in OwnFiles.__annotations__}
    return cast(OwnFiles, named)


def open_router(settings: Settings) -> Router:
    """The router on the operator's data; ReferenceDataError if that is wrong."""
    router = load_router(settings.routing.home, **own_files(settings))
    return dataclasses.replace(router, route_from=settings.routing.route_from)


def open_desk(settings: Settings) -> Desk:
    """The rules and words of this installation; ReferenceDataError or RepliesError if a file is wrong."""
    return Desk(
        router=open_router(settings),
        replies=load_replies(settings.routing.replies, settings.gateway.short_code),
        deadlines=settings.deadlines,
        zone=settings.zone,
        reply_domain=settings.mail.reply_domain,
        choose=secrets.randbelow,
        patience=Patience(
            join_texts=timedelta(seconds=settings.gateway.join_texts_s),
            hold_texts=timedelta(seconds=settings.gateway.hold_texts_s),
            place_wait=timedelta(hours=settings.gateway.place_wait_h),
            wrong_codes_per_day=settings.limits.wrong_codes_per_day,
        ),
    )


def open_seal(settings: Settings) -> Seal:
    """The key that was made with the database's tables; KeyFileError if it is gone, for a new one opens nothing."""
    return load_seal(find_key_file(settings.privacy.key_file, settings.gateway.state_dir))


def sms_limits(settings: Settings) -> SmsLimits:
    """How many SMS may be sent within an hour."""
    return SmsLimits(settings.limits.automatic_per_hour, settings.limits.automatic_per_hour_in_all)


def smtp_settings(settings: Settings) -> SmtpSettings:
    """What the mailer needs to know; SettingsError where it has a user and no password."""
    mail = settings.mail
    password = read_secret(mail.password_file, "mail-password")
    if mail.user is not None and password is None:
        cure = "has no password; name a password_file, or give the service the credential mail-password"
        raise SettingsError([Problem(f"{settings.path}: [mail] user", cure)])
    return SmtpSettings(
        host=mail.host,
        port=mail.port,
        tls=mail.tls,
        user=mail.user,
        password=password,
        connections=mail.connections,
        timeout_s=mail.timeout_s,
        tls_ca_file=str(mail.tls_ca_file) if mail.tls_ca_file else None,
    )
