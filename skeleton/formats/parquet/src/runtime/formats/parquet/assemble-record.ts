import type { Leaf, SchemaNode } from './file-schema.ts';
import type { LevelCursor } from './level-cursor.ts';

export type Cursors = ReadonlyMap<Leaf, LevelCursor>;

/**
 * Puts the next record of a list, map or struct together from the columns in which it is stored.
 *
 * @throws RangeError when the columns do not fit together
 */
export function assembleRecord(node: SchemaNode, cursors: Cursors): unknown {
  const value = assemble(node, cursors);
  for (const cursor of cursors.values()) {
    if (cursor.repetition !== 0) throw new RangeError('the columns of a record do not fit together');
  }
  return value;
}

function assemble(node: SchemaNode, cursors: Cursors): unknown {
  if (node.element.repetition_type === 'REQUIRED') return assembleOne(node, cursors);
  const cursor = cursorOf(node, cursors);
  if (cursor.definition < node.definition) {
    for (const leaf of node.leaves) cursors.get(leaf)?.take();
    return node.element.repetition_type === 'REPEATED' ? [] : null;
  }
  if (node.element.repetition_type === 'OPTIONAL') return assembleOne(node, cursors);
  const items: unknown[] = [];
  do items.push(assembleOne(node, cursors));
  while (cursor.repetition === node.repetition);
  return items;
}

function assembleOne(node: SchemaNode, cursors: Cursors): unknown {
  const [only] = node.children;
  if (only === undefined) return cursorOf(node, cursors).take();
  if (isAnnotated(node, 'LIST') && node.children.length === 1 && only.element.repetition_type === 'REPEATED') {
    return assembleList(assemble(only, cursors), only);
  }
  if (isAnnotated(node, 'MAP') && node.children.length === 1 && only.element.repetition_type === 'REPEATED') {
    return assembleMap(assemble(only, cursors), only);
  }
  return Object.fromEntries(node.children.map((child) => [child.element.name, assemble(child, cursors)]));
}

function isAnnotated({ element }: SchemaNode, type: 'LIST' | 'MAP'): boolean {
  const { logical_type, converted_type } = element;
  return (
    logical_type?.type === type || converted_type === type || (type === 'MAP' && converted_type === 'MAP_KEY_VALUE')
  );
}

/** Lists have a level of structs around their items, but in old files. */
function assembleList(items: unknown, repeated: SchemaNode): unknown {
  const [item] = repeated.children;
  const { name } = repeated.element;
  const wrapped = repeated.children.length === 1 && name !== 'array' && !name.endsWith('_tuple');
  if (!wrapped || item === undefined || !Array.isArray(items)) return items;
  return items.map((entry: unknown) => property(entry, item.element.name));
}

function assembleMap(entries: unknown, { children: [key, value] }: SchemaNode): unknown {
  if (key === undefined || !Array.isArray(entries)) return entries;
  return Object.fromEntries(
    entries.map((entry: unknown) => [
      keyText(property(entry, key.element.name)),
      value === undefined ? null : property(entry, value.element.name),
    ]),
  );
}

function property(struct: unknown, name: string): unknown {
  return typeof struct === 'object' && struct !== null ? Reflect.get(struct, name) : undefined;
}

function keyText(key: unknown): string {
  if (key instanceof Uint8Array) return Buffer.from(key).toString('base64');
  return typeof key === 'object' ? JSON.stringify(key) : String(key);
}

function cursorOf({ leaves: [leaf] }: SchemaNode, cursors: Cursors): LevelCursor {
  const cursor = leaf && cursors.get(leaf);
  if (cursor === undefined) throw new RangeError('a record has no columns');
  return cursor;
}
