"""A name server that knows a few records, and what a check is given."""

import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from smsd.doctor.finding import Wishes


class NameServer(asyncio.DatagramProtocol):
    """Answers from `records`, {(name, type): [texts]}; a name without any does not exist."""

    def __init__(self, records):
        self.records = records

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, client):
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        (question,) = query.question
        name, kind = question.name.to_text().rstrip("."), question.rdtype.name
        if texts := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
        elif not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(reply.to_wire(), client)


@pytest.fixture
async def name_server():
    """`records = name_server.records`; `name_server.wishes` asks it."""
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: NameServer({}), ("127.0.0.1", 0)
    )
    server.wishes = Wishes(nameserver=f"127.0.0.1:{transport.get_extra_info('sockname')[1]}")
    yield server
    transport.close()


@pytest.fixture
def levels():
    """`levels(findings)`: what was seen, by its level."""
    return lambda findings: [(finding.level, finding.seen) for finding in findings]
