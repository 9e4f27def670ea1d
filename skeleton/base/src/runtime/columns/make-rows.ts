/**
 * Loops over rows, written out once for each list of names: all rows share one shape, and each place in the code sees one
 * property only, which is several times faster than assigning and reading properties by name.
 */

type MakeRows = (values: readonly (readonly unknown[])[], length: number) => unknown[];
type ReadProperty = (rows: readonly unknown[]) => unknown[];
type HaveNames = (rows: readonly unknown[]) => boolean;
type CompareRows = (
  rows: readonly unknown[],
  known: readonly (readonly unknown[])[],
  indices?: Int32Array,
) => boolean[];

/** Puts `length` values of each property together to objects. The caller names their type. */
export function makeRows<T>(names: readonly string[], values: readonly (readonly unknown[])[], length: number): T[] {
  const make = compiled('make', names, (): MakeRows => {
    const properties = names.map((name, column) => `${keyOf(name)}: v${column}[i]`);
    const body = `${names.map((_, column) => `const v${column} = values[${column}];`).join('')}
      const rows = new Array(length);
      for (let i = 0; i < length; i++) rows[i] = { ${properties.join(', ')} };
      return rows;`;
    return new Function('values', 'length', body) as MakeRows;
  });
  return make(values, length) as T[];
}

/** The values of one property; `undefined` for rows that do not have it. */
export function readProperty(rows: readonly unknown[], name: string): unknown[] {
  const read = compiled('read', [name], (): ReadProperty => {
    const body = `const values = new Array(rows.length);
      for (let i = 0; i < rows.length; i++) values[i] = rows[i][${JSON.stringify(name)}];
      return values;`;
    return new Function('rows', body) as ReadProperty;
  });
  return read(rows);
}

/** The names of the properties of plain objects, where all have the same in the same order. */
export function commonNames(rows: readonly unknown[]): readonly string[] | undefined {
  const names = Object.keys(rows[0] ?? {});
  const haveNames = compiled('names', names, (): HaveNames => {
    const body = `const names = ${JSON.stringify(names)};
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i];
        if (Object.getPrototypeOf(row) !== Object.prototype) return false;
        let n = 0;
        for (const name in row) if (name !== names[n++]) return false;
        if (n !== names.length) return false;
      }
      return true;`;
    return new Function('rows', body) as HaveNames;
  });
  return haveNames(rows) ? names : undefined;
}

/**
 * Compares properties of rows with known values, row by row, so that each one is fetched once.
 *
 * @param known values of each name
 * @param indices of the values that each row is compared with; left out, they are in the same order
 * @returns for each name, whether all values are the same
 */
export function compareRows(
  rows: readonly unknown[],
  names: readonly string[],
  known: readonly (readonly unknown[])[],
  indices?: Int32Array,
): boolean[] {
  const compare = compiled('compare', names, (): CompareRows => {
    const tests = names.map(
      (name, column) =>
        `if (s${column} && !Object.is(row[${JSON.stringify(name)}], k${column}[o])) s${column} = false;`,
    );
    const body = `${names.map((_, column) => `const k${column} = known[${column}]; let s${column} = true;`).join('')}
      for (let i = 0; i < rows.length; i++) { const row = rows[i], o = indices === undefined ? i : indices[i]; ${tests.join('\n')} }
      return [${names.map((_, column) => `s${column}`).join(', ')}];`;
    return new Function('rows', 'known', 'indices', body) as CompareRows;
  });
  return compare(rows, known, indices);
}

/** In a literal, this key alone would be the prototype. */
function keyOf(name: string): string {
  return name === '__proto__' ? `['__proto__']` : JSON.stringify(name);
}

const functions = new Map<string, unknown>();

function compiled<T>(purpose: string, names: readonly string[], compile: () => T): T {
  const key = JSON.stringify([purpose, ...names]);
  const known = functions.get(key) ?? compile();
  functions.set(key, known);
  return known as T;
}
