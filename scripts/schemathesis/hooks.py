"""Hooks for Schemathesis: keep it signed in, and let it meet things that are there.

Made-up ids find nothing, so that most calls would end in 404. Here some of them are replaced by ids of a few things made
at the start and of everything that the answers tell of.
"""

import atexit
import json
import os
import random
import urllib.request
from collections import Counter

import schemathesis

URL = os.environ["TESTED_URL"]
PASSWORD = os.environ["TESTED_PASSWORD"]
MEDIA_TYPE = "application/vnd.api+json"

# How often an id is replaced by one of something that is there.
SHARE = 0.75

# What needs more than a known id to succeed.
MAY_FAIL = {"totp.confirm", "logstream.remove_device", "webhook_deliveries.show", "webhook_deliveries.resend"}

choices = random.Random(1)
token = None
refresh_token = None
# Ids by kind, newest last; and the resource type of each.
ids: dict[str, list[str]] = {}
types: dict[str, str] = {}
# How each operation was answered.
answers: dict[str, Counter] = {}

# Relationships of requests, and what they point to.
TARGETS = {
    "owner": "account",
    "account": "username",
    "product": "product",
    "devicegroup": "devicegroup",
    "production_target": "devicegroup",
    "dut_target": "devicegroup",
}


def call(method, path, body=None):
    headers = {"Content-Type": MEDIA_TYPE, "X-Electricimp-Password": PASSWORD}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, headers, method=method)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read() or b"null")


def sign_in():
    global token, refresh_token
    token = None
    tokens = call("POST", "/v5/auth", {"id": "grower", "password": PASSWORD})
    token, refresh_token = tokens["access_token"], tokens["refresh_token"]


def learn(resource):
    """Notes the id of a resource that an answer holds."""
    if not isinstance(resource, dict) or not isinstance(resource.get("id"), str):
        return
    kind = resource.get("type", "")
    types[resource["id"]] = kind
    known = ids.setdefault("devicegroup" if kind.endswith("_devicegroup") else kind, [])
    if resource["id"] in known:
        known.remove(resource["id"])
    known.append(resource["id"])
    del known[:-20]


def make(path, kind, attributes, **relationships):
    document = {"data": {"type": kind, "attributes": attributes, "relationships": relationships}}
    resource = call("POST", path, document)["data"]
    learn(resource)
    return {"type": resource["type"], "id": resource["id"]}


def furnish():
    """Makes one of each, so that there is something to find from the first call on."""
    product = make("/v5/products", "product", {"name": "Greenhouse"})
    group = make("/v5/devicegroups", "development_devicegroup", {"name": "Sensors"}, product=product)
    make("/v5/devicegroups", "production_devicegroup", {"name": "Shipped"}, product=product)
    for code in "first", "second":
        sources = {"device_code": f"// {code}", "agent_code": ""}
        make("/v5/deployments", "deployment", sources, devicegroup=group)
    hook = {"url": "https://example.net/hook", "event": "deployment", "content_type": "application/json"}
    make("/v5/webhooks", "webhook", hook, devicegroup=group)
    make("/v5/accounts/me/login_keys", "login_key", {"description": "CI"})
    collaborator = {"type": "account", "id": "gardener"}
    make("/impstead/v1/accounts/me/collaborators", "collaborator", {"role": "support"}, account=collaborator)
    for device in call("GET", "/v5/devices")["data"]:
        learn(device)
    devices = [{"type": "device", "id": device} for device in ids["device"][:2]]
    call("POST", f"/v5/devicegroups/{group['id']}/relationships/devices", {"data": devices})
    for entry in call("GET", "/impstead/v1/audit")["data"]:
        learn(entry)
    ids["username"] = ["gardener", "stranger", "grower"]
    ids["account"] = ["me", *ids.get("collaborator", [])]


def pick(kind):
    """Returns the id of something of this kind, or nothing, to keep the one made up."""
    if kind in ("session", "refresh_token"):
        # The calls end these faster than they are learnt of.
        sign_in()
        ids[kind] = [session["id"] for session in call("GET", "/impstead/v1/accounts/me/sessions")["data"]]
    known = ids.get(kind)
    if kind == "logstream":
        # An account has one at a time.
        return known[-1] if known else None
    return choices.choice(known) if known and choices.random() < SHARE else None


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers = case.headers or {}
    case.headers["Authorization"] = f"Bearer {token}"
    case.headers["X-Electricimp-Password"] = PASSWORD
    for name in case.path_parameters or {}:
        case.path_parameters[name] = pick(name) or case.path_parameters[name]
    operation = case.operation.definition.raw.get("operationId")
    if operation == "logs.list":
        # History only: a stream has no end, and Schemathesis waits for one.
        case.headers["Accept"] = MEDIA_TYPE
        case.query = {name: value for name, value in (case.query or {}).items() if name != "format"}
        if known := pick("device"):
            case.query.pop("devicegroup", None)
            case.query["device"] = known
    if operation == "auth.exchange" and isinstance(case.body, dict) and choices.random() < SHARE:
        case.body = {"token": refresh_token}
    data = case.body.get("data") if isinstance(case.body, dict) else None
    if isinstance(data, list):
        for device in data:
            if isinstance(device, dict) and (known := pick("device")):
                device.update(type="device", id=known)
    if not isinstance(data, dict):
        return
    if operation == "devicegroups.set_min_supported_deployment" and (known := pick("deployment")):
        data.update(type="deployment", id=known)
    attributes = data.get("attributes")
    if operation == "password.replace" and isinstance(attributes, dict) and isinstance(attributes.get("password"), str):
        # Any other password would lock these hooks out.
        attributes["password"] = PASSWORD
    if case.method.upper() == "PATCH" and "id" in data and choices.random() < SHARE:
        data["id"] = list(case.path_parameters.values())[-1]
        if operation == "devicegroups.update":
            data["type"] = types.get(data["id"], data.get("type"))
    relationships = data.get("relationships")
    for name, target in relationships.items() if isinstance(relationships, dict) else ():
        known = pick(TARGETS.get(name, ""))
        if known and isinstance(relationships[name], dict):
            kind = {"username": "account"}.get(TARGETS[name], TARGETS[name])
            relationships[name] = {"type": types.get(known, kind) if kind == "devicegroup" else kind, "id": known}


@schemathesis.hook
def after_call(context, case, response):
    if case.method.upper() != "OPTIONS":
        answers.setdefault(case.operation.definition.raw.get("operationId"), Counter())[response.status_code] += 1
    if response.status_code == 401 and not case.path.startswith("/v5/auth"):
        sign_in()
        return
    if case.method.upper() == "DELETE" and response.status_code == 204:
        for gone in (case.path_parameters or {}).values():
            for known in ids.values():
                if gone in known and gone != "me":
                    known.remove(gone)
        return
    if response.status_code in (200, 201):
        try:
            data = json.loads(response.content).get("data")
        except (ValueError, AttributeError):
            return
        for resource in data if isinstance(data, list) else [data]:
            learn(resource)
        ids["account"] = ["me", *ids.get("collaborator", [])]


@atexit.register
def report():
    """Says which operations never succeeded: those were tried in vain. The script looks for that line."""
    if "TESTED_ANSWERS" in os.environ:
        for operation, statuses in sorted(answers.items()):
            print(f"{operation}: {dict(sorted(statuses.items()))}")
    succeeded = {operation for operation, statuses in answers.items() if min(statuses) < 400}
    vain = answers.keys() - succeeded - MAY_FAIL
    if vain:
        print(f"Never succeeded: {', '.join(sorted(vain))}")


sign_in()
if not call("GET", "/v5/products")["data"]:
    furnish()
