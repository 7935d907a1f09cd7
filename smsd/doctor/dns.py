"""What the world is told of the reply domain: where its mail goes (MX, RFC 5321 5.1), and who may send for it.

SPF is RFC 7208, DKIM RFC 6376, DMARC RFC 7489. Without the last three mail goes out, and is more often taken for spam.
"""

from __future__ import annotations

from email.utils import parseaddr

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from config.settings import Settings
from smsd.doctor.finding import Finding, Wishes, fail, ok, warn

_PORT = 53
_ANSWER_S = 8.0
_SELECTOR = "smsd"  # as docs/mail.md and examples/postfix/opendkim.conf have it
_GUIDE = "docs/mail.md has the record"


class _NoAnswer(Exception):
    """No name server said anything."""


async def look_at_dns(settings: Settings, wishes: Wishes) -> list[Finding]:
    """All hints at once; OK if there are none."""
    resolver = _resolver(wishes.nameserver)
    domain = settings.mail.reply_domain
    signed = parseaddr(settings.mail.sender)[1].rpartition("@")[2]
    try:
        findings = await _mail_servers(resolver, domain)
        if findings[0].level == "FAIL":
            return findings
        findings += await _hints(resolver, domain, signed)
    except _NoAnswer as e:
        return [fail(f"no name server answers ({e})", "/etc/resolv.conf names it; `resolvectl status`")]
    bad = [finding for finding in findings if finding.level != "OK"]
    return bad or [ok(f"{findings[0].seen}; SPF, DKIM and DMARC are there")]


def _resolver(nameserver: str | None) -> dns.asyncresolver.Resolver:
    try:
        resolver = dns.asyncresolver.Resolver(configure=nameserver is None)
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.asyncresolver.Resolver(configure=False)
    if nameserver is not None:
        host, _colon, port = nameserver.partition(":")
        resolver.nameservers, resolver.port = [host], int(port or _PORT)
    resolver.lifetime = _ANSWER_S
    return resolver


async def _ask(resolver: dns.asyncresolver.Resolver, name: str, kind: str) -> list[str]:
    """The records' texts, none where there are none; _NoAnswer where nobody knows."""
    try:
        answer = await resolver.resolve(name, kind)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as e:
        raise _NoAnswer(f"asked {', '.join(map(str, resolver.nameservers)) or 'none'}") from e
    return [record.to_text() for record in answer]


async def _mail_servers(resolver: dns.asyncresolver.Resolver, domain: str) -> list[Finding]:
    exchanges = [text.split()[-1].rstrip(".") for text in await _ask(resolver, domain, "MX")]
    cure = f"an MX record for {domain} that names this machine; {_GUIDE}"
    if exchanges == [""]:  # RFC 7505
        return [fail(f"{domain} says that it takes no mail", cure)]
    if not exchanges:
        if not await _has_address(resolver, domain):
            return [fail(f"{domain} has no MX record and no address: no answer can come", cure)]
        return [warn(f"{domain} has no MX record; servers use its address", cure)]
    lost = [name for name in exchanges if not await _has_address(resolver, name)]
    if lost:
        return [fail(f"{lost[0]}, to which mail for {domain} goes, has no address", f"an A record for {lost[0]}")]
    return [ok(f"mail for {domain} goes to {', '.join(exchanges)}")]


async def _has_address(resolver: dns.asyncresolver.Resolver, name: str) -> bool:
    return bool(await _ask(resolver, name, "A") or await _ask(resolver, name, "AAAA"))


async def _hints(resolver: dns.asyncresolver.Resolver, domain: str, signed: str) -> list[Finding]:
    """Records by which other servers tell our mail from forged mail."""
    records = (
        ("SPF", domain, "v=spf1"),
        ("DKIM", f"{_SELECTOR}._domainkey.{signed}", "p="),
        ("DMARC", f"_dmarc.{signed}", "v=DMARC1"),
    )
    missing = []
    for what, name, mark in records:
        if not any(mark in text for text in await _ask(resolver, name, "TXT")):
            missing.append(warn(f"no {what} record at {name}: our mail looks forged to some", _GUIDE))
    return missing
