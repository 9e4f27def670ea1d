"""What the reference reader deltalake sees in a Delta table, as JSON; and what it writes there."""

import json
import os
import sys
from datetime import date, datetime

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake


def text(value):
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def read(path, options):
    table = DeltaTable(path, version=options.get("version"))
    filters = [tuple(part) for part in options.get("where", [])] or None
    rows = table.to_pyarrow_table(filters=filters).to_pylist()
    partitions = [tuple(part) for part in options.get("partitions", [])] or None
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    protocol = table.protocol()
    return {
        "version": table.version(),
        "schema": json.loads(table.schema().to_json())["fields"],
        "partitionColumns": table.metadata().partition_columns,
        "protocol": [protocol.min_reader_version, protocol.min_writer_version, protocol.reader_features or []],
        "rows": sorted(rows, key=lambda row: row[options.get("sort", "id")]),
        "files": table.file_uris(partitions),
        "actions": sorted(actions, key=lambda action: action["path"]),
        "history": [entry["operation"] for entry in table.history()],
    }


def ids(_path, options):
    def of(path):
        return sorted(DeltaTable(path).to_pyarrow_table(columns=["id"])["id"].to_pylist())

    return {path: of(path) for path in options["paths"]}


def append(path, options):
    table = DeltaTable(path)
    schema = pa.schema(table.schema().to_arrow())
    write_deltalake(table, pa.Table.from_pylist(options["rows"], schema=schema), mode="append")
    return {"version": DeltaTable(path).version()}


def create(path, options):
    write_deltalake(path, pa.Table.from_pylist(options["rows"]))
    return {"version": DeltaTable(path).version()}


def checkpoint(path, _options):
    DeltaTable(path).create_checkpoint()
    return {}


def vacuum(path, _options):
    removed = DeltaTable(path).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    return {"removed": removed}


def constrain(path, options):
    DeltaTable(path).alter.add_constraint(options["constraints"])
    return {}


command, path, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
result = {f.__name__: f for f in (read, ids, append, create, checkpoint, vacuum, constrain)}[command](path, options)
json.dump(result, sys.stdout, default=text)
sys.stdout.flush()
# Threads of the libraries that still run can abort an ordinary end of the interpreter.
os._exit(0)
