"""Starts the pipeline on its schedule. All of the work happens in its container."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
from airflow.sdk import DAG, CronTriggerTimetable, Variable
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

NAME = "orders"

# What the container exits with when another try cannot help: too many dead letters, wrong configuration.
FINAL_EXIT_CODES = (3, 64)

# Airflow Variable `environment`: production, staging, …
ENVIRONMENT = "{{ var.value.get('environment', 'production') }}"


class RunPipeline(EcsRunTaskOperator):
    """Runs the container once. A final exit code fails the task at once, any other one is retried."""

    def __init__(self, **kwargs):
        # The operator tells these exit codes apart by skipping the task; execute() makes failures of them.
        super().__init__(skip_on_exit_code=FINAL_EXIT_CODES, **kwargs)

    def execute(self, context):
        # Airflow Variable `etl_fargate`: {"cluster": "…", "subnets": ["…"], "securityGroups": ["…"]}
        fargate = Variable.get("etl_fargate", deserialize_json=True)
        self.network_configuration = {
            "awsvpcConfiguration": {
                "subnets": fargate["subnets"],
                "securityGroups": fargate["securityGroups"],
                "assignPublicIp": "DISABLED",
            }
        }
        try:
            return super().execute(context)
        except AirflowSkipException as stopped:
            raise AirflowFailException(f"Not retried, see the runbook: {stopped}") from stopped


with DAG(
    dag_id=NAME,
    description="Moves records from their source to their sink.",
    doc_md="""
Runs the pipeline in a container. Everything it did is in the log of the task.

- Runbook: `docs/runbook.md` in the repository of the pipeline: exit codes, alerts, what to do
""",
    schedule=CronTriggerTimetable("0 * * * *", timezone="UTC"),
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    catchup=False,  # the pipeline knows where it stopped: one run catches up on all that were missed
    max_active_runs=1,
    default_args={
        "owner": "data-platform",
        "retries": 3,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": 2,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": timedelta(hours=2),
    },
    tags=["etl", NAME, "from-files", "to-delta"],
) as dag:
    RunPipeline(
        task_id="run",
        task_definition=NAME,  # image, secrets and the volume are there: docs/deployment.md
        cluster="{{ var.json.etl_fargate.cluster }}",
        launch_type="FARGATE",
        overrides={
            "cpu": "512",
            "memory": "1024",
            "containerOverrides": [
                {
                    "name": "pipeline",
                    "command": ["run"],
                    "environment": [
                        {"name": "DD_ENV", "value": ENVIRONMENT},
                        {"name": "DD_SERVICE", "value": NAME},
                    ],
                }
            ],
        },
        container_name="pipeline",
        awslogs_group=f"/ecs/{NAME}",
        awslogs_stream_prefix="pipeline/pipeline",
        propagate_tags="TASK_DEFINITION",
        reattach=True,
        waiter_delay=10,
        deferrable=False,
    )
