"""Moves one table with DuckDB: source kind, source, sink kind, sink; the server in DATABASE_URL."""

import os
import sys
from pathlib import Path

import duckdb
import duckdb_extension_postgres_scanner

source_kind, source, sink_kind, sink = sys.argv[1:]


def postgres_scanner() -> str:
    folder = Path(duckdb_extension_postgres_scanner.__file__).parent
    return str(next(folder.rglob("*.duckdb_extension")))


connection = duckdb.connect()
connection.execute(f"LOAD '{postgres_scanner()}'")
connection.execute(f"ATTACH '{os.environ['DATABASE_URL']}' AS server (TYPE postgres)")
relation = {
    "table": f"server.{source}",
    "csv": f"read_csv('{source}')",
    "ndjson": f"read_json('{source}', format = 'newline_delimited')",
    "parquet": f"read_parquet('{source}')",
}[source_kind]
if sink_kind == "table":
    connection.execute(f"CREATE TABLE server.{sink} AS SELECT * FROM {relation}")
else:
    options = "FORMAT json" if sink_kind == "ndjson" else "FORMAT parquet, COMPRESSION zstd"
    connection.execute(f"COPY (SELECT * FROM {relation}) TO '{sink}' ({options})")
