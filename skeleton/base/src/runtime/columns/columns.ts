import { fieldNames, type TableSchema } from '../schema/table-schema.ts';
import { allocateColumn, type Column, sliceColumn, takeFromColumn } from './column.ts';

/** Readers reserve for what they have in hand, a chunk of the network say, before they know how much of it is text. */
const SPARE_BYTES = 65_536;

/** A bounded group of records stored column by column: the fast view of a batch. */
export class Columns {
  readonly schema: TableSchema;
  readonly columns: readonly Column[];
  /** Records that are filled in; a reader that fills the columns in place counts this up. */
  length: number;

  constructor(schema: TableSchema, columns: readonly Column[], length: number) {
    this.schema = schema;
    this.columns = columns;
    this.length = length;
  }

  /** Empty columns with room for `capacity` records. */
  static allocate(schema: TableSchema, capacity: number): Columns {
    const columns = schema.fields.map((field) => allocateColumn(field, capacity));
    return new Columns(schema, columns, 0);
  }

  /** Empty columns of the same schema for the next records of a stream: with room for a tenth more text than these hold. */
  next(capacity: number): Columns {
    const columns = this.columns.map((column) => {
      const used = column.storage === 'bytes' ? (column.offsets[this.length] ?? 0) - (column.offsets[0] ?? 0) : 0;
      return allocateColumn(column.field, capacity, Math.ceil(1.1 * used) + SPARE_BYTES);
    });
    return new Columns(this.schema, columns, 0);
  }

  /** Makes room for other records in the same memory: nobody may read these any more. */
  clear(): void {
    this.length = 0;
    for (const column of this.columns) {
      // Readers pass over NULLs and rely on the zero that lies there.
      if (column.valid !== undefined && column.storage !== 'bytes') column.values.fill(0);
    }
  }

  /** Bytes that the values take in memory. */
  get byteLength(): number {
    let size = 0;
    for (const column of this.columns) {
      if (column.storage === 'int32') size += 4 * this.length;
      else if (column.storage !== 'bytes') size += 8 * this.length;
      else size += 4 * this.length + (column.offsets[this.length] ?? 0) - (column.offsets[0] ?? 0);
    }
    return size;
  }

  column(name: string): Column {
    const column = this.columns.find((candidate) => candidate.field.name === name);
    if (column === undefined) {
      throw new RangeError(`No column ${name}; there are ${fieldNames(this.schema).join(', ')}.`);
    }
    return column;
  }

  /** Records `start` up to `end`, without copying. */
  slice(start: number, end: number): Columns {
    if (start === 0 && end === this.length) return this;
    return new Columns(
      this.schema,
      this.columns.map((column) => sliceColumn(column, start, end)),
      end - start,
    );
  }

  /** The records at `indices`, copied. */
  take(indices: readonly number[]): Columns {
    return new Columns(
      this.schema,
      this.columns.map((column) => takeFromColumn(column, indices)),
      indices.length,
    );
  }

  /** The named columns in that order, without copying. */
  select(names: readonly string[]): Columns {
    const columns = names.map((name) => this.column(name));
    return new Columns({ fields: columns.map((column) => column.field) }, columns, this.length);
  }
}
