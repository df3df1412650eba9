import pytest
from tests.api.test_every_operation import *
from tests.api.test_every_operation import service
from zone.http import openapi


@ON_SQLITE
def test_mine(service):
    who = somebody_with_everything(service)
    bad = {}
    out = open("/tmp/desk_api.txt", "w")
    for path, item in openapi.document(service)["paths"].items():
        if "/desk" not in path and "/audit" not in path:
            continue
        for method, op in item.items():
            found = attempt(service, who, thorough=True, only=op["operationId"])
            print(method, path, {k: str(v)[:600] for k, v in found.faults.items()}, found.answers, file=out, flush=True)
            bad.update(found.faults)
    out.close()
    assert bad == {}
