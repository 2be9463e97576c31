"""What schemathesis needs to know beside the documents (cargo xtask test schemas)."""

import os

import requests
import schemathesis

TOKEN = {"Authorization": f"Bearer {os.environ['MANAGEMENT_TOKEN']}"}


@schemathesis.auth(refresh_interval=None)
class Session:
    """On the public listener a session of its own for each request: many of them end the one they come with."""

    def get(self, case, context):
        if case.operation.base_url.startswith(os.environ["MANAGEMENT"]):
            return None
        started = requests.post(f"{os.environ['MANAGEMENT']}/subjects/alice/sessions", json={}, headers=TOKEN)
        return started.json()["set_cookies"][0].split(";")[0].split("=", 1)

    def set(self, case, data, context):
        if data is None:
            case.headers.update(TOKEN)
        else:
            case.cookies[data[0]] = data[1]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Set-Cookie stands in several lines, of which schemathesis takes one for all; session-http/tests/api holds each."""
    responses = list(raw_schema["components"]["responses"].values())
    for path in raw_schema["paths"].values():
        responses += [r for o in path.values() if isinstance(o, dict) and "responses" in o for r in o["responses"].values()]
    for response in responses:
        response.get("headers", {}).pop("Set-Cookie", None)

