"""Fingerprints of relations, of which two have the same exactly when they hold the same rows, in whatever order.

Reads {"postgresScanner", "url", "relation": {"kind", "location"}, "changes": {column: SQL}, "columns": {column: kind}}
from the standard input, and prints {"rows", "whole", "columns": {column: {"type", "kind", "hash", "missing"}}}.
Without "columns" all columns are taken, and their kinds follow from their types.

A value is brought to the one form of its kind before it is hashed, because systems differ in types, not in values:
numbers are DECIMAL(38, 9), floats DOUBLE, dates and times TIMESTAMP in UTC. What cannot be brought to it counts as
NULL. A column's hash is the sum of 64-bit hashes of its values; "whole" is the sum of the hashes of all rows, so that
values which have changed places between rows are found too.
"""

import json
import sys

import duckdb

KINDS = {
    "number": "DECIMAL(38, 9)",
    "float": "DOUBLE",
    "instant": "TIMESTAMP",
    "boolean": "BOOLEAN",
    "text": "VARCHAR",
}


def kind_of(type_name: str) -> str:
    if type_name.startswith(("DATE", "TIMESTAMP")):
        return "instant"
    if type_name in ("DOUBLE", "FLOAT"):
        return "float"
    if type_name.endswith("INT") or type_name.startswith(("DECIMAL", "INTEGER")):
        return "number"
    return "boolean" if type_name == "BOOLEAN" else "text"


def relation_of(kind: str, location: str) -> str:
    if kind == "table":
        return f"server.{location}"
    if kind == "delta":
        from deltalake import DeltaTable

        return f"read_parquet({DeltaTable(location).file_uris()})"
    return f"read_parquet('{location}/**/*.parquet')"


request = json.load(sys.stdin)
connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
connection.execute(f"LOAD '{request['postgresScanner']}'")
connection.execute(f"ATTACH '{request['url']}' AS server (TYPE postgres, READ_ONLY)")
relation = relation_of(**request["relation"])

types = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
kinds = request.get("columns") or {name: kind_of(type_name) for name, type_name in types.items()}
found = {name: kind for name, kind in kinds.items() if name in types}
values = ", ".join(
    f'TRY_CAST({request["changes"].get(name, chr(34) + name + chr(34))} AS {KINDS[kind]}) AS "{name}"'
    for name, kind in found.items()
)
figures = ", ".join(
    f'coalesce(sum(hash("{name}")) FILTER ("{name}" IS NOT NULL), 0), count(*) - count("{name}")' for name in found
)
names = ", ".join(f'"{name}"' for name in found)
row = connection.execute(
    f"SELECT count(*), coalesce(sum(hash({names})), 0), {figures} FROM (SELECT {values} FROM {relation})"
).fetchone()
columns = {
    name: {
        "type": types[name],
        "kind": kind,
        "hash": str(row[2 + 2 * index]),
        "missing": row[3 + 2 * index],
    }
    for index, (name, kind) in enumerate(found.items())
}
print(json.dumps({"rows": row[0], "whole": str(row[1]), "columns": columns}))
