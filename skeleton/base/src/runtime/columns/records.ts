import type { Columns } from './columns.ts';
import type { Property } from './properties.ts';

/** The records of a batch, in whichever form they came. */
export interface Records {
  /** Set where they are in a form that only their source and sink know, and that the sink asked for. */
  readonly form?: string;
  readonly length: number;
  /** Whether some of it may be in columns. */
  readonly columnar: boolean;
  /** The records as objects, made anew with each call where they are not held as such. */
  rows(): readonly unknown[];
  /** Names of the properties in their order; `undefined` where each record may have others. */
  names(): readonly string[] | undefined;
  /** One property of all records; `undefined` where none has it. Where a record has none its value is `undefined`. */
  property(name: string): Property | undefined;
  /** The properties that are still in columns. */
  inColumns(): readonly Property[];
  /** `undefined` where not all of the records is in columns. */
  columns(): Columns | undefined;
  /** Records `start` up to `end`. */
  slice(start: number, end: number): Records;
  /** The records at `indices`. */
  take(indices: readonly number[]): Records;
}
