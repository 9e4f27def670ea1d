"""Writes into a JSON file (first argument) what Airflow makes of the DAG folders (the others)."""

import json
import sys
from types import SimpleNamespace

from airflow.dag_processing.dagbag import DagBag
from kubernetes.client import ApiClient


def tasks_of(dag):
    """The tasks as they run, and the number of each among those that one was mapped to."""
    for task in dag.tasks:
        if not task.is_mapped:
            yield task, None
            continue
        for index, shard in enumerate(task.expand_input.value["shard"]):
            yield task.unmap({"shard": shard}), index


def rendered(task, index):
    """What the container is started with, after Airflow has put in the number of the task."""
    context = {"ti": SimpleNamespace(map_index=index), "var": SimpleNamespace(value={}, json={})}
    environment = task.render_template(getattr(task, "environment", None), context)
    return {
        "command": task.render_template(getattr(task, "command", None), context),
        "environment": environment,
        "overrides": task.render_template(getattr(task, "overrides", None), context),
        "arguments": task.render_template(getattr(task, "arguments", None), context),
        "folders": [
            task.render_template(variable.value, context)
            for variable in getattr(task, "env_vars", None) or []
            if variable.name.endswith("_PATH")
        ],
    }


def describe_task(task, index):
    return {
        "rendered": None if index is None else rendered(task, index),
        "operator": type(task).__mro__[1].__name__,
        "owner": task.owner,
        "retries": task.retries,
        "retryDelay": task.retry_delay.total_seconds(),
        "backoff": float(task.retry_exponential_backoff),
        "timeout": task.execution_timeout.total_seconds(),
        "finalExitCodes": list(task.skip_on_exit_code),
        "image": getattr(task, "image", None),
        "taskDefinition": getattr(task, "task_definition", None),
        "launchType": getattr(task, "launch_type", None),
        "overrides": getattr(task, "overrides", None),
        "environment": getattr(task, "environment", None),
        "memory": getattr(task, "mem_limit", None),
        "pod": describe_pod(task) if hasattr(task, "build_pod_request_obj") else None,
    }


def describe_pod(task):
    return ApiClient().sanitize_for_serialization(task.build_pod_request_obj())


def describe_folder(folder):
    bag = DagBag(folder)
    return {
        "errors": list(bag.import_errors.values()),
        "dags": [
            {
                "id": dag.dag_id,
                "description": dag.description,
                "documentation": dag.doc_md,
                "timetable": repr(dag.timetable),
                "timezone": str(dag.timezone),
                "catchup": dag.catchup,
                "maxActiveRuns": dag.max_active_runs,
                "tags": sorted(dag.tags),
                "tasks": [describe_task(task, index) for task, index in tasks_of(dag)],
            }
            for dag in bag.dags.values()
        ],
    }


output, *folders = sys.argv[1:]
with open(output, "w") as file:
    json.dump([describe_folder(folder) for folder in folders], file)
