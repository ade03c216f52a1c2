"""A small real SMTP server for the tests: takes, refuses, stalls or hangs up as it is told."""

import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """What arrived (recipient, whole message), and how the server is to behave."""

    messages: list[tuple[str, str]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)  # recipient → reply, e.g. "550 no such user"
    greeting: str = "220 test"
    hang_up_after: int | None = None  # messages taken before the server is gone
    sessions: int = 0


class Session(socketserver.StreamRequestHandler):
    server: "Server"

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        box = self.server.box
        box.sessions += 1
        self.say(box.greeting)
        recipient = ""
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb in ("EHLO", "HELO"):
                self.say("250 test")
            elif verb == "RCPT":
                recipient = line[line.index("<") + 1 : line.index(">")]
                self.say(box.refuse.get(recipient, "250 ok"))
            elif verb == "DATA":
                if box.hang_up_after is not None and len(box.messages) >= box.hang_up_after:
                    return
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(text.decode())
                box.messages.append((recipient, "".join(lines)))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: Mailbox


@contextmanager
def mail_server(settings):
    """A running server that the settings point to; yields its mailbox."""
    with Server(("127.0.0.1", 0), Session) as server:
        server.box = Mailbox()
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        settings.DEFAULT_FROM_EMAIL = "lianfang@school.test"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.box
        finally:
            server.shutdown()
            thread.join()
