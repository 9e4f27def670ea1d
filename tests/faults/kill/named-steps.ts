/**
 * The steps of a batch that have a name, by the words with which failpoints tell of them. All other steps (folders,
 * temporary files, migrations of the state store) are failpoints too.
 */
export const NAMED_STEPS = {
  extracted: /^batch extracted$/,
  'transformed, handed to the sink': /^batch loaded$/,
  'dead letters written': /^appendFile data\/dead-letters/,
  'dead letters durable': /^datasync data\/dead-letters/,
  'rows written': /^write.* data\/.*(part-\*|_staging)\S*\.(parquet|csv|ndjson)|^postgres: copy$/,
  'file named': /^rename data\/(exports|lake)\/\S*part-/,
  'sink committed': /^postgres: commit$|^rename data\/exports\/\S*_checkpoints\/|^link data\/lake\/\S*_delta_log/,
  'contents swapped':
    /^symlink data\/exports\/\S*_ready$|^rename data\/exports\/(orders|\.orders\.contents\/\S*)$|^postgres: (drop|alter) table/,
  'position copied': /^state: insert into checkpoints$/,
  'manifest saved': /^state: insert into runs$/,
} satisfies Record<string, RegExp>;

export type NamedStep = keyof typeof NAMED_STEPS;

/** The name of a step; `undefined` where it has none. */
export function nameOfStep(step: string): NamedStep | undefined {
  const names = Object.keys(NAMED_STEPS) as NamedStep[];
  return names.find((name) => NAMED_STEPS[name].test(step));
}
