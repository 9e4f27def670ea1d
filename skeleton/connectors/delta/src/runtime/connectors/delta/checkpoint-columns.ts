import type { SchemaElement } from 'hyparquet';

/** Parquet schema of a checkpoint: one optional struct for each kind of action, each row fills one of them. */

type Node = readonly SchemaElement[];

function leaf(name: string, element: Partial<SchemaElement>): Node {
  return [{ name, repetition_type: 'OPTIONAL', ...element }];
}

function text(name: string, repetition: SchemaElement['repetition_type'] = 'OPTIONAL'): Node {
  return leaf(name, { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: repetition });
}

function long(name: string): Node {
  return leaf(name, { type: 'INT64' });
}

function integer(name: string): Node {
  return leaf(name, { type: 'INT32' });
}

function flag(name: string): Node {
  return leaf(name, { type: 'BOOLEAN' });
}

function struct(name: string, ...children: readonly Node[]): Node {
  return [...leaf(name, { num_children: children.length }), ...children.flat()];
}

function textMap(name: string): Node {
  const entry: SchemaElement = { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 };
  return [
    ...leaf(name, { converted_type: 'MAP', num_children: 1 }),
    entry,
    ...text('key', 'REQUIRED'),
    ...text('value'),
  ];
}

function textList(name: string): Node {
  const item: SchemaElement = { name: 'list', repetition_type: 'REPEATED', num_children: 1 };
  return [...leaf(name, { converted_type: 'LIST', num_children: 1 }), item, ...text('element')];
}

const columns: readonly Node[] = [
  struct('txn', text('appId'), long('version'), long('lastUpdated')),
  struct(
    'add',
    text('path'),
    textMap('partitionValues'),
    long('size'),
    long('modificationTime'),
    flag('dataChange'),
    text('stats'),
    textMap('tags'),
  ),
  struct(
    'remove',
    text('path'),
    long('deletionTimestamp'),
    flag('dataChange'),
    flag('extendedFileMetadata'),
    textMap('partitionValues'),
    long('size'),
  ),
  struct(
    'metaData',
    text('id'),
    text('name'),
    text('description'),
    struct('format', text('provider'), textMap('options')),
    text('schemaString'),
    textList('partitionColumns'),
    textMap('configuration'),
    long('createdTime'),
  ),
  struct(
    'protocol',
    integer('minReaderVersion'),
    integer('minWriterVersion'),
    textList('readerFeatures'),
    textList('writerFeatures'),
  ),
];

/** Names of the top-level columns. */
export const CHECKPOINT_COLUMNS = ['txn', 'add', 'remove', 'metaData', 'protocol'] as const;

export const CHECKPOINT_SCHEMA: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.flat()];

/** Names of the members that are 64-bit integers. */
export const LONG_MEMBERS: ReadonlySet<string> = new Set(
  CHECKPOINT_SCHEMA.filter(({ type }) => type === 'INT64').map(({ name }) => name),
);
