"""A mail server for tests that keeps what it gets and can be told to be faulty.

Started by `smtp`, which explains the options. A newcomer may ask why the faults sit in the server: the
client under test speaks to it as to any other, over a real socket and real TLS.
"""

import argparse
import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="starttls")
    parser.add_argument("--auth", metavar="USER:PASSWORD")
    parser.add_argument("--greylist", type=int, default=0, metavar="N")
    parser.add_argument("--refuse", metavar="ADDRESS", action="append", default=[])
    parser.add_argument("--refuse-data", metavar="CODE", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--die-in-data", type=int, default=0, metavar="N")
    parser.add_argument("--max-size", type=int, default=0, metavar="BYTES")
    return parser.parse_args()


class Keeper:
    """Writes each message as NNNN.eml with NNNN.json beside it: who, to whom, how."""

    def __init__(self, options):
        self.options = options
        self.mail = options.folder / "mail"
        self.mail.mkdir(exist_ok=True)
        self.kept = len(list(self.mail.glob("*.eml")))
        self.greylisted = 0
        self.died = 0

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        await asyncio.sleep(self.options.slow)
        if self.greylisted < self.options.greylist:
            self.greylisted += 1
            note("greylisted", address)
            return "451 4.7.1 Greylisted, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.options.refuse:
            note("refused", address)
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.options.slow)
        if self.options.refuse_data:
            note("refused data", self.options.refuse_data)
            return f"{self.options.refuse_data} refused"
        self.kept += 1
        name = self.mail / f"{self.kept:04}"
        about = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "helo": session.host_name,
            "tls": session.ssl is not None or self.options.tls == "implicit",
            "user": session.auth_data.login.decode() if session.authenticated and session.auth_data else None,
        }
        name.with_suffix(".json").write_text(json.dumps(about) + "\n")
        # The message last, and whole at once: a test waits for its name.
        part = name.with_suffix(".part")
        part.write_bytes(envelope.original_content)
        part.rename(name.with_suffix(".eml"))
        note("kept", f"{name.name}.eml")
        return "250 OK"


class Server(SMTP):
    """aiosmtpd's, and able to die after the client has been told to send its message."""

    async def push(self, status):
        await super().push(status)
        keeper = self.event_handler
        if isinstance(status, str) and status.startswith("354") and keeper.died < keeper.options.die_in_data:
            keeper.died += 1
            note("died in DATA")
            self.transport.abort()


def note(*words):
    print(*words, flush=True)


def authenticator(wanted):
    def check(server, session, envelope, mechanism, data):
        given = isinstance(data, LoginPassword) and f"{data.login.decode()}:{data.password.decode()}" == wanted
        note("auth", mechanism, "accepted" if given else "refused")
        return AuthResult(success=given, handled=False, auth_data=data if given else None)

    return check


async def main():
    options = arguments()
    context = None
    if options.tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.folder / "tls/server.pem", options.folder / "tls/server.key")
    keeper = Keeper(options)
    starttls = options.tls == "starttls"

    def session():
        return Server(
            keeper,
            hostname="localhost",
            data_size_limit=options.max_size or None,
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=authenticator(options.auth) if options.auth else None,
            auth_required=bool(options.auth),
            # Where TLS is from the first byte or wanted by nobody, AUTH is offered all the same.
            auth_require_tls=starttls,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        session, "127.0.0.1", options.port, ssl=context if options.tls == "implicit" else None
    )
    note("ready")
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
