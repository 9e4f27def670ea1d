import type { Client, Pool } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Field } from '../../schema/table-schema.ts';
import { quoteTable, type TableName } from './table-name.ts';
import { type CatalogType, mapType, type TypeMapping } from './types.ts';

/** A column as PostgreSQL has it, and what it is for this runtime. */
export interface PostgresColumn extends TypeMapping {
  readonly name: string;
  /** As SQL writes it: `numeric(12,2)`, `character varying(20)`. */
  readonly sqlType: string;
  /** The same without length or precision: a cast to `bit(4)` cuts what is too long, assigning it is refused. */
  readonly castType: string;
  /** Whether its order is that of a language. */
  readonly collatable: boolean;
  readonly notNull: boolean;
}

export interface TableColumn extends PostgresColumn {
  /** A value is made where none is given: a default or an identity. */
  readonly hasDefault: boolean;
  /** Computed from other columns; cannot be written. */
  readonly generated: boolean;
}

export function fieldOf({ name, type, notNull }: PostgresColumn): Field {
  return { name, type, nullable: !notNull };
}

interface AttributeRow {
  readonly name: string;
  readonly type: number;
  readonly modifier: number;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly generated: boolean;
}

const ATTRIBUTES = `
  SELECT attname AS name, atttypid AS type, atttypmod AS modifier, attnotnull AS "notNull",
    atthasdef OR attidentity <> '' AS "hasDefault", attgenerated <> '' AS generated
  FROM pg_attribute
  WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
  ORDER BY attnum`;

/** The columns of a table, view or materialised view; `undefined` when there is none of that name. */
export async function describeTable(client: Client, table: TableName): Promise<TableColumn[] | undefined> {
  const { rows } = await client.query<AttributeRow>(ATTRIBUTES, [quoteTable(table)]);
  if (rows.length === 0 && !(await tableExists(client, table))) return undefined;
  const types = await describeTypes(client, rows);
  return rows.map(({ name, notNull, hasDefault, generated }, index) => ({
    ...typeAt(types, index),
    name,
    notNull,
    hasDefault,
    generated,
  }));
}

export async function tableExists(client: Client | Pool, table: TableName): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
    quoteTable(table),
  ]);
  return rows[0]?.found === true;
}

/**
 * The columns of a query; all of them may be NULL as far as anybody can tell.
 *
 * @throws PipelineError `CONFIGURATION` when two columns have the same name
 */
export async function describeQuery(client: Client, query: string): Promise<PostgresColumn[]> {
  const { fields } = await client.query(`SELECT * FROM (${query}\n) AS source LIMIT 0`);
  const names = fields.map((field) => field.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new PipelineError('CONFIGURATION', `The query has two columns named ${twice}.`, {
      where: { column: twice },
      hint: 'Give one of them another name with AS.',
    });
  }
  const types = await describeTypes(
    client,
    fields.map((field) => ({ type: field.dataTypeID, modifier: field.dataTypeModifier })),
  );
  return names.map((name, index) => ({ ...typeAt(types, index), name, notNull: false }));
}

/** Domains are followed down to the type they are made of. */
const TYPES = `
  WITH RECURSIVE step AS (
    SELECT wanted.ordinal, wanted.type, wanted.modifier, wanted.modifier AS "ownModifier", pg_type.oid
    FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY AS wanted (type, modifier, ordinal)
    JOIN pg_type ON pg_type.oid = wanted.type
    UNION ALL
    SELECT step.ordinal, step.type, step.modifier, pg_type.typtypmod, pg_type.typbasetype
    FROM step JOIN pg_type ON pg_type.oid = step.oid
    WHERE pg_type.typtype = 'd'
  )
  SELECT format_type(step.type, step.modifier) AS "sqlType", format_type(step.type, -1) AS "castType",
    step."ownModifier" AS modifier, pg_type.typcollation <> 0 AS collatable,
    pg_type.typname AS name, pg_type.typnamespace = 'pg_catalog'::regnamespace AS "builtIn",
    pg_type.typtype AS kind, pg_type.typcategory AS category
  FROM step JOIN pg_type ON pg_type.oid = step.oid
  WHERE pg_type.typtype <> 'd'
  ORDER BY step.ordinal`;

type Described = Pick<PostgresColumn, 'sqlType' | 'castType' | 'collatable'>;
type DescribedType = TypeMapping & Described;

async function describeTypes(
  client: Client,
  types: readonly { readonly type: number; readonly modifier: number }[],
): Promise<DescribedType[]> {
  const { rows } = await client.query<CatalogType & Described>(TYPES, [
    types.map(({ type }) => type),
    types.map(({ modifier }) => modifier),
  ]);
  return rows.map((row) => {
    const { sqlType, castType, collatable } = row;
    return { ...mapType(row), sqlType, castType, collatable };
  });
}

function typeAt(types: readonly DescribedType[], index: number): DescribedType {
  const type = types[index];
  if (type === undefined)
    throw new PipelineError('INTERNAL', `PostgreSQL did not describe the type of column ${index}.`);
  return type;
}
