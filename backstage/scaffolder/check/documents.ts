import { isMap, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { z } from 'zod';
import type { Problem } from './problem.ts';
import type { RepositoryFiles } from './repository-files.ts';

/** Keys without a value mean something there: triggers of workflows, volumes with nothing to say about them. */
const MAY_BE_EMPTY = /^\.github\/|^compose\.yaml$/;

/** Finds JSON and YAML that cannot be read, and keys of YAML that got no value. */
export function findBrokenDocuments(files: RepositoryFiles): Problem[] {
  return [...files].flatMap(([path, text = '']) => {
    if (path.endsWith('.json')) return brokenJson(path, text);
    return /\.ya?ml$/.test(path) ? brokenYaml(path, text) : [];
  });
}

function brokenJson(path: string, text: string): Problem[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = /at position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? undefined : text.slice(0, Number(position)).split('\n').length;
    return [{ path, line, message: `is no JSON: ${message}` }];
  }
}

function brokenYaml(path: string, text: string): Problem[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines });
  if (!Array.isArray(documents)) return [{ path, message: 'is empty' }];
  const problems: Problem[] = [];
  const lineOf = (offset: number) => lines.linePos(offset).line;
  for (const document of documents) {
    for (const { message, pos } of document.errors) {
      problems.push({ path, line: lineOf(pos[0]), message: `is no YAML: ${message.split('\n')[0]}` });
    }
    if (MAY_BE_EMPTY.test(path)) continue;
    visit(document, {
      Map: (_, map) => {
        for (const { key, value } of map.items) {
          const empty = value == null || (isScalar(value) && value.value === null && value.source === '');
          if (isScalar(key) && empty) {
            problems.push({
              path,
              line: key.range ? lineOf(key.range[0]) : undefined,
              message: `${key.value} has no value`,
            });
          }
        }
      },
    });
  }
  return problems;
}

/** What YAML says of a file: the values, and in which line a path of keys is. */
export interface YamlFile {
  readonly value: unknown;
  lineOf(keys: readonly string[]): number | undefined;
}

/** Reads the first document of YAML that has no errors. */
export function readYaml(text: string): YamlFile | undefined {
  const lines = new LineCounter();
  const [document] = parseAllDocuments(text, { lineCounter: lines });
  if (document === undefined || !('toJS' in document) || document.errors.length > 0) return undefined;
  return {
    value: document.toJS(),
    lineOf(keys) {
      const parent = document.getIn(keys.slice(0, -1), true);
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => isScalar(key) && key.value === keys.at(-1))
        : undefined;
      const range = isScalar(pair?.key) ? pair.key.range : undefined;
      return range ? lines.linePos(range[0]).line : undefined;
    },
  };
}

/** One problem for each thing that zod finds, at the line of its key. */
export function problemsOf(path: string, error: z.ZodError, lineOf?: YamlFile['lineOf']): Problem[] {
  return error.issues.map(({ path: keys, message }) => {
    const names = keys.map(String);
    return { path, line: lineOf?.(names), message: `${names.join('.') || 'the file'}: ${message}` };
  });
}
