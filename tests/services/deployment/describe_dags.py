"""Writes into a JSON file (first argument) what Airflow makes of the DAG folders (the others)."""

import json
import sys

from airflow.dag_processing.dagbag import DagBag
from kubernetes.client import ApiClient


def describe_task(task):
    return {
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
                "tasks": [describe_task(task) for task in dag.tasks],
            }
            for dag in bag.dags.values()
        ],
    }


output, *folders = sys.argv[1:]
with open(output, "w") as file:
    json.dump([describe_folder(folder) for folder in folders], file)
