"""Parquet files with generated contents, written in every way that pyarrow, DuckDB and polars offer, and what they hold."""

import base64
import json
import math
import random
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

EPOCH = date(1970, 1, 1)
LIST = pa.list_(pa.int32())
DEEP = pa.list_(pa.list_(pa.string()))
STRUCT = pa.struct([("number", pa.int64()), ("names", pa.list_(pa.string())), ("inner", pa.struct([("flag", pa.bool_()), ("price", pa.decimal128(9, 2))]))])
MAP = pa.map_(pa.string(), pa.struct([("day", pa.date32()), ("at", pa.timestamp("us", "UTC"))]))

FLAT = {
    "flag": pa.bool_(), "tiny": pa.int8(), "small": pa.int16(), "medium": pa.int32(), "large": pa.int64(),
    "unsigned8": pa.uint8(), "unsigned16": pa.uint16(), "unsigned32": pa.uint32(), "unsigned64": pa.uint64(),
    "half": pa.float16(), "single": pa.float32(), "double": pa.float64(),
    "decimal5": pa.decimal128(5, 2), "decimal15": pa.decimal128(15, 3), "decimal38": pa.decimal128(38, 10),
    "text": pa.string(), "few": pa.string(), "bytes": pa.binary(), "fixed": pa.binary(5), "day": pa.date32(),
    "clock32": pa.time32("ms"), "clock64": pa.time64("us"), "nanoclock": pa.time64("ns"),
    "seconds": pa.timestamp("s"), "milliseconds": pa.timestamp("ms"), "microseconds": pa.timestamp("us", "UTC"), "nanoseconds": pa.timestamp("ns", "UTC"),
}
NESTED = {"list": LIST, "deep": DEEP, "struct": STRUCT, "map": MAP, "structs": pa.list_(STRUCT)}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def array(self, kind, rows):
        missing = self.random.choice([0, 0, 0.05, 0.5, 0.95, 1])
        narrow = self.random.random() < 0.5
        return pa.array([None if self.random.random() < missing else self.value(kind, narrow) for _ in range(rows)], kind)

    def value(self, kind, narrow=False):
        r = self.random
        if pa.types.is_boolean(kind):
            return r.random() < 0.5
        if pa.types.is_integer(kind):
            low, high = (0, 2**kind.bit_width - 1) if pa.types.is_unsigned_integer(kind) else (-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)
            return r.randint(0, 100) if narrow else r.choice([low, high, r.randint(low, high)])
        if pa.types.is_float16(kind):
            return r.randint(-2048, 2048) / 4
        if pa.types.is_floating(kind):
            return r.choice([0.0, -0.5, r.random(), r.gauss(0, 1e9), math.inf, -math.inf])
        if pa.types.is_decimal(kind):
            digits = r.randint(1, 3 if narrow else kind.precision)
            return Decimal(r.choice([-1, 1]) * r.randint(0, 10**digits - 1)).scaleb(-kind.scale)
        if pa.types.is_string(kind):
            return r.choice(["", "a", "Grüße 🎉", "kind %d" % r.randint(0, 9)]) if narrow else "text %d %s" % (r.randint(0, 10**6), "x" * r.choice([0, 3, 100]))
        if pa.types.is_fixed_size_binary(kind):
            return r.randbytes(kind.byte_width)
        if pa.types.is_binary(kind):
            return r.randbytes(r.choice([0, 1, 7, 200]))
        if pa.types.is_date(kind):
            return EPOCH + timedelta(days=r.randint(-700_000, 2_900_000))
        if pa.types.is_time(kind):
            return r.randint(0, {"ms": 86_399_999, "us": 86_399_999_999, "ns": 86_399_999_999}[kind.unit]) * (1000 if kind.unit == "ns" else 1)
        if pa.types.is_timestamp(kind):
            scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
            return r.randint(-(10**9) * scale, 4 * 10**9 * scale) // (1000 if kind.unit == "ns" else 1) * (1000 if kind.unit == "ns" else 1)
        if pa.types.is_map(kind):
            return [("key %d" % index, self.optional(kind.item_type)) for index in range(r.choice([0, 1, 3]))]
        if pa.types.is_list(kind):
            return [self.optional(kind.value_type) for _ in range(r.choice([0, 1, 2, 5]))]
        if pa.types.is_struct(kind):
            return {field.name: self.optional(field.type) for field in kind}
        raise TypeError(kind)

    def optional(self, kind):
        if pa.types.is_int64(kind):
            return self.random.choice([None, self.random.randint(-(2**50), 2**50)])
        return None if self.random.random() < 0.2 else self.value(kind)


def fraction(microseconds):
    if microseconds == 0:
        return ""
    return ".%03d" % (microseconds // 1000) if microseconds % 1000 == 0 else ".%06d" % microseconds


def printed(value, kind, nested=False):
    """A value of pyarrow's as the runtime has it in JSON."""
    if value is None:
        return None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [printed(item, kind.value_type, True) for item in value]
    if pa.types.is_map(kind):
        return {key: printed(item, kind.item_type, True) for key, item in value}
    if pa.types.is_struct(kind):
        return {field.name: printed(value[field.name], field.type, True) for field in kind}
    if pa.types.is_decimal(kind):
        return float(value) if nested else format(value, "f")
    if pa.types.is_uint64(kind):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S") + fraction(value.microsecond) + ("Z" if kind.tz else "")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M:%S") + fraction(value.microsecond)
    return value


def coarse(table):
    """Nanoseconds as microseconds: Python's own types have no more."""
    for index, field in enumerate(table.schema):
        if field.type in (pa.timestamp("ns", "UTC"), pa.timestamp("ns")):
            table = table.set_column(index, field.name, table.column(index).cast(pa.timestamp("us", field.type.tz)))
        if field.type == pa.time64("ns"):
            table = table.set_column(index, field.name, table.column(index).cast(pa.time64("us")))
    return table


ENCODINGS = {
    "medium": ["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"], "large": ["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"], "small": ["DELTA_BINARY_PACKED"],
    "unsigned64": ["DELTA_BINARY_PACKED"], "microseconds": ["DELTA_BINARY_PACKED"], "day": ["DELTA_BINARY_PACKED"],
    "text": ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"], "few": ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"],
    "bytes": ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"], "fixed": ["DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"], "decimal38": ["DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
    "single": ["BYTE_STREAM_SPLIT"], "double": ["BYTE_STREAM_SPLIT"], "half": ["BYTE_STREAM_SPLIT"], "flag": ["RLE"],
}


def options(r, columns):
    chosen = {
        "compression": r.choice(["none", "snappy", "zstd", "gzip", "brotli"]),
        "data_page_version": r.choice(["1.0", "2.0"]),
        "data_page_size": r.choice([100, 1000, 100_000, 1024 * 1024]),
        "write_batch_size": r.choice([1, 10, 1024]),
        "row_group_size": r.choice([7, 100, 1000, 10_000]),
        "write_page_checksum": r.random() < 0.5,
        "store_schema": r.random() < 0.5,
        "store_decimal_as_integer": r.random() < 0.5,
        "use_compliant_nested_type": r.random() < 0.5,
        "write_statistics": r.random() < 0.5,
        "version": r.choice(["2.4", "2.6"]),
    }
    if r.random() < 0.5:
        encodings = {name: r.choice(known) for name, known in ENCODINGS.items() if name in columns}
        return {**chosen, "use_dictionary": False, "column_encoding": encodings}
    return {**chosen, "use_dictionary": True, "dictionary_pagesize_limit": r.choice([50, 1000, 1024 * 1024])}


def write(folder, count):
    contents = {}
    duckdb.sql("set timezone = 'UTC'")

    def add(name, read=pq.read_table):
        table = coarse(read(f"{folder}/{name}.parquet"))
        contents[name] = [{field.name: printed(row[field.name], field.type) for field in table.schema} for row in table.to_pylist()]

    for seed in range(count):
        generator = Generator(seed)
        rows = generator.random.choice([0, 1, 9, 300, 3000])
        kinds = {**FLAT, **(NESTED if rows < 1000 else {})}
        table = pa.table({name: generator.array(kind, rows) for name, kind in kinds.items()})
        pq.write_table(table, f"{folder}/arrow-{seed}.parquet", **options(generator.random, kinds))
        add(f"arrow-{seed}")
        simple = table.drop(["half", "fixed", "nanoclock", "clock32", "decimal38"] + (["map"] if "map" in kinds else []))
        polars.from_arrow(simple).write_parquet(f"{folder}/polars-{seed}.parquet", compression=generator.random.choice(["uncompressed", "snappy", "gzip", "brotli", "zstd"]), row_group_size=generator.random.choice([10, 1000]), data_page_size=generator.random.choice([1000, 1024 * 1024]))
        add(f"polars-{seed}")
        view = table.drop(["half", "nanoclock"])
        duckdb.sql(f"copy view to '{folder}/duckdb-{seed}.parquet' (compression {generator.random.choice(['uncompressed', 'snappy', 'gzip', 'zstd'])}, parquet_version {generator.random.choice(['v1', 'v2'])}, row_group_size 2048)")
        # What DuckDB writes without values or with NULLs only, pyarrow cannot always read.
        add(f"duckdb-{seed}", lambda path: duckdb.sql(f"from '{path}'").to_arrow_table())
    return contents


def small(folder):
    """Files of a few kilobytes, whose every byte can be tried."""
    generator = Generator(7)
    flat = pa.table({name: pa.array([generator.value(kind), None, generator.value(kind, True)], kind) for name, kind in FLAT.items() if name in ("flag", "large", "half", "decimal15", "text", "bytes", "day", "nanoseconds")})
    nested = pa.table({name: pa.array([generator.value(NESTED[name]), None, generator.value(NESTED[name])], NESTED[name]) for name in ("list", "structs", "map")})
    delta = {name: known[0] for name, known in ENCODINGS.items() if name in flat.column_names}
    plain = {"compression": "none", "store_schema": False}
    pq.write_table(flat, f"{folder}/plain.parquet", **plain, use_dictionary=False)
    pq.write_table(flat, f"{folder}/version-2.parquet", **plain, data_page_version="2.0")
    pq.write_table(flat, f"{folder}/other-encodings.parquet", **plain, use_dictionary=False, column_encoding=delta)
    pq.write_table(flat, f"{folder}/snappy.parquet", compression="snappy", store_schema=False)
    pq.write_table(flat, f"{folder}/checksums.parquet", compression="zstd", store_schema=False, write_page_checksum=True)
    pq.write_table(nested, f"{folder}/nested.parquet", **plain)
    pq.write_table(nested, f"{folder}/nested-gzip.parquet", compression="gzip", store_schema=False, data_page_version="2.0")
    duckdb.sql(f"copy (select range::int id, case when range % 3 > 0 then 'text ' || range % 5 end as text, [range, null] list from range(20)) to '{folder}/duckdb.parquet'")
    polars.from_arrow(flat.select(["flag", "large", "text", "day"])).write_parquet(f"{folder}/polars.parquet", compression="zstd")


if sys.argv[1] == "generated":
    print(json.dumps(write(sys.argv[2], int(sys.argv[3]))))
else:
    small(sys.argv[2])
    print("[]")
