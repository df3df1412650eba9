"""The document of the API is complete, true to its standard, and the same as the committed copy."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from schemathesis.specs.openapi.definitions import OPENAPI_31
from werkzeug.test import TestResponse

from zone.app import FEATURES, create_app
from zone.core.config import Settings
from zone.core.errors import CATALOGUE
from zone.core.i18n import LANGUAGES
from zone.web import auth, idempotency_key, openapi
from zone.web.blueprint import Blueprint
from zone.web.problems import PROBLEM_JSON

Document = dict[str, Any]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return an application; its database is not used."""
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("document")))


@pytest.fixture(scope="module")
def text(app: Flask) -> str:
    return app.test_client().get("/api/v1/openapi.json").text


@pytest.fixture
def document(text: str) -> Document:
    """Return a copy of the document, which tests with a planted fault may change."""
    served: Document = json.loads(text)
    return served


@pytest.mark.thorough
def test_simultaneous_first_requests_get_the_whole_document(tmp_path: Path, text: str) -> None:
    fresh = create_app(Settings(data_dir=tmp_path))
    with ThreadPoolExecutor(8) as several:
        answers = set(several.map(lambda _: openapi.text_of(fresh), range(8)))
    assert answers == {text}


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def resolved(document: Document, part: Document) -> Document:
    found: Document = part
    while "$ref" in found:
        here: Any = document
        for name in found["$ref"].removeprefix("#/").split("/"):
            here = here[name]
        found = here
    return found


def test_it_is_openapi_3_1(document: Document) -> None:
    assert document["openapi"] == "3.1.1"
    jsonschema_rs.validator_for(OPENAPI_31).validate(document)


def test_every_address_of_the_api_is_in_it(app: Flask, document: Document) -> None:
    served = {
        rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith(openapi.PREFIX)
    }
    described = {operation["operationId"] for _, operation in operations(document)}
    assert {
        openapi.operation_id(app, endpoint)
        for endpoint in served - {"operation_api_docs_pages.openapi_json"}
    } == described
    assert len(described) == len(list(operations(document))), "each has an id of its own"
    assert len(described) > 50


def test_every_api_reads_its_input_strictly() -> None:
    apis: list[object] = [api for feature in FEATURES for api in feature.leaves.apis]
    assert [api for api in apis if not isinstance(api, Blueprint)] == []


def test_every_operation_says_what_it_does_and_who_may_call_it(
    app: Flask, document: Document
) -> None:
    for label, operation in operations(document):
        assert operation["summary"], label
        assert operation["tags"], label
        assert operation["security"], label
        assert all(
            set(way) <= set(document["components"]["securitySchemes"])
            for way in operation["security"]
        ), label


def gaps(document: Document) -> list[str]:
    """Return answers that an operation can give and that the document does not name."""
    missing = []
    for label, operation in operations(document):
        wanted = {"400", "422", "503"}
        if {} not in operation["security"]:
            wanted |= {"401", "403"}
        if "requestBody" in operation:
            wanted |= {"413", "415"}
        if "{" in label:
            wanted.add("404")
        missing += [f"{label}: {status}" for status in sorted(wanted - set(operation["responses"]))]
    return missing


def test_every_operation_names_each_refusal_with_its_codes(document: Document) -> None:
    assert gaps(document) == []
    for label, operation in operations(document):
        for status, response in operation["responses"].items():
            found = resolved(document, response)
            if status >= "4":
                assert list(found["content"]) == [PROBLEM_JSON], label
                assert {CATALOGUE[code].status for code in found["x-problem-codes"]} == {
                    int(status)
                }, label


def test_refusals_are_declared_and_not_in_docstrings(app: Flask) -> None:
    prose = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(openapi.PREFIX)
        and "Errors:" in (app.view_functions[rule.endpoint].__doc__ or "")
    ]
    assert prose == []


def faulty_examples(document: Document) -> list[str]:
    """Return examples that do not fit their own schema."""
    # Read once: with all components in each schema 500 of them took 4 s of CPU.
    address = "zone:/components"
    components = jsonschema_rs.Registry([(address, {"components": document["components"]})])
    validators: dict[str, Any] = {}  # most answers have the schema of a problem
    faulty = []
    for label, operation in operations(document):
        bodies = [operation.get("requestBody", {})]
        bodies += [resolved(document, response) for response in operation["responses"].values()]
        pairs = [
            (parameter["schema"], parameter["example"])
            for parameter in operation.get("parameters", ())
        ]
        for media in (media for body in bodies for media in body.get("content", {}).values()):
            shown = (
                [one["value"] for one in media["examples"].values()]
                if "examples" in media
                else [media["example"]]
            )
            pairs += [(media["schema"], value) for value in shown]
        for schema, value in pairs:
            text = json.dumps(schema).replace('"#/', f'"{address}#/')
            if text not in validators:
                validators[text] = jsonschema_rs.validator_for(
                    json.loads(text), validate_formats=True, registry=components
                )
            faulty += [f"{label}: {error.message}" for error in validators[text].iter_errors(value)]
    return faulty


def test_every_example_fits_its_schema(document: Document) -> None:
    assert faulty_examples(document) == []


@pytest.mark.planted_fault("an example that does not fit")
def test_an_example_that_does_not_fit_fails_the_check(document: Document) -> None:
    content = document["paths"]["/api/v1/bookings"]["post"]["requestBody"]["content"]
    content["application/json"]["example"] = {"session": "next Tuesday"}
    assert len(faulty_examples(document)) == 1


@pytest.mark.planted_fault("a refusal that is not named")
def test_a_refusal_that_is_not_named_fails_the_check(document: Document) -> None:
    del document["paths"]["/api/v1/bookings"]["post"]["responses"]["415"]
    assert gaps(document) == ["POST /api/v1/bookings: 415"]


def bare_lists(document: Document) -> list[str]:
    """Return operations whose answer is not an object, or a list without `next`."""
    found = []
    for label, operation in operations(document):
        for status, response in operation["responses"].items():
            for media in resolved(document, response).get("content", {}).values():
                schema = resolved(document, media["schema"])
                named = label.rsplit("/", 1)[-1].replace("-", "_")
                one_list = (
                    label.startswith("GET")
                    and schema.get("properties", {}).get(named, {}).get("type") == "array"
                )
                if schema.get("type") == "array" or (
                    one_list and "next" not in schema["properties"]
                ):
                    found.append(f"{label} {status}")
    return found


def test_every_list_comes_in_the_same_envelope(document: Document) -> None:
    assert bare_lists(document) == []


@pytest.mark.planted_fault("a bare list")
def test_a_bare_list_fails_the_check(document: Document) -> None:
    answer = document["paths"]["/api/v1/tokens"]["get"]["responses"]["200"]["content"][
        "application/json"
    ]
    answer["schema"] = {"type": "array"}
    assert bare_lists(document) == ["GET /api/v1/tokens 200"]


def test_the_scope_that_an_operation_names_is_the_one_that_is_asked(
    app: Flask, document: Document
) -> None:
    named = {
        operation["operationId"]: way["token"][0]
        for _, operation in operations(document)
        for way in operation["security"]
        if "token" in way
    }
    asked = {rule.endpoint: auth.scope_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert named == {
        openapi.operation_id(app, endpoint): scope for endpoint, scope in asked.items() if scope
    }


def test_an_operation_that_keeps_answers_says_so(document: Document) -> None:
    keyed = {
        label
        for label, operation in operations(document)
        if idempotency_key.HEADER
        in [parameter["name"] for parameter in operation.get("parameters", ())]
    }
    assert {"POST /api/v1/bookings", "POST /api/v1/orders", "POST /api/v1/classes"} <= keyed


def page(app: Flask, path: str) -> TestResponse:
    answer = app.test_client().get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer


INVENTED = re.compile(
    "https://(pay.example.org|push.example|zone.example/calendar/|zone.example.org/payments/)"
)
"""The addresses of examples."""


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_document_can_be_read_as_a_page(app: Flask, document: Document, language: str) -> None:
    overview = page(app, f"/api/docs?lang={language}").text
    parts = {
        part: page(app, f"/api/docs/{part}?lang={language}").text
        for part in sorted({tag for _, one in operations(document) for tag in one["tags"]})
    }
    for _, operation in operations(document):
        for part in operation["tags"]:
            assert f'href="/api/docs/{part}#{operation["operationId"]}"' in overview
            assert f'id="{operation["operationId"]}"' in parts[part]
    for shown in (overview, *parts.values()):
        assert "<script" not in shown
        assert "style=" not in shown
        assert "://" not in INVENTED.sub("", shown).split("<main")[1]
    assert app.test_client().get("/api/docs/nothing").status_code == 404


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_type_of_every_problem_leads_to_its_explanation(app: Flask, language: str) -> None:
    shown = page(app, f"/docs/problems?lang={language}").text
    for code in CATALOGUE.values():
        assert f'id="{code.code}"' in shown
    refusal = json.loads(app.test_client().get("/api/v1/me").data)
    where, _, anchor = refusal["type"].partition("#")
    assert f'id="{anchor}"' in page(app, where).text


def test_every_code_has_three_languages_that_differ() -> None:
    for code in CATALOGUE.values():
        texts = {code.text_as_written(language) for language in LANGUAGES}
        assert len(texts) == len(LANGUAGES), code.code
        assert all(len(text) > 10 for text in texts), code.code
