"""An application behind a proxy that asks session-server: it is told whose a request is, and believes a statement
only once it has verified it."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

# ANCHOR: verify
# Asked of session-server itself, and again when there is a new key.
KEYS = jwt.PyJWKClient(os.environ["JWKS"])
REQUIRED = ["iss", "sub", "sid", "exp"]


def who_is(statement):
    """The claims of the statement, or nobody's where a path is for everybody; raises at one that is not good."""
    if not statement:
        return {"sub": None, "sid": None}
    key = KEYS.get_signing_key_from_jwt(statement)
    # Clocks differ (FORMAT.md §2), and PyJWT refuses what was made a moment ahead of its own.
    verified = jwt.decode_complete(
        statement, key, algorithms=["EdDSA"], issuer=os.environ["ISSUER"], options={"require": REQUIRED}, leeway=60
    )
    # PyJWT leaves it to us that this is no token made for something else.
    if verified["header"].get("typ") != "session-statement+jwt":
        raise jwt.InvalidTokenError("not a session statement")
    return verified["payload"]


# ANCHOR_END: verify
class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        try:
            claims = who_is(self.headers.get("X-Session-Statement"))
            told = {"subject": claims["sub"], "session_id": claims["sid"]}
            status, answer = 200, {**told, "headers": self.headers.items()}
        # The keys are not to be had, and nobody can tell.
        except jwt.PyJWKClientConnectionError:
            status, answer = 503, {}
        except jwt.PyJWTError:
            status, answer = 403, {}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Application)
print(f"serving on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
