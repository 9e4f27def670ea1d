"""What pyarrow and DuckDB see in a Parquet file, as JSON; and files as pyarrow and DuckDB write them."""

import base64
import json
import sys
import uuid
from datetime import date, datetime, time
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def text(value):
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime, time)):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, (date, uuid.UUID)):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(type(value))


def read(path):
    file = pq.ParquetFile(path, page_checksum_verification=True)
    table = file.read()
    table.validate(full=True)
    metadata = file.metadata
    duck = duckdb.connect()
    duck.sql("set timezone = 'UTC'")
    relation = duck.sql(f"select * from read_parquet('{path}')")
    columns = {}
    for index in range(metadata.num_columns):
        bounds = []
        for group in range(metadata.num_row_groups):
            statistics = metadata.row_group(group).column(index).statistics
            has = statistics is not None and statistics.has_min_max
            bounds.append({"nulls": statistics.null_count, **({"min": statistics.min, "max": statistics.max} if has else {})})
        columns[metadata.schema.column(index).name] = bounds
    return {
        "types": {field.name: str(field.type) for field in table.schema},
        "rows": table.to_pylist(),
        "duckTypes": dict(zip(relation.columns, map(str, relation.types))),
        "duckRows": [dict(zip(relation.columns, row)) for row in relation.fetchall()],
        "statistics": columns,
        "groups": metadata.num_row_groups,
    }


def sample():
    big = "12345678901234567890123456789012345.678"
    return pa.table(
        {
            "flag": pa.array([True, None, False]),
            "tiny": pa.array([127, None, -128], pa.int8()),
            "small": pa.array([32767, None, -32768], pa.int16()),
            "medium": pa.array([2**31 - 1, None, -(2**31)], pa.int32()),
            "large": pa.array([2**63 - 1, None, -(2**63)], pa.int64()),
            "unsigned8": pa.array([255, None, 0], pa.uint8()),
            "unsigned16": pa.array([65535, None, 0], pa.uint16()),
            "unsigned32": pa.array([2**32 - 1, None, 0], pa.uint32()),
            "unsigned64": pa.array([2**64 - 1, None, 0], pa.uint64()),
            "half": pa.array([1.5, None, -2.0], pa.float16()),
            "single": pa.array([1.5, None, -2.25], pa.float32()),
            "double": pa.array([0.1, None, -1e300], pa.float64()),
            "price4": pa.array([Decimal("1.23"), None, Decimal("-9999999.99")], pa.decimal128(9, 2)),
            "price": pa.array([Decimal("1.23"), None, Decimal("-0.01")], pa.decimal128(18, 2)),
            "huge": pa.array([Decimal(big), None, Decimal("-" + big)], pa.decimal128(38, 3)),
            "text": pa.array(["Grüße 🎉", None, ""]),
            "largeText": pa.array(["x" * 100_000, None, ""], pa.large_string()),
            "bytes": pa.array([b"\x00\xff", None, b""]),
            "fixed": pa.array([b"abc", None, b"\x00\x01\x02"], pa.binary(3)),
            "day": pa.array([date(9999, 12, 31), None, date(1969, 12, 31)]),
            "clock32": pa.array([time(23, 59, 59, 999000), None, time(0)], pa.time32("ms")),
            "clock64": pa.array([time(23, 59, 59, 999999), None, time(0)], pa.time64("us")),
            "milliseconds": pa.array([1, None, -1], pa.timestamp("ms")),
            "microseconds": pa.array([1, None, -1], pa.timestamp("us", tz="UTC")),
            "nanoseconds": pa.array([1001, None, -1], pa.timestamp("ns")),
            "list": pa.array([[1, None], None, []], pa.list_(pa.int32())),
            "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": None}]),
            "map": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int32())),
            "nothing": pa.array([None, None, None], pa.string()),
        }
    )


DELTA = {
    "tiny": "DELTA_BINARY_PACKED",
    "medium": "DELTA_BINARY_PACKED",
    "large": "DELTA_BINARY_PACKED",
    "unsigned64": "DELTA_BINARY_PACKED",
    "microseconds": "DELTA_BINARY_PACKED",
    "text": "DELTA_BYTE_ARRAY",
    "largeText": "DELTA_LENGTH_BYTE_ARRAY",
    "bytes": "DELTA_LENGTH_BYTE_ARRAY",
    "huge": "DELTA_BYTE_ARRAY",
    "single": "BYTE_STREAM_SPLIT",
    "double": "BYTE_STREAM_SPLIT",
    "price": "BYTE_STREAM_SPLIT",
    "flag": "RLE",
}

VARIANTS = {
    "snappy": {"compression": "snappy"},
    "zstd-version-2-pages": {"compression": "zstd", "data_page_version": "2.0"},
    "gzip-plain": {"compression": "gzip", "use_dictionary": False},
    "brotli": {"compression": "brotli"},
    "uncompressed": {"compression": "none"},
    "small-pages": {"compression": "zstd", "data_page_size": 1, "write_batch_size": 1, "row_group_size": 2},
    "other-encodings": {"use_dictionary": False, "column_encoding": DELTA},
    "other-encodings-version-2-pages": {"use_dictionary": False, "column_encoding": DELTA, "data_page_version": "2.0"},
    "old-timestamps": {"use_deprecated_int96_timestamps": True},
    "checksums": {"write_page_checksum": True},
}


def write(folder):
    table = sample()
    for name, options in VARIANTS.items():
        pq.write_table(table, f"{folder}/{name}.parquet", **options)
    many = pa.table({"id": pa.array(range(300_000), pa.int64()), "text": [f"text {n % 1000}" if n % 5 else None for n in range(300_000)]})
    pq.write_table(many, f"{folder}/many.parquet", row_group_size=250_000)
    pq.write_table(many, f"{folder}/lz4.parquet", compression="lz4")
    duckdb.sql(f"copy (select range::int id, 'text ' || range as text, range::decimal(20, 3) amount from range(200000)) to '{folder}/duckdb.parquet'")
    price = Decimal("12345678901234567890.123456789")
    exact = pa.table({"nested": pa.array([{"price": price, "ids": [2**63 - 1]}]), "far": pa.array([2**62], pa.timestamp("ms"))})
    pq.write_table(exact, f"{folder}/exact.parquet")
    pq.write_table(pa.table({}), f"{folder}/no-columns.parquet")
    return list(VARIANTS)


print(json.dumps({"read": read, "write": write}[sys.argv[1]](sys.argv[2]), default=text))
