import { Property } from '../../columns/properties.ts';
import type { Records } from '../../columns/records.ts';
import type { Row } from '../../pipeline/batch.ts';
import { describeType, fieldNames, type TableSchema } from '../../schema/table-schema.ts';
import { CopyDecoder, type DecodedRows } from './copy-decoder.ts';
import { COPY_HEADER, copyData } from './copy-protocol.ts';
import { recordAt } from './record-at.ts';
import { fieldOf, type PostgresColumn } from './table-columns.ts';
import type { Wire } from './types.ts';

/** What the fields of binary COPY rows are. */
export interface RowForm {
  /** The same text, the same form: names, types and formats of the fields in their order. */
  readonly name: string;
  readonly schema: TableSchema;
  readonly wires: readonly Wire[];
}

export function rowForm(columns: readonly PostgresColumn[]): RowForm {
  const fields = columns.map(({ name, type, wire }) => [name, describeType(type), wire]);
  return {
    name: `PostgreSQL binary COPY ${JSON.stringify(fields)}`,
    schema: { fields: columns.map(fieldOf) },
    wires: columns.map(({ wire }) => wire),
  };
}

/**
 * Records as rows of PostgreSQL's binary COPY, one after the other: another PostgreSQL takes them as they are. They are
 * decoded only where a record is to be shown.
 */
export class RawRows implements Records {
  readonly columnar = false;
  readonly #form: RowForm;
  /** Row i is `bytes[offsets[i]]` up to `bytes[offsets[i + 1]]`; `offsets[0]` is not always 0. */
  readonly #offsets: Int32Array;
  readonly #bytes: Buffer;
  #rows: readonly Row[] | undefined;

  constructor(form: RowForm, offsets: Int32Array, bytes: Buffer) {
    this.#form = form;
    this.#offsets = offsets;
    this.#bytes = bytes;
  }

  get form(): string {
    return this.#form.name;
  }

  get length(): number {
    return this.#offsets.length - 1;
  }

  /** All rows as they are on the wire. */
  get bytes(): Buffer {
    return this.#bytesOf(0, this.length);
  }

  /** One row as columns. */
  decode(index: number): DecodedRows {
    const { schema, wires } = this.#form;
    const decoder = new CopyDecoder(schema, wires, 1);
    decoder.read(copyData(Buffer.concat([COPY_HEADER, this.#bytesOf(index, index + 1)])), 0);
    const decoded = decoder.finish();
    if (decoded === undefined) throw new RangeError(`There is no row ${index}.`);
    return decoded;
  }

  rows(): readonly Row[] {
    this.#rows ??= Array.from({ length: this.length }, (_, index) => recordAt(this.decode(index), 0));
    return this.#rows;
  }

  names(): readonly string[] {
    return fieldNames(this.#form.schema);
  }

  property(name: string): Property | undefined {
    if (!this.names().includes(name)) return undefined;
    return Property.fromValues(
      name,
      this.rows().map((row) => row[name]),
    );
  }

  inColumns(): readonly Property[] {
    return [];
  }

  columns(): undefined {
    return undefined;
  }

  slice(start: number, end: number): RawRows {
    return new RawRows(this.#form, this.#offsets.subarray(start, end + 1), this.#bytes);
  }

  take(indices: readonly number[]): RawRows {
    const parts = indices.map((index) => this.#bytesOf(index, index + 1));
    const offsets = new Int32Array(parts.length + 1);
    parts.forEach((part, index) => {
      offsets[index + 1] = (offsets[index] ?? 0) + part.length;
    });
    return new RawRows(this.#form, offsets, Buffer.concat(parts));
  }

  #bytesOf(start: number, end: number): Buffer {
    return this.#bytes.subarray(this.#offsets[start] ?? 0, this.#offsets[end] ?? 0);
  }
}
