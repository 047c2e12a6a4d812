"""The Jobs that prepare Elasticsearch and Kibana, and the CronJobs that look for drift."""

import json
from typing import Any

import pytest

from preview.parts import Object
from tests.components.test_stacks import STACKS, plan
from tests.components.test_variants import objects
from tests.components.test_variants import plan as variant

NAMES = ("elasticsearch-bootstrap", "kibana-bootstrap")
SERVERS = {
    "elasticsearch-bootstrap": "https://elasticsearch-es-http.observability.svc:9200",
    "kibana-bootstrap": "http://kibana-kb-http.observability.svc:5601",
}


def made(stack: str, kind: str, name: str) -> dict[str, Any]:
    (found,) = (item for item in plan(stack).objects if item.kind == kind and item.name.startswith(name))
    return dict(found.manifest)


def cron_job(stack: str, name: str) -> Any:
    return made(stack, "CronJob", f"{name}-check")["spec"]


def job_pod(stack: str, name: str) -> Any:
    return made(stack, "Job", f"{name}-")["spec"]["template"]["spec"]


def check_pod(stack: str, name: str) -> Any:
    return cron_job(stack, name)["jobTemplate"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", NAMES)
def test_the_check_differs_from_the_job_only_in_what_it_is_asked(stack: str, name: str) -> None:
    (job,), (check,) = job_pod(stack, name)["containers"], check_pod(stack, name)["containers"]
    assert job["command"] == ["python3", "-m", "bootstrap", "payloads"]
    assert check["command"] == ["python3", "-m", "bootstrap", "--check", "payloads"]
    differing = {key for key in job if job[key] != check[key]}
    assert differing == {"command", "env"}
    waits = [next(int(v["value"]) for v in one["env"] if v["name"] == "WAIT_SECONDS") for one in (job, check)]
    assert waits == [900, 300]
    assert {v["name"]: v.get("value") for v in job["env"]}["SERVER_URL"] == SERVERS[name]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", NAMES)
def test_the_program_and_its_payloads_are_where_python_looks_for_them(stack: str, name: str) -> None:
    pod = job_pod(stack, name)
    (container,) = pod["containers"]
    assert container["workingDir"] == "/job"
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts == {"bootstrap": "/job/bootstrap", "payloads": "/job/payloads", "ca": "/job/ca"}
    sources = {volume["name"]: volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume}
    assert {"__init__.py", "__main__.py"} <= set(made(stack, "ConfigMap", sources["bootstrap"])["data"])
    paths = [json.loads(text)["path"] for text in made(stack, "ConfigMap", sources["payloads"])["data"].values()]
    assert len(paths) == {"elasticsearch-bootstrap": 3, "kibana-bootstrap": 2}[name]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", NAMES)
def test_checks_do_not_pile_up_and_a_failed_one_goes_away(stack: str, name: str) -> None:
    spec = cron_job(stack, name)
    assert spec["schedule"] == "17 * * * *"
    assert spec["concurrencyPolicy"] == "Forbid"
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (1, 1)
    job = spec["jobTemplate"]["spec"]
    # It ends before an alert on a missing success would fire, and before the next one starts.
    waits = next(int(v["value"]) for v in check_pod(stack, name)["containers"][0]["env"] if v["name"] == "WAIT_SECONDS")
    assert waits < job["activeDeadlineSeconds"] <= 600
    assert 600 < job["ttlSecondsAfterFinished"] <= 86400
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert job["template"]["spec"]["containers"][0]["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_settings_reach_the_jobs() -> None:
    found = variant("bootstrap", {"checkSchedule": "5 4 * * *", "dropFields": ["host", "host.name"]})
    assert {item.manifest["spec"]["schedule"] for item in objects(found, "CronJob").values()} == {"5 4 * * *"}
    jobs = objects(found, "Job")
    assert len(jobs) == 2
    for item in jobs.values():
        assert {"name": "DROP_FIELDS", "value": "host,host.name"} in containers(item)[0]["env"]
    # The Job of before had other settings: it is another one.
    before = {item.name for item in plan("dev").objects if item.kind == "Job"}
    assert not before & set(jobs)


def containers(item: Object) -> Any:
    return item.manifest["spec"]["template"]["spec"]["containers"]
