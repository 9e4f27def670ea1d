import { Document, isMap, isNode, isScalar, parseDocument, visit, type YAMLMap } from 'yaml';

/** Columns of the records that a new resource starts with. */
const KEY = ['id'];
const CURSOR = 'updated_at';

/**
 * The text of pipeline.yaml with one more resource: a copy of the first one, its name replaced in paths and tables.
 * Everything else, comments included, stays as it is.
 *
 * @throws Error when the file has no resource to copy, or has this one already
 */
export function addResource(text: string, name: string): string {
  const document = parseDocument(text);
  const resources = document.get('resources');
  const first = isMap(resources) ? resources.items[0] : undefined;
  if (!isMap(resources) || resources.flow || first === undefined || !isMap(first.value)) {
    throw new Error('pipeline.yaml has no resource that could be copied.');
  }
  if (resources.has(name)) throw new Error(`pipeline.yaml has a resource ${name} already.`);
  const entry = first.value.clone() as YAMLMap;
  rename(entry, String(first.key), name);
  entry.delete('definition');
  if (entry.hasIn(['sink', 'key'])) entry.setIn(['sink', 'key'], inFlow(document.createNode(KEY)));
  if (entry.has('incremental')) {
    entry.setIn(['incremental', 'cursor'], CURSOR);
    entry.setIn(['incremental', 'key'], inFlow(document.createNode(KEY)));
  }
  const last = resources.items.at(-1)?.value;
  const end = endOfLine(text, isNode(last) ? (last.range?.[1] ?? text.length) : text.length);
  return `${text.slice(0, end).trimEnd()}\n\n${toText(name, entry)}${text.slice(end)}`;
}

/** Behind the line in which a value ends; the value of a block ends behind its last line already. */
function endOfLine(text: string, valueEnd: number): number {
  if (text[valueEnd - 1] === '\n') return valueEnd;
  const lineEnd = text.indexOf('\n', valueEnd);
  return lineEnd === -1 ? text.length : lineEnd + 1;
}

function toText(name: string, entry: YAMLMap): string {
  const document = new Document({ [name]: entry });
  const lines = document.toString({ lineWidth: 0 }).replaceAll(/\[ (.*?) \]/g, '[$1]');
  return lines.replaceAll(/^(?=.)/gm, '  ');
}

/** Replaces the old name wherever it is a word of its own: `orders/*`, `public.orders`. */
function rename(entry: YAMLMap, from: string, to: string): void {
  const word = new RegExp(`(?<![A-Za-z0-9_-])${RegExp.escape(from)}(?![A-Za-z0-9_-])`, 'g');
  visit(entry, {
    Pair(_, pair) {
      if (isScalar(pair.value) && typeof pair.value.value === 'string' && String(pair.key) !== 'connection') {
        pair.value.value = pair.value.value.replaceAll(word, to);
      }
    },
  });
}

function inFlow<Node extends { flow?: boolean | undefined }>(node: Node): Node {
  node.flow = true;
  return node;
}
