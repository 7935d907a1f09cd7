"""Whether our own server has found that a mail is from the domain it says."""

import pytest

from parser.mail_auth import authenticated

OURS = "mx.1708.example"
DOMAIN = "pupr.malang.example"
PASS = f"{OURS}; dmarc=pass header.from={DOMAIN}"


def proven(*headers: str) -> bool:
    """Whether a mail with these headers, the last of which is From, is from the agency's domain."""
    return authenticated("\n".join([*headers, f"From: a@{DOMAIN}", "", "x"]).encode(), OURS, DOMAIN)


@pytest.mark.parametrize(
    "results",
    [
        f"dmarc=pass header.from={DOMAIN}",
        f"dmarc=pass (p=none dis=none) header.from={DOMAIN.upper()}",
        f"dkim=pass header.d={DOMAIN}",
        f"dkim=pass (2048-bit key) header.i=@{DOMAIN} header.s=s1",
        "dkim=pass header.d=malang.example",
        f"dkim=fail header.d=x.example; dkim=pass header.d={DOMAIN}",
        f"spf=pass smtp.mailfrom=a@{DOMAIN}",
        f"spf=pass (sender SPF authorized) smtp.mailfrom={DOMAIN} smtp.helo=x.example",
    ],
)
def test_a_pass_of_the_domain_is_proof(results: str) -> None:
    """DMARC, or a signature or server of the domain or of one above it."""
    assert proven(f"Authentication-Results: {OURS};\n {results}")


@pytest.mark.parametrize(
    "results",
    [
        "none",
        f"dmarc=fail header.from={DOMAIN}",
        "dmarc=pass header.from=x.example",
        "dmarc=pass",
        "dkim=pass header.d=x.example",
        f"dkim=pass header.d=sub.{DOMAIN}",
        f"dkim=pass header.d=x{DOMAIN}",
        "dkim=pass header.d=example",
        "spf=pass smtp.mailfrom=a@x.example",
        f"spf=pass smtp.helo={DOMAIN}",
        f"spf=softfail smtp.mailfrom={DOMAIN}",
        f"dkim=fail (dmarc=pass header.from={DOMAIN}) header.d={DOMAIN}",
        f'dkim=fail reason="; dmarc=pass header.from={DOMAIN}" header.d={DOMAIN}',
        f"dmarc=pass header.from={DOMAIN}" + " x" * 4000,
    ],
)
def test_anything_else_is_none(results: str) -> None:
    """Another domain's pass, a fail, a pass that only stands in a comment."""
    assert not proven(f"Authentication-Results: {OURS}; {results}")


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (f"Authentication-Results: mx.x.example; dmarc=pass header.from={DOMAIN}",),
        (f"Authentication-Results: {OURS}.x.example; dmarc=pass header.from={DOMAIN}",),
        ("Authentication-Results: mx.x.example; none", f"Authentication-Results: {PASS}"),
        (f"Authentication-Results: {OURS}; none", f"Authentication-Results: {PASS}"),
        ("Received: from y.example by mx.x.example; today", f"Authentication-Results: {PASS}"),
        ("Received: nonsense", f"Authentication-Results: {PASS}"),
        (f"ARC-Authentication-Results: i=1; {PASS}",),
        (f"X-Authentication-Results: {PASS}",),
        (f"Subject: x Authentication-Results: {PASS}",),
    ],
)
def test_only_our_own_topmost_header_counts(headers: tuple[str, ...]) -> None:
    """What the sender or another server wrote is nothing."""
    assert not proven(*headers)


@pytest.mark.parametrize("by", [OURS, OURS.upper(), "localhost", f"filter.{OURS}"])
def test_our_own_hops_may_stand_above(by: str) -> None:
    """A filter on the same machine hands the mail on."""
    assert proven(f"Received: from localhost by {by} (Postfix); today", f"Authentication-Results: {PASS}")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["(", '"', "dkim=pass ", "dkim=pass;", "a=b ", "\\", "(a)"])
def test_hostile_results_take_no_long_time(piece: str) -> None:
    """Long headers are not read at all."""
    for length in (3_900, 400_000):
        proven(f"Authentication-Results: {OURS}; {(piece * length)[:length]}")
