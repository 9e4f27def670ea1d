import { readFile } from 'node:fs/promises';
import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import { asPipelineError } from '../errors/pipeline-error.ts';
import { type ConfigProblem, ConfigurationError, type ValuePath } from './problems.ts';

/** Where something stands in a file, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML file as plain data that knows where each of its values stands. */
export class YamlFile {
  /** The path as the user gave it. */
  readonly path: string;
  readonly value: unknown;
  /** Keys that stand twice in the same map; the rest of the file can be checked all the same. */
  readonly duplicates: readonly ConfigProblem[];
  readonly #contents: Node | null;
  readonly #lines: LineCounter;

  private constructor(
    path: string,
    value: unknown,
    contents: Node | null,
    lines: LineCounter,
    duplicates: ConfigProblem[],
  ) {
    this.path = path;
    this.value = value;
    this.#contents = contents;
    this.#lines = lines;
    this.duplicates = duplicates;
  }

  /** @throws ConfigurationError when the file cannot be read or is no YAML */
  static async read(path: string): Promise<YamlFile> {
    return YamlFile.parse(path, decodeUtf8(path, await readBytes(path)));
  }

  /** @throws ConfigurationError when the text is no YAML */
  static parse(path: string, text: string): YamlFile {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const [duplicates, broken] = partition(document.errors, (error) => error.code === 'DUPLICATE_KEY');
    const tabs = broken.filter((error) => error.code === 'TAB_AS_INDENT');
    const place = (error: YAMLParseError): ConfigProblem => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { path: '', line, column: col, ...explain(error) };
    };
    if (broken.length > 0) throw new ConfigurationError(path, (tabs.length > 0 ? tabs : broken).map(place));
    try {
      return new YamlFile(path, document.toJS(), document.contents, lines, duplicates.map(place));
    } catch (error) {
      throw new ConfigurationError(path, [{ path: '', line: 1, column: 1, message: asPipelineError(error).message }]);
    }
  }

  /** Where the value at this path stands; a map or list is found by its key, a missing value by what should hold it. */
  locate(path: ValuePath): Place {
    return this.#walk(path, false);
  }

  /** Where the last key of this path stands. */
  locateKey(path: ValuePath): Place {
    return this.#walk(path, true);
  }

  #walk(path: ValuePath, wantKey: boolean): Place {
    let node: unknown = this.#contents;
    let found: unknown = node;
    for (const [index, segment] of path.entries()) {
      const holder: unknown = isAlias(node) ? undefined : node;
      const item = isCollection(holder) ? itemAt(holder.items, isMap(holder), segment) : undefined;
      if (item === undefined) break;
      const value = isPair(item) ? item.value : item;
      const last = index === path.length - 1;
      found = isPair(item) && ((last && wantKey) || !isScalar(value) || value.value === null) ? item.key : value;
      node = value;
    }
    const offset = isNode(found) ? (found.range?.[0] ?? 0) : 0;
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

function itemAt(items: readonly unknown[], map: boolean, segment: string | number): Pair | Node | undefined {
  const item = map
    ? items.find((pair) => isPair(pair) && isScalar(pair.key) && String(pair.key.value) === String(segment))
    : items[Number(segment)];
  return isPair(item) || isNode(item) ? item : undefined;
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const reasons = new Map([
      ['ENOENT', 'does not exist'],
      ['EACCES', 'may not be read by this user'],
      ['EISDIR', 'is a directory'],
    ]);
    const hint = 'name the file with --config, or run the command in the root of the repository';
    throw new ConfigurationError(path, [
      { path: '', message: `the file ${reasons.get(code) ?? `cannot be read (${code})`}`, hint },
    ]);
  }
}

function decodeUtf8(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigurationError(path, [{ path: '', message: 'the file is not UTF-8', hint: 'save it as UTF-8' }]);
  }
}

function explain({ code, message }: YAMLParseError): { message: string; hint?: string } {
  switch (code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab is used as indentation', hint: 'indent with spaces' };
    case 'DUPLICATE_KEY':
      return { message: 'this key stands twice in the same map', hint: 'remove one of them' };
    case 'MULTIPLE_DOCS':
      return { message: 'the file holds more than one YAML document', hint: 'remove the line ---' };
    default:
      return { message: `not valid YAML: ${message}` };
  }
}

function partition<T>(items: readonly T[], matches: (item: T) => boolean): [T[], T[]] {
  return [items.filter(matches), items.filter((item) => !matches(item))];
}
