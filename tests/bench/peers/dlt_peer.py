"""Moves one table with dlt: way (default or best), source kind, source, sink kind, sink; its own files in WORK_FOLDER.

"default" is what its documentation shows first. "best" takes the backend that was fastest for the route, and has
dlt hand over Arrow tables instead of Python objects.
"""

import os
import sys

import dlt
from dlt.sources.filesystem import filesystem, read_csv, read_jsonl, read_parquet
from dlt.sources.sql_database import sql_table

way, source_kind, source, sink_kind, sink = sys.argv[1:]
url = os.environ["DATABASE_URL"]
work_folder = os.environ["WORK_FOLDER"]
best = way == "best"


def from_table():
    schema, table = source.split(".")
    backend = "sqlalchemy" if not best else "pyarrow" if sink_kind == "table" else "connectorx"
    return sql_table(
        credentials=url.replace("postgres://", "postgresql+psycopg2://"),
        schema=schema,
        table=table,
        backend=backend,
        reflection_level="full_with_precision",
    )


@dlt.resource
def arrow_batches():
    if source_kind == "parquet":
        import pyarrow.parquet

        yield from pyarrow.parquet.ParquetFile(source).iter_batches(100_000)
    elif source_kind == "csv":
        import pyarrow.csv

        yield from pyarrow.csv.open_csv(source)
    else:
        import pyarrow.json

        yield pyarrow.json.read_json(source)


def from_file():
    if best:
        return arrow_batches
    reader = {"csv": read_csv, "parquet": read_parquet, "ndjson": read_jsonl}[source_kind]
    folder, name = os.path.split(source)
    return filesystem(bucket_url=f"file://{folder}", file_glob=name) | reader()


data = from_table() if source_kind == "table" else from_file()
if sink_kind == "table":
    dataset, name = sink.split(".")
    destination = dlt.destinations.postgres(credentials=url.replace("postgres://", "postgresql://"))
    options = {"loader_file_format": "csv"} if best else {}
else:
    folder, dataset, name = sink.rsplit("/", 2)
    destination = dlt.destinations.filesystem(bucket_url=f"file://{folder}")
    options = {"loader_file_format": "parquet"} | ({"table_format": "delta"} if sink_kind == "delta" else {})

pipeline = dlt.pipeline("benchmark", destination=destination, dataset_name=dataset, pipelines_dir=work_folder)
pipeline.run(data.with_name(name), table_name=name, write_disposition="replace", **options)
