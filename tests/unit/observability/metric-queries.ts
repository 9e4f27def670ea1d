/** One use of a metric in a query of Datadog: `p95:etl.stage.duration{service:orders,stage:load} by {stage}.as_count()`. */
export interface MetricQuery {
  readonly text: string;
  readonly aggregation: string;
  /** Without the prefix. */
  readonly metric: string;
  /** Names of the tags it filters and groups by; template variables without their `$`. */
  readonly tags: readonly string[];
  readonly asCount: boolean;
}

const QUERY = /(\w+):etl\.([\w.]+?)\{([^}]*)\}(?: by \{([^}]*)\})?(\.as_(?:count|rate)\(\))?/g;

/** All metric queries in a dashboard or monitor, also in one that is still a template. */
export function metricQueries(text: string): MetricQuery[] {
  return [...text.matchAll(QUERY)].map(([query, aggregation = '', metric = '', filter = '', groups, asCount]) => ({
    text: query,
    aggregation,
    metric,
    tags: [
      ...filter.split(',').map((part) => part.replace(/^\$/, '').replace(/:.*/, '')),
      ...(groups?.split(',') ?? []),
    ],
    asCount: asCount !== undefined,
  }));
}
