import { CollectedProperty } from './collected-property.ts';
import { commonNames, readProperty } from './make-rows.ts';
import { Properties, Property } from './properties.ts';
import type { Records } from './records.ts';
import { RowRecords, rowSource, sharedProperties } from './row-records.ts';

/**
 * Takes the rows that become of the records of a batch, part by part. All that is kept of them are the values that are
 * not in a column of the batch, texts as bytes, so that the objects of one part are gone before the next is made.
 */
export class CollectedRows {
  readonly #batch: Records;
  #length = 0;
  /** `undefined`: as many as the batch's first records, in their order. */
  #origins: (number | undefined)[] | undefined;
  /** Of the properties that all rows have. */
  #names: readonly string[] | undefined;
  /** Properties of which some row has another value than the record that it was made of. */
  readonly #changed = new Map<string, CollectedProperty>();
  /** All rows, where they have different properties, or come from nowhere in particular. */
  #rows: unknown[] | undefined;

  /** @param batch all the records that rows are made of */
  constructor(batch: Records) {
    this.#batch = batch;
  }

  /** For each row the index in the batch of the record that it was made of, where that is known; `undefined`: its own. */
  get origins(): readonly (number | undefined)[] | undefined {
    return this.#origins;
  }

  /**
   * @param rows what became of `records`, the part of the batch that begins at index `start`
   * @param origins for each row the index in `records` of the one that it was made of, where that is known; left out,
   *   its own
   */
  add(rows: readonly unknown[], records: Records, start: number, origins?: readonly (number | undefined)[]): void {
    if (rows.length === 0) return;
    const known = origins?.filter((origin) => origin !== undefined);
    const isKnown = known === undefined || known.length === rows.length;
    const names = records.columnar && isKnown ? commonNames(rows) : undefined;
    if (names === undefined || !this.#have(names)) {
      this.#addRows(rows);
    } else {
      const shared = new Set(sharedProperties(rowSource(records, known), rows).map(({ name }) => name));
      const others = names.filter((name) => !shared.has(name));
      this.#addValues(new Map(others.map((name) => [name, readProperty(rows, name)])), records, known);
    }
    this.#addOrigins(start, rows.length, origins);
  }

  /** @param changes for each of `records`, the part of the batch that begins at index `start`, its fields that are new or have other values */
  addChanges(changes: readonly object[], records: Records, start: number): void {
    const changed = changedValues(changes, records);
    if (changed === undefined || !this.#have(changed.names)) {
      const rows = records.rows();
      this.#addRows(changes.map((change, index) => ({ ...Object(rows[index]), ...change })));
    } else {
      this.#addValues(changed.values, records);
    }
    this.#addOrigins(start, changes.length);
  }

  /** All that was added. */
  records(): Records {
    if (this.#rows !== undefined) return this.#loose(this.#rows);
    const list = (this.#names ?? []).map((name) => this.#changed.get(name)?.property() ?? this.#unchanged(name));
    return new Properties(list, this.#length);
  }

  /** Whether these are the properties that all rows so far have. */
  #have(names: readonly string[]): boolean {
    if (this.#rows !== undefined) return false;
    this.#names ??= names;
    return this.#names.length === names.length && this.#names.every((name, index) => name === names[index]);
  }

  /** @param values of the properties that are not those of the records that the rows were made of */
  #addValues(values: ReadonlyMap<string, readonly unknown[]>, records: Records, origins?: readonly number[]): void {
    for (const name of values.keys()) {
      if (!this.#changed.has(name)) this.#changed.set(name, this.#collect(name));
    }
    for (const [name, collected] of this.#changed) {
      collected.append(values.get(name) ?? valuesBefore(records, name, origins));
    }
  }

  #collect(name: string): CollectedProperty {
    const collected = new CollectedProperty(name, this.#batch.length);
    if (this.#length > 0) collected.append(this.#unchanged(name).values());
    return collected;
  }

  /** Of the records that the rows so far were made of. */
  #unchanged(name: string): Property {
    const before = this.#batch.property(name) ?? Property.fromValues(name, []);
    if (this.#origins !== undefined) return before.take(this.#origins.filter((origin) => origin !== undefined));
    return this.#length === this.#batch.length ? before : before.slice(0, this.#length);
  }

  #addRows(rows: readonly unknown[]): void {
    this.#rows ??= [...this.records().rows()];
    for (const row of rows) this.#rows.push(row);
    this.#changed.clear();
  }

  #addOrigins(start: number, count: number, origins?: readonly (number | undefined)[]): void {
    if (this.#origins !== undefined || origins !== undefined || start !== this.#length) {
      this.#origins ??= indices(this.#length);
      for (const origin of origins ?? indices(count)) {
        this.#origins.push(origin === undefined ? undefined : start + origin);
      }
    }
    this.#length += count;
  }

  #loose(rows: readonly unknown[]): RowRecords {
    const origins = this.#origins ?? indices(this.#length);
    const known = origins.filter((origin) => origin !== undefined);
    return new RowRecords(rows, known.length === rows.length ? rowSource(this.#batch, known) : undefined);
  }
}

function valuesBefore(records: Records, name: string, origins?: readonly number[]): readonly unknown[] {
  const property = records.property(name);
  return (origins === undefined ? property : property?.take(origins))?.values() ?? [];
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/**
 * The values of each field that any of the records changes, and the names of all fields that there are then. What a record
 * does not change it has from before.
 *
 * @returns `undefined` where only some of the records get a field that there was not before
 */
function changedValues(
  changes: readonly object[],
  records: Records,
): { names: readonly string[]; values: ReadonlyMap<string, readonly unknown[]> } | undefined {
  const before = records.names();
  if (before === undefined) return undefined;
  const common = commonNames(changes);
  const changed = common ?? [...new Set(changes.flatMap((change) => Object.keys(change)))];
  if (common === undefined && changed.some((name) => !before.includes(name))) return undefined;
  const whole =
    common === undefined ? changes.map((change, index) => complete(change, changed, records, index)) : changes;
  return {
    names: [...new Set([...before, ...changed])],
    values: new Map(changed.map((name) => [name, readProperty(whole, name)])),
  };
}

/** With all fields of `names`, of which record `index` of `records` has those that are not changed. */
function complete(change: object, names: readonly string[], records: Records, index: number): object {
  const before = names.map((name) => [name, records.property(name)?.values()[index]]);
  return { ...Object.fromEntries(before), ...change };
}
