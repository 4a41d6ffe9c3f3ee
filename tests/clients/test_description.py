"""Requests made up out of the API's own description, against a running server: nothing undocumented comes back."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.clients.conftest import Join
from tests.clients.running_server import RunningServer
from tests.clients.strict_mastodon import StrictMastodon

_CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Of each operation, each time the same ones; CI has the patience for more.
_EXAMPLES = 20 if os.environ.get("CI") else 5
_STREAMS = "/api/v1/streaming"
# Asked out of turn it would end what all the others ask with.
_LEFT_OUT = {"/oauth/revoke"}


def test_made_up_requests_meet_nothing_undocumented(server: RunningServer, join: Join) -> None:
    description = schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")
    ids = _world(join(), join())
    asker = str(join().access_token)
    staff = server.run(
        *("account", "create", "desk", "--role", "admin", "--count", "1"),
        *("--token", "read write admin:read admin:write"),
    ).split()[1]
    found: list[str] = []
    asked = 0
    for operation in _operations(description):
        asked += 1
        try:
            _try(operation, ids, staff if "/admin/" in operation.path else asker)
        except (Failure, FailureGroup) as failure:
            found.append(f"{operation.method.upper()} {operation.path}: {_told(failure)}")
    assert asked > 200
    assert not found, "\n\n".join(found)


def _operations(description: Any) -> Iterator[Any]:
    for each in description.get_all_operations():
        operation = each.ok()
        endless = operation.path.startswith(_STREAMS) and not operation.path.endswith("/health")
        if not endless and operation.path not in _LEFT_OUT:
            yield operation


def _try(operation: Any, ids: list[str], token: str) -> None:
    @hypothesis.seed(7)
    @settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    @given(operation.as_strategy(), hypothesis.strategies.sampled_from(ids))
    def ask(case: Any, known: str) -> None:
        if "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = known
        case.call_and_validate(checks=_CHECKS, headers={"authorization": f"Bearer {token}"})

    ask()


def _told(failure: BaseException) -> str:
    failures: Sequence[BaseException] = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
    return "\n".join(f"{type(each).__name__}: {str(each)[:600]}" for each in failures)


def _world(alice: StrictMastodon, bob: StrictMastodon) -> list[str]:
    """Ids of several kinds, so that what is asked for is there now and then."""
    said = alice.status_post("to be asked for", visibility="public")
    return [str(said.id), str(alice.me().id), str(bob.me().id), "1", "no id"]
