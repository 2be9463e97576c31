"""What schemathesis needs to know beside the documents (cargo xtask test schemas)."""

import os

import requests
import schemathesis

TOKEN = {"Authorization": f"Bearer {os.environ['MANAGEMENT_TOKEN']}"}


@schemathesis.auth(refresh_interval=None)
class Caller:
    """On the public listener a session of its own for each request: many of them end the one they come with."""

    def get(self, case, context):
        if case.operation.base_url.startswith(os.environ["MANAGEMENT"]):
            return TOKEN
        started = requests.post(f"{os.environ['MANAGEMENT']}/subjects/alice/sessions", json={}, headers=TOKEN)
        return {"Cookie": started.json()["set_cookies"][0].split(";")[0]}

    def set(self, case, headers, context):
        case.headers.update(headers)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Set-Cookie stands in several lines, of which schemathesis takes one for all; session-http/tests/api holds each."""
    responses = list(raw_schema["components"]["responses"].values())
    for path in raw_schema["paths"].values():
        responses += [r for o in path.values() if isinstance(o, dict) and "responses" in o for r in o["responses"].values()]
    for response in responses:
        response.get("headers", {}).pop("Set-Cookie", None)

