import type { ColumnMetaData, SchemaElement } from 'hyparquet';
import {
  CompressionCodecs,
  ConvertedTypes,
  Encodings,
  FieldRepetitionTypes,
  ParquetTypes,
} from 'hyparquet/src/constants.js';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { logicalType } from 'hyparquet-writer/src/metadata.js';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { unconvertStatistics } from 'hyparquet-writer/src/unconvert.js';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import { CHECKSUM_ENTRY, sealFooter } from './footer-checksum.ts';
import { toSchemaElement, toSchemaElements } from './schema-elements.ts';

const FORMAT_VERSION = 2;
const CREATED_BY = 'etl-pipeline version 1.0.0';
/** Longer minima and maxima of text are cut in the footer (and marked so), as other writers do. */
const STATISTICS_BYTES = 64;
/** A field whose number is one more than that of the last field, and which is a list. */
const NEXT_FIELD_IS_LIST = 0x19;
/** The longest list whose header is one byte. */
const SHORT_LIST = 14;
const STRUCT = 12;

export interface RowGroupDescription {
  readonly rows: number;
  /** Where it begins in the file. */
  readonly start: number;
  /** Bytes in the file. */
  readonly size: number;
  /** Bytes of its pages before they were compressed. */
  readonly uncompressedSize: number;
}

/** A column chunk as the footer will describe it. */
export function encodeColumn(column: ColumnMetaData, field: Field): Buffer {
  return encodeStruct({
    field_2: column.dictionary_page_offset ?? column.data_page_offset,
    field_3: columnFields(column, toSchemaElement(field)),
  });
}

/** @param columns as `encodeColumn` gives them, in the order of the schema */
export function encodeRowGroup(columns: readonly Buffer[], description: RowGroupDescription): Buffer {
  const { rows, start, size, uncompressedSize } = description;
  // A field is numbered by its distance from the last one: these become 2, 3, 5 and 6 behind the list of columns.
  const behind = encodeStruct({
    field_1: BigInt(uncompressedSize),
    field_2: BigInt(rows),
    field_4: BigInt(start),
    field_5: BigInt(size),
  });
  return Buffer.concat([listHeader(columns.length), ...columns, behind]);
}

/** @param groups as `encodeRowGroup` gives them */
export function encodeFooter(schema: TableSchema, rows: number, groups: readonly Buffer[]): Buffer {
  const before = encodeStruct({
    field_1: FORMAT_VERSION,
    field_2: toSchemaElements(schema).map(elementFields),
    field_3: BigInt(rows),
  });
  // 5 to 7 behind the list of row groups.
  const behind = encodeStruct({
    field_1: [{ field_1: CHECKSUM_ENTRY.key, field_2: CHECKSUM_ENTRY.value }],
    field_2: CREATED_BY,
    field_3: schema.fields.map(() => ({ field_1: {} })),
  });
  const footer = Buffer.concat([before.subarray(0, -1), listHeader(groups.length), ...groups, behind]);
  sealFooter(footer);
  return footer;
}

/** An object in Thrift's compact protocol, its keys being the numbers of the fields in Parquet's `parquet.thrift`. */
function encodeStruct(fields: Readonly<Record<`field_${number}`, unknown>>): Buffer {
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, fields);
  return Buffer.from(writer.getBytes());
}

/** Begins a field that is a list of structs. */
function listHeader(count: number): Buffer {
  const writer = new ByteWriter();
  writer.appendUint8(NEXT_FIELD_IS_LIST);
  writer.appendUint8((Math.min(count, SHORT_LIST + 1) << 4) | STRUCT);
  if (count > SHORT_LIST) writer.appendVarInt(count);
  return Buffer.from(writer.getBytes());
}

function elementFields(element: SchemaElement) {
  const { type, repetition_type, converted_type } = element;
  return {
    field_1: type && ParquetTypes.indexOf(type),
    field_2: element.type_length,
    field_3: repetition_type && FieldRepetitionTypes.indexOf(repetition_type),
    field_4: element.name,
    field_5: element.num_children,
    field_6: converted_type && ConvertedTypes.indexOf(converted_type),
    field_7: element.scale,
    field_8: element.precision,
    field_10: logicalType(element.logical_type),
  };
}

function columnFields(column: ColumnMetaData, element: SchemaElement) {
  return {
    field_1: ParquetTypes.indexOf(column.type),
    field_2: column.encodings.map((encoding) => Encodings.indexOf(encoding)),
    field_3: column.path_in_schema,
    field_4: CompressionCodecs.indexOf(column.codec),
    field_5: column.num_values,
    field_6: column.total_uncompressed_size,
    field_7: column.total_compressed_size,
    field_9: column.data_page_offset,
    field_11: column.dictionary_page_offset,
    field_12: column.statistics && unconvertStatistics(column.statistics, element, STATISTICS_BYTES),
  };
}
