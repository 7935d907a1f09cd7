"""A process of its own that drives libGammu: reads one JSON call a line, answers one JSON line. Not a test."""

import json
import sys

import gammu


def as_json(value):
    """Make bytes and dates fit for JSON."""
    return {"hex": value.hex()} if isinstance(value, bytes) else str(value)


def from_json(value):
    """Turn {"hex": …} back into bytes."""
    return bytes.fromhex(value["hex"]) if set(value) == {"hex"} else value


class Session:
    """One StateMachine and the loops that are too many calls for a pipe."""

    def __init__(self, gammurc):
        self.events = []
        self.machine = gammu.StateMachine()
        self.machine.ReadConfig(Filename=gammurc)
        self.machine.Init()

    def listen(self):
        """Turn notifications on."""
        self.machine.SetIncomingCallback(lambda machine, kind, data: self.events.append([kind, data]))
        self.machine.SetIncomingSMS(True)

    def take_events(self, turns):
        """Let libGammu look at the line and give what it noticed."""
        for _ in range(turns):
            self.machine.ReadDevice()
        taken, self.events = self.events, []
        return taken

    def walk(self):
        """Read all messages, as GetNextSMS gives them."""
        found = []
        try:
            found += self.machine.GetNextSMS(Folder=0, Start=True)
            while True:
                found += self.machine.GetNextSMS(Folder=0, Location=found[-1]["Location"])
        except gammu.ERR_EMPTY:
            return found

    def drain(self):
        """Read and delete until nothing comes any more; give the texts in order."""
        texts = []
        while found := self.walk():
            for message in found:
                texts.append(message["Text"])
                self.machine.DeleteSMS(0, message["Location"])
        return texts


def answer(session, call, arguments):
    """Run one call on the session, or on the StateMachine if the session has none of that name."""
    try:
        value = getattr(session, call, None) or getattr(session.machine, call)
        return {"ok": value(*arguments)}
    except gammu.GSMError as error:
        return {"error": type(error).__name__}


def main():
    """Serve calls until the pipe closes."""
    session = Session(sys.argv[1])
    print(json.dumps({"ok": "ready"}), flush=True)
    for line in sys.stdin:
        call, *arguments = json.loads(line, object_hook=from_json)
        print(json.dumps(answer(session, call, arguments), default=as_json), flush=True)


main()
