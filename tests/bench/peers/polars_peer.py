"""Moves one table with polars: engine (connectorx or adbc), source kind, source, sink kind, sink."""

import os
import sys

import polars as pl

engine, source_kind, source, sink_kind, sink = sys.argv[1:]
url = os.environ["DATABASE_URL"]

if source_kind == "ndjson":
    pl.scan_ndjson(source).sink_parquet(sink)
    sys.exit()

if source_kind == "table":
    frame = pl.read_database_uri(f"SELECT * FROM {source}", url, engine=engine)
elif source_kind == "csv":
    frame = pl.read_csv(source, try_parse_dates=True)
else:
    frame = pl.read_parquet(source)

if sink_kind == "table":
    frame.write_database(sink, url, engine="adbc", if_table_exists="replace")
elif sink_kind == "parquet":
    frame.write_parquet(sink)
else:
    frame.write_delta(sink)
