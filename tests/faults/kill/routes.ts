export type SourceName = 'files' | 'postgres';
export type SinkName = 'files' | 'delta' | 'postgres';

/** A pair of source and sink, and one way to write. */
export interface Route {
  readonly source: SourceName;
  readonly sink: SinkName;
  readonly mode: 'append' | 'merge' | 'replace';
  /** Of a sink of files. */
  readonly format?: 'parquet' | 'ndjson' | 'csv';
  /** `as they are`: no definition, so that rows go from one PostgreSQL to the other without being looked at. */
  readonly records?: 'as they are';
}

/** Every pair of connectors with every mode that its sink has. */
export const ROUTES: readonly Route[] = (['files', 'postgres'] as const).flatMap((source): Route[] => [
  { source, sink: 'files', mode: 'append', format: source === 'files' ? 'ndjson' : 'parquet' },
  { source, sink: 'files', mode: 'replace', format: source === 'files' ? 'parquet' : 'csv' },
  { source, sink: 'delta', mode: 'append' },
  { source, sink: 'delta', mode: 'replace' },
  { source, sink: 'postgres', mode: 'append' },
  { source, sink: 'postgres', mode: 'merge' },
  { source, sink: 'postgres', mode: 'replace' },
  ...(source === 'postgres' ? [{ source, sink: 'postgres', mode: 'append', records: 'as they are' } as const] : []),
]);

/** `files → delta` */
export function pairOf({ source, sink }: Route): string {
  return `${source} → ${sink}`;
}

/** `append`, `append, as they are` */
export function modeOf({ mode, format, records }: Route): string {
  return [mode, format, records].filter((part) => part !== undefined).join(', ');
}

/** pipeline.yaml of a service that moves orders on a route. */
export function pipelineOf(route: Route): string {
  const source =
    route.source === 'files' ? 'connection: landing, path: "orders/*"' : 'connection: shop, table: public.orders';
  const sinks = {
    files: `connection: exports, table: orders, format: ${route.format}`,
    delta: 'connection: lake, table: orders',
    postgres: 'connection: warehouse, table: public.orders',
  };
  const key = route.mode === 'merge' ? ', key: [order_id]' : '';
  const incremental = route.mode !== 'replace';
  return `name: orders
connections:
  landing: { type: files, path: ./data/landing }
  shop: { type: postgres, url: "\${SHOP_DATABASE_URL}" }
  exports: { type: files, path: ./data/exports }
  lake: { type: delta, path: ./data/lake }
  warehouse: { type: postgres, url: "\${WAREHOUSE_DATABASE_URL}" }
resources:
  ${route.records === 'as they are' ? 'plain' : 'orders'}:
    source: { ${source} }
    sink: { ${sinks[route.sink]}, mode: ${route.mode}${key} }
    mode: ${incremental ? 'incremental' : 'full'}
${incremental && route.source === 'postgres' ? '    incremental: { cursor: updated_at, key: [order_id] }\n' : ''}\
    batchSize: 100
    deadLetters: { max: 1000, share: 1 }
`;
}

/** Name of the resource in that file. */
export function resourceOf({ records }: Route): string {
  return records === 'as they are' ? 'plain' : 'orders';
}
