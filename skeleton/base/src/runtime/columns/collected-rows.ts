import { columnFromTexts, joinTexts } from './column-from-texts.ts';
import { commonNames, makeRows, readProperty } from './make-rows.ts';
import { Properties, Property } from './properties.ts';
import type { Records } from './records.ts';
import { RowRecords, rowSource, sharedProperties } from './row-records.ts';

/** What is kept of rows that all have the same properties. */
interface Part {
  readonly names: readonly string[];
  /** By name; `undefined` where the rows have the values of the records that they were made of. */
  readonly changed: ReadonlyMap<string, Property | undefined>;
  /** For each row the index in the batch of the record that it was made of. */
  readonly origins: readonly number[];
}

/** Rows that have different properties, or come from nowhere in particular. */
interface LooseRows {
  readonly rows: readonly unknown[];
}

/**
 * Takes the rows that become of the records of a batch, part by part. All that is kept of them are the values that are
 * not in a column of the batch, texts as bytes, so that the objects of one part are gone before the next is made.
 */
export class CollectedRows {
  readonly #batch: Records;
  readonly #parts: (Part | LooseRows)[] = [];
  readonly #origins: (number | undefined)[] = [];

  /** @param batch all the records that rows are made of */
  constructor(batch: Records) {
    this.#batch = batch;
  }

  /** For each row the index in the batch of the record that it was made of, where that is known. */
  get origins(): readonly (number | undefined)[] {
    return this.#origins;
  }

  /**
   * @param rows what became of `records`, the part of the batch that begins at index `start`
   * @param origins for each row the index in `records` of the one that it was made of, where that is known
   */
  add(rows: readonly unknown[], records: Records, start: number, origins: readonly (number | undefined)[]): void {
    const known = origins.filter((origin) => origin !== undefined);
    const part = records.columnar && known.length === rows.length ? reduce(rows, records, known, start) : undefined;
    this.#parts.push(part ?? { rows });
    for (const origin of origins) this.#origins.push(origin === undefined ? undefined : start + origin);
  }

  /** @param changes for each of `records`, the part of the batch that begins at index `start`, its fields that are new or have other values */
  addChanges(changes: readonly object[], records: Records, start: number): void {
    const names = records.names();
    const changed = names && changedProperties(changes, records, names);
    const origins = changes.map((_, index) => start + index);
    if (names === undefined || changed === undefined) {
      const rows = records.rows();
      this.#parts.push({ rows: changes.map((change, index) => ({ ...Object(rows[index]), ...change })) });
    } else {
      this.#parts.push({ names: [...new Set([...names, ...changed.keys()])], changed, origins });
    }
    for (const origin of origins) this.#origins.push(origin);
  }

  /** All that was added. */
  records(): Records {
    const parts = this.#parts.filter((part) => 'names' in part);
    const names = parts[0]?.names ?? [];
    const alike = parts.every((part) => part.names.join('\0') === names.join('\0'));
    if (!alike || parts.length < this.#parts.length) return this.#loose();
    const origins = parts.flatMap((part) => part.origins);
    const inOrder = origins.length === this.#batch.length && origins.every((origin, index) => origin === index);
    const list = names.map((name) => {
      const changed = parts.some((part) => part.changed.get(name) !== undefined);
      const before = changed ? undefined : this.#batch.property(name);
      if (before === undefined) return this.#join(name, parts);
      return inOrder ? before : before.take(origins);
    });
    return new Properties(list, origins.length);
  }

  #join(name: string, parts: readonly Part[]): Property {
    const properties = parts.map((part) => this.#propertyOf(part, name));
    const texts = joinTexts(name, properties);
    if (texts !== undefined) return Property.fromColumn(texts, this.#origins.length);
    const values = new Array<unknown>(this.#origins.length);
    let index = 0;
    for (const property of properties) for (const value of property.values()) values[index++] = value;
    return Property.fromValues(name, values);
  }

  #propertyOf({ changed, origins }: Part, name: string): Property {
    return changed.get(name) ?? this.#batch.property(name)?.take(origins) ?? Property.fromValues(name, []);
  }

  #loose(): RowRecords {
    const rows = this.#parts.flatMap((part) => ('rows' in part ? part.rows : this.#rowsOf(part)));
    const origins = this.#origins.filter((origin) => origin !== undefined);
    if (origins.length < this.#origins.length) return new RowRecords(rows);
    return new RowRecords(rows, rowSource(this.#batch, origins));
  }

  #rowsOf(part: Part): unknown[] {
    const values = part.names.map((name) => this.#propertyOf(part, name).values());
    return makeRows(part.names, values, part.origins.length);
  }
}

/** @returns `undefined` where the rows differ in the properties that they have */
function reduce(
  rows: readonly unknown[],
  records: Records,
  origins: readonly number[],
  start: number,
): Part | undefined {
  const names = commonNames(rows);
  if (names === undefined) return undefined;
  const shared = new Set(sharedProperties(rowSource(records, origins), rows).map(({ name }) => name));
  const changed = names.map((name) => [name, shared.has(name) ? undefined : compact(name, rows)] as const);
  return { names, changed: new Map(changed), origins: origins.map((origin) => start + origin) };
}

/**
 * The values of each field that any of the records changes; one that a record leaves out it has from before.
 *
 * @param names of the fields that there were before
 * @returns `undefined` where only some of the records get a field that there was not before
 */
function changedProperties(
  changes: readonly object[],
  records: Records,
  names: readonly string[],
): ReadonlyMap<string, Property> | undefined {
  const common = commonNames(changes);
  if (common !== undefined) return new Map(common.map((name) => [name, compact(name, changes)]));
  const some = [...new Set(changes.flatMap((change) => Object.keys(change)))];
  if (some.some((name) => !names.includes(name))) return undefined;
  const whole = changes.map((change, index) => {
    const before = some.map((name) => [name, records.property(name)?.values()[index]]);
    return { ...Object.fromEntries(before), ...change };
  });
  return new Map(some.map((name) => [name, compact(name, whole)]));
}

/** The values of a property; texts become bytes, which the garbage collector need not look at. */
function compact(name: string, rows: readonly unknown[]): Property {
  const values = readProperty(rows, name);
  const texts = values.includes(undefined)
    ? undefined
    : columnFromTexts({ name, type: { kind: 'string' }, nullable: true }, values);
  return texts === undefined ? Property.fromValues(name, values) : Property.fromColumn(texts, values.length);
}
