import { readFile, writeFile } from 'node:fs/promises';
import { toJsonText } from '../../skeleton/base/src/runtime/columns/json-text.ts';
import { rowsFromColumns } from '../../skeleton/base/src/runtime/columns/rows.ts';
import { PipelineError } from '../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import type { TableSchema } from '../../skeleton/base/src/runtime/schema/table-schema.ts';
import { readParquet } from '../../skeleton/formats/parquet/src/runtime/formats/parquet/index.ts';

interface Contents {
  readonly schema: string;
  readonly records: string;
  readonly count: number;
}

interface Damage {
  readonly name: string;
  readonly inFooter: boolean;
  readonly bytes: Buffer;
}

export interface Harm {
  readonly cases: number;
  readonly refused: number;
  readonly unharmed: number;
  /** Damages after which other values came, another schema, or another number of records; and errors that are none of ours. */
  readonly otherValues: readonly string[];
  readonly otherSchema: readonly string[];
  readonly otherCount: readonly string[];
  readonly otherErrors: readonly string[];
}

/** The file is cut after every so many bytes. */
const CUT = 5;

/** Reads a file again and again: each byte flipped in one bit or in all, or its end cut off. `path` is written over. */
export async function damageEverywhere(path: string): Promise<Harm> {
  const original = await readFile(path);
  const wanted = await readContents(path);
  const harm = {
    cases: 0,
    refused: 0,
    unharmed: 0,
    otherValues: [] as string[],
    otherSchema: [] as string[],
    otherCount: [] as string[],
    otherErrors: [] as string[],
  };
  for (const { name, inFooter, bytes } of damages(original)) {
    await writeFile(path, bytes);
    harm.cases++;
    try {
      const found = await readContents(path);
      if (found.count !== wanted.count) harm.otherCount.push(name);
      else if (found.schema !== wanted.schema) harm.otherSchema.push(name);
      else if (found.records === wanted.records) harm.unharmed++;
      else harm.otherValues.push(inFooter ? `footer ${name}` : name);
    } catch (error) {
      if (isRefusal(error, path)) harm.refused++;
      else harm.otherErrors.push(`${name}: ${String(error)}`);
    }
  }
  await writeFile(path, original);
  return harm;
}

/** An error that names the file and the byte. */
function isRefusal(error: unknown, path: string): boolean {
  return (
    error instanceof PipelineError &&
    error.code === 'UNREADABLE' &&
    error.where.file === path &&
    typeof error.where.offset === 'number' &&
    error.hint !== undefined
  );
}

async function readContents(path: string): Promise<Contents> {
  const records: string[] = [];
  let schema: TableSchema | undefined;
  let count = 0;
  for await (const { columns } of readParquet(path)) {
    schema = columns.schema;
    records.push(toJsonText(rowsFromColumns(columns)));
    count += columns.length;
  }
  return { schema: JSON.stringify(schema), records: records.join('\n'), count };
}

function* damages(original: Buffer): Generator<Damage> {
  const footer = original.length - 8 - original.readUInt32LE(original.length - 8);
  for (const position of original.keys()) {
    const mask = position % 3 === 0 ? 255 : 1 << (position % 8);
    const bytes = Buffer.from(original);
    bytes.writeUInt8(bytes.readUInt8(position) ^ mask, position);
    yield { name: `byte ${position} ^ ${mask}`, inFooter: position >= footer, bytes };
  }
  for (let length = 0; length < original.length; length += CUT) {
    yield { name: `cut at ${length}`, inFooter: true, bytes: original.subarray(0, length) };
  }
}
