"""The API's description of itself is valid OpenAPI, and true: held against what the API really answers."""

import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from app.openapi.document import document
from app.panels import PANELS
from app.runs import worker
from app.runs.queue import Queue
from app.server import create_app
from app.settings import Settings
from app.state import WORDS
from app.training.state import TRAIN_WORDS
from simulation.config import DEFAULTS

NET = "depth=3&width=8&batch=16&activation=tanh"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A server, and what a trainer does next."""
    folder = str(tmp_path_factory.mktemp("runs"))
    queue = Queue(Settings(runs=folder), worker.work)
    assert queue.task
    return create_app(Settings(runs=folder)).server.test_client(), lambda: queue.huey.execute(queue.huey.dequeue())


@pytest.fixture(scope="module")
def client(home):
    return home[0]


@pytest.fixture(scope="module")
def told(client):
    return client.get("/api/openapi.json").get_json()


GETS = [path for path in document()["paths"] if "/train" not in path]


def followed(told, one):
    while "$ref" in one:
        kind, name = one["$ref"].removeprefix("#/components/").split("/")
        one = told["components"][kind][name]
    return one


def parts(told, schema):
    """The schema, and those that it is made of."""
    schema = followed(told, schema)
    yield schema
    for one in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        yield from parts(told, one)


def untold(told, schema, value, where=""):
    """Keys of the value that the schema does not know, at any depth."""
    schemas = list(parts(told, schema))
    if isinstance(value, dict):
        others = [part["additionalProperties"] for part in schemas if "additionalProperties" in part]
        for name, inner in value.items():
            known = [part["properties"][name] for part in schemas if name in part.get("properties", {})] or others
            yield from untold(told, {"anyOf": known}, inner, f"{where}/{name}") if known else [f"{where}/{name}"]
    if isinstance(value, list):
        for items in (part["items"] for part in schemas if "items" in part):
            for inner in value[:3]:
                yield from untold(told, items, inner, f"{where}[]")


def hold(told, path, reply, method="get"):
    """Holds a reply against what the document says of it."""
    said = told["paths"][path][method]["responses"][str(reply.status_code)]
    assert list(said["content"]) == [reply.mimetype]
    if reply.mimetype != "application/json":
        return
    schema = said["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": told["components"]}).validate(reply.get_json())
    assert list(untold(told, schema, reply.get_json())) == []


def defaults(told, path, method="get"):
    """The query that says every default of the document."""
    asked = [followed(told, one) for one in told["paths"][path][method]["parameters"]]
    given = {one["name"]: one["schema"]["default"] for one in asked if "default" in one["schema"]}
    return urlencode({name: ",".join(one) if isinstance(one, list) else one for name, one in given.items()}, safe=",")


def test_the_document_is_valid(told):
    validate(told, cls=OpenAPIV31SpecValidator)
    for schema in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_route_of_the_api_is_told(client, told):
    rules = [rule for rule in client.application.url_map.iter_rules() if rule.rule.startswith("/api/v1/")]
    named = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).replace("{run_id}", "{id}"), method.lower())
        for rule in rules for method in (rule.methods & {"GET", "POST"}) if rule.endpoint not in ("panel", "elsewhere")
    }  # fmt: skip
    panels = {f"/api/v1/{key}" for key in ("trace", *PANELS)} | {"/api/v1/trace.csv"}
    panels |= {f"/api/v1/{key}.csv" for key, panel in PANELS.items() if panel.table}
    expected = named | {(path, "get") for path in panels}
    assert {(path, method) for path, methods in told["paths"].items() for method in methods} == expected


@pytest.mark.parametrize("path", GETS)
def test_defaults_said_and_left_out_are_the_same(client, told, path):
    plain, said = client.get(path), client.get(f"{path}?{defaults(told, path)}")
    assert (plain.status_code, said.status_code) == (200, 200)
    hold(told, path, plain)
    assert plain.data == said.data


@pytest.mark.parametrize("path", GETS)
def test_the_example_can_be_asked(client, told, path):
    example = told["paths"][path]["get"]["x-example"]
    assert example.startswith(f"{path}?")
    hold(told, path, client.get(example))


@pytest.mark.parametrize("path", [path for path in GETS if not path.endswith((".csv", ".npz", "/code"))])
@pytest.mark.parametrize(
    "query",
    ["depth=6&remedies=he,relu", "depth=6&initializer=zeros&activation=relu", "depth=1", "depth=6&over=depth&clip=value&loss_scale=3",
     "depth=4&over=depth&remedies=he,relu", "depth=6&normalization=group&residual=pre_activation&layer=3",
     "depth=6&weight_scale=20&activation=relu", "depth=6&activation=relu&initializer=he_normal"],
)  # fmt: skip
def test_replies_are_as_told(client, told, path, query):
    reply = client.get(f"{path}?width=8&batch=4&{query}")
    assert reply.status_code == 200
    hold(told, path, reply)


def test_the_example_of_a_run_can_be_posted(home, told):
    client, work = home
    example = told["paths"]["/api/v1/train"]["post"]["x-example"]
    started = client.post(example)
    hold(told, "/api/v1/train", started, "post")
    client.post(f"/api/v1/train/{started.get_json()['id']}/stop")
    work()


def test_defaults_are_those_of_the_network(told):
    said = {one["name"]: one["schema"]["default"] for one in told["components"]["parameters"].values() if one["name"] in DEFAULTS}  # fmt: skip
    assert said == DEFAULTS


@pytest.mark.parametrize("path", [*GETS, "/api/v1/train"])
def test_every_word_is_a_parameter(told, path):
    operation = next(iter(told["paths"][path].values()))
    names = [followed(told, one)["name"] for one in operation["parameters"]]
    assert sorted(names) == sorted(WORDS if path != "/api/v1/train" else [*TRAIN_WORDS, "lease", "kind"])


def beyond(schema):
    """Values that are not allowed."""
    if "enum" in schema:
        return ["nothing", *(key.upper() for key in schema["enum"][:1])]
    if "minimum" in schema:
        return [schema["minimum"] - 1, schema["maximum"] + 1, *([0.5] if schema["type"] == "integer" else ["x"])]
    return beyond(schema["items"]) if "items" in schema else ["x"]


def within(schema):
    """Values that are, its ends among them."""
    if "items" in schema:
        return ["", *schema["items"]["enum"], ",".join(schema["items"]["enum"])]
    return schema.get("enum") or [str(schema[end]) for end in ("minimum", "maximum") if end in schema]


@pytest.mark.parametrize(("path", "method", "words"), [("/api/v1/trace", "get", WORDS), ("/api/v1/train", "post", TRAIN_WORDS)])  # fmt: skip
def test_what_a_parameter_may_be_is_what_is_taken(client, told, path, method, words):
    for one in (followed(told, one) for one in told["paths"][path][method]["parameters"]):
        name, schema = one["name"], one["schema"]
        for value in beyond(schema):
            reply = client.open(f"{path}?{urlencode({name: value})}", method=method)
            assert reply.status_code == 422, (name, value)
            assert reply.get_json()["error"]["field"] == name
            hold(told, path, reply, method)
        for value in within(schema) if name in words else ():
            words[name].parse(str(value))


@pytest.mark.parametrize(
    "query", ["data=moons", "data=sine", "data=moons&networks=2", "kind=rates&data=moons", "data=sine&learning_rate=10"]
)
def test_runs_answer_as_told(home, told, query):
    client, work = home
    started = client.post(f"/api/v1/train?{NET}&steps=20&{query}")
    assert started.status_code == 202
    hold(told, "/api/v1/train", started, "post")
    run = started.get_json()["id"]
    hold(told, "/api/v1/train/{id}", client.get(f"/api/v1/train/{run}"))
    work()
    assert client.get(f"/api/v1/train/{run}").get_json()["state"] in ("done", "crashed")
    for path in ("/api/v1/train/{id}", "/api/v1/train/{id}.json", "/api/v1/train/{id}.csv"):
        hold(told, path, client.get(path.format(id=run)))
    for step in client.get(f"/api/v1/train/{run}").get_json()["checkpoints"][:1]:
        path = "/api/v1/train/{id}/checkpoint/{step}"
        hold(told, path, client.get(path.format(id=run, step=step)))


@pytest.mark.parametrize("verb", ["pause", "change?field=learning_rate&value=0.1", "stop"])
def test_verbs_answer_as_told(home, told, verb):
    client, work = home
    run = client.post(f"/api/v1/train?{NET}").get_json()["id"]
    hold(told, "/api/v1/train/{id}/{verb}", client.post(f"/api/v1/train/{run}/{verb}"), "post")
    client.post(f"/api/v1/train/{run}/stop")
    hold(told, "/api/v1/train/{id}/{verb}", client.post(f"/api/v1/train/{run}/pause"), "post")
    hold(told, "/api/v1/train/{id}", client.get("/api/v1/train/nobody"))
    work()


def test_a_default_training_is_the_documents(home, told):
    client, work = home
    started = client.post(f"/api/v1/train?{defaults(told, '/api/v1/train', 'post')}").get_json()
    client.post(f"/api/v1/train/{started['id']}/stop")
    assert started["query"] == ""
    work()


class Reading(HTMLParser):
    """What a page holds."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.open, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("address", ["/api", "/api/"])
def test_the_page_says_it_to_people(client, told, address):
    reply = client.get(address)
    assert (reply.status_code, reply.mimetype) == (200, "text/html")
    page = Reading(reply.text)
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    words = "".join(page.words)
    for path, methods in told["paths"].items():
        assert all(f"{method.upper()} {path}" in words for method in methods)
    for one in told["components"]["parameters"].values():
        assert f"{one['name']}" in page.words or one["name"] in ("id", "step", "verb", "pin")
    for link in page.links:
        assert link[1:] in page.ids if link.startswith("#") else client.get(link).status_code == 200


def test_the_page_needs_no_script_and_nothing_from_elsewhere(client):
    page = Reading(client.get("/api").text)
    assert not {tag for tag, _ in page.tags} & {"script", "style", "iframe"}
    for _, given in page.tags:
        assert not [name for name in given if name.startswith("on") or name == "style"]
        assert (given.get("href") or given.get("src") or "/")[0] in "/#"
    for sheet in (given["href"] for tag, given in page.tags if tag == "link"):
        assert client.get(sheet).status_code == 200
