import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { createTable, type DataSet } from './data-sets/data-set.ts';
import type { Source } from './move.ts';
import { besides, openEnvironment } from './peers/peer.ts';
import { runCommand } from './run-command.ts';

const TABLE = 'public.source';

/** A data set as a table, and as files of every format, each made when it is first asked for. */
export class Inputs {
  readonly #url: string;
  readonly #folder: string;

  private constructor(url: string, folder: string) {
    this.#url = url;
    this.#folder = folder;
  }

  /** `folder` is empty, and the caller's to remove; a table of the last data set is replaced. */
  static async create(
    database: pg.Client,
    { url, folder, dataSet, rows }: { url: string; folder: string; dataSet: DataSet; rows: number },
  ): Promise<Inputs> {
    await database.query(`DROP TABLE IF EXISTS ${TABLE}`);
    await database.query(createTable(dataSet, TABLE, rows));
    await database.query(`VACUUM ANALYZE ${TABLE}`);
    return new Inputs(url, folder);
  }

  get table(): { readonly kind: 'table'; readonly location: string } {
    return { kind: 'table', location: TABLE };
  }

  async source(kind: Source['kind']): Promise<Source> {
    if (kind === 'table') return this.table;
    const location = join(this.#folder, `source.${kind}`);
    if (!existsSync(location))
      await (kind === 'csv' ? this.#copyOut(location, 'CSV HEADER') : this.#write(kind, location));
    return { kind, location };
  }

  /** The table in PostgreSQL's binary format. */
  async binaryFile(): Promise<string> {
    const location = join(this.#folder, 'source.binary');
    if (!existsSync(location)) await this.#copyOut(location, '(FORMAT binary)');
    return location;
  }

  /** A text file of the source, cut in two; the names belong to different shards of two. */
  async halves(kind: 'ndjson'): Promise<string> {
    const folder = join(this.#folder, 'halves');
    const { location } = await this.source(kind);
    if (!existsSync(folder)) {
      mkdirSync(folder);
      for (const [index, name] of ['first', 'second'].entries()) {
        const part = openSync(join(folder, `${name}.${kind}`), 'w');
        execFileSync('split', ['--number', `l/${index + 1}/2`, location], { stdio: ['ignore', part, 'inherit'] });
        closeSync(part);
      }
    }
    return folder;
  }

  async #copyOut(location: string, options: string): Promise<void> {
    await runCommand({ program: 'psql', arguments: [this.#url, '-qc', `\\copy ${TABLE} TO '${location}' ${options}`] });
  }

  async #write(kind: 'ndjson' | 'parquet', location: string): Promise<void> {
    const { python } = await openEnvironment('duckdb');
    await runCommand({
      program: python,
      arguments: [besides('duckdb_peer.py'), 'table', TABLE, kind, location],
      environment: { DATABASE_URL: this.#url },
    });
  }
}
