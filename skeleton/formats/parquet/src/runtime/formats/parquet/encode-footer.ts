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
import type { TableSchema } from '../../schema/table-schema.ts';
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
  /** In the order of the schema. */
  readonly columns: readonly ColumnMetaData[];
  readonly rows: number;
  /** Where it begins in the file. */
  readonly start: number;
  /** Bytes in the file. */
  readonly size: number;
}

/**
 * A row group as the footer will describe it. With hundreds of columns that takes milliseconds: the whole footer at once
 * would hold the event loop up.
 */
export function encodeRowGroup({ fields }: TableSchema, { columns, rows, start, size }: RowGroupDescription): Buffer {
  return encodeStruct({
    field_1: columns.map((column, index) => {
      const field = fields[index];
      if (field === undefined) throw new RangeError('There are more columns than the schema has fields.');
      return {
        field_2: column.dictionary_page_offset ?? column.data_page_offset,
        field_3: columnFields(column, toSchemaElement(field)),
      };
    }),
    field_2: columns.reduce((sum, { total_uncompressed_size }) => sum + total_uncompressed_size, 0n),
    field_3: BigInt(rows),
    field_5: BigInt(start),
    field_6: BigInt(size),
  });
}

/** @param groups as `encodeRowGroup` gives them */
export function encodeFooter(schema: TableSchema, rows: number, groups: readonly Buffer[]): Buffer {
  const elements = toSchemaElements(schema);
  const before = encodeStruct({
    field_1: FORMAT_VERSION,
    field_2: elements.map(elementFields),
    field_3: BigInt(rows),
  });
  // A field is numbered by its distance from the last one: these become 5 to 7 behind the list of row groups.
  const behind = encodeStruct({
    field_1: [{ field_1: CHECKSUM_ENTRY.key, field_2: CHECKSUM_ENTRY.value }],
    field_2: CREATED_BY,
    field_3: schema.fields.map(() => ({ field_1: {} })),
  });
  const footer = Buffer.concat([before.subarray(0, -1), groupsHeader(groups.length), ...groups, behind]);
  sealFooter(footer);
  return footer;
}

/** An object in Thrift's compact protocol, its keys being the numbers of the fields in Parquet's `parquet.thrift`. */
function encodeStruct(fields: Readonly<Record<`field_${number}`, unknown>>): Buffer {
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, fields);
  return Buffer.from(writer.getBytes());
}

function groupsHeader(count: number): Buffer {
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
