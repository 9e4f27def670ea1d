import type { Field, TableSchema } from '../../schema/table-schema.ts';
import type { SchemaElement } from './footer-model.ts';
import { logicalType } from './logical-type.ts';

/** A node of a file's schema, and how deep it lies. */
export interface SchemaNode {
  readonly element: SchemaElement;
  readonly children: readonly SchemaNode[];
  /** The columns below it that are stored; a leaf has itself only. */
  readonly leaves: readonly Leaf[];
  /** Definition level of a value that has this node: optional and repeated nodes down to here. */
  readonly definition: number;
  /** Repetition level of its second and later items: repeated nodes down to here. */
  readonly repetition: number;
}

/** A column as it is stored. */
export interface Leaf {
  readonly element: SchemaElement;
  readonly path: readonly string[];
  /** Name and type of its values; never nullable. */
  readonly field: Field;
  /** Position of its chunk in each row group. */
  readonly chunk: number;
  readonly definition: number;
  readonly repetition: number;
}

/** A top-level column of a file. */
export interface FileColumn {
  readonly field: Field;
  readonly node: SchemaNode;
}

/** Levels are kept in bytes. */
const MAX_LEVEL = 255;

/** The leaf of a column without structure, `undefined` for lists, maps and structs. */
export function flatLeaf({ node }: FileColumn): Leaf | undefined {
  return node.children.length === 0 && node.repetition === 0 ? node.leaves[0] : undefined;
}

/**
 * The top-level columns of a file. Nested ones are json, those of types without a counterpart binary.
 *
 * @throws RangeError when the schema is damaged
 */
export function fileColumns(schema: readonly SchemaElement[]): FileColumn[] {
  const columns = new SchemaParser(schema).parse().map((node): FileColumn => {
    const { element, leaves } = node;
    const [leaf] = leaves;
    const flat = node.children.length === 0 && node.repetition === 0;
    const type = flat && leaf !== undefined ? leaf.field.type : ({ kind: 'json' } as const);
    return { node, field: { name: element.name, type, nullable: element.repetition_type !== 'REQUIRED' } };
  });
  const names = new Set<string>();
  for (const { field } of columns) {
    if (names.has(field.name)) throw new RangeError(`two columns are called ${field.name}`);
    names.add(field.name);
  }
  return columns;
}

export function toTableSchema(columns: readonly FileColumn[]): TableSchema {
  return { fields: columns.map(({ field }) => field) };
}

/** The elements are the schema's tree, written down depth first. */
class SchemaParser {
  readonly #elements: readonly SchemaElement[];
  #position = 1;
  #chunks = 0;

  constructor(elements: readonly SchemaElement[]) {
    this.#elements = elements;
  }

  parse(): SchemaNode[] {
    const children = this.#children(this.#elements[0], [], 0, 0);
    if (this.#position < this.#elements.length) throw new RangeError('columns do not belong to the schema');
    return children;
  }

  #children(
    parent: SchemaElement | undefined,
    path: readonly string[],
    definition: number,
    repetition: number,
  ): SchemaNode[] {
    const nodes: SchemaNode[] = [];
    for (let child = 0; child < (parent?.num_children ?? 0); child++)
      nodes.push(this.#node(path, definition, repetition));
    return nodes;
  }

  #node(parents: readonly string[], outerDefinition: number, outerRepetition: number): SchemaNode {
    const element = this.#elements[this.#position++];
    if (element === undefined) throw new RangeError('the schema ends before its last column');
    const path = [...parents, element.name];
    const definition = outerDefinition + (element.repetition_type === 'REQUIRED' ? 0 : 1);
    const repetition = outerRepetition + (element.repetition_type === 'REPEATED' ? 1 : 0);
    if (element.repetition_type === undefined) throw new RangeError(`${path.join('.')} may be missing or not`);
    if (definition > MAX_LEVEL) throw new RangeError(`${path.join('.')} is nested too deeply`);
    const children = this.#children(element, path, definition, repetition);
    if (children.length > 0) {
      return { element, children, leaves: children.flatMap(({ leaves }) => leaves), definition, repetition };
    }
    if (element.type === undefined) throw new RangeError(`${path.join('.')} has no type`);
    const field: Field = { name: element.name, type: logicalType(element), nullable: false };
    const leaf: Leaf = { element, path, field, chunk: this.#chunks++, definition, repetition };
    return { element, children, leaves: [leaf], definition, repetition };
  }
}
