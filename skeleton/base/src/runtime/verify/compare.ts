import { fieldNames } from '../schema/table-schema.ts';
import type { Comparable, Comparison } from './comparable.ts';
import { type Difference, type DifferenceCounts, type DifferenceKind, noDifferences } from './difference.ts';
import type { RangeChecksums } from './range-checksums.ts';
import { gatherByKey, type KeptRecord, type RecordsByKey } from './record-group.ts';

/** Records of one end that are in memory at a time, at least one range of them. */
const RECORDS_AT_ONCE = 20_000;

export interface CompareOptions {
  /** Differences to look for before it is enough. */
  readonly limit: number;
  /** The sink keeps each version of a record: the source's has to be among them. */
  readonly keepsVersions: boolean;
  /** Whether a record that the sink has not is known to be refused by it. */
  readonly isRefused: (record: KeptRecord) => boolean;
  /** The records of the source that the next run will bring, where it brings what is new only. */
  readonly pending: Comparable | undefined;
  readonly signal: AbortSignal;
}

export interface CompareResult {
  readonly records: { readonly source: number; readonly sink: number };
  /** Ranges of keys whose checksums are not the same. */
  readonly rangesDiffering: number;
  /** Whether all of these were looked at; otherwise there are at least so many differences. */
  readonly exhaustive: boolean;
  readonly counts: DifferenceCounts;
  readonly differences: readonly Difference[];
}

/**
 * Compares checksums of all ranges first, then record by record the ranges that differ.
 *
 * @throws PipelineError what reading the ends throws; `INTERRUPTED`
 */
export async function compare(
  source: Comparable,
  sink: Comparable,
  comparison: Comparison,
  options: CompareOptions,
): Promise<CompareResult> {
  const { pending, limit, signal } = options;
  const [sourceSums, sinkSums] = await Promise.all([source.checksums(), sink.checksums()]);
  const records = { source: sourceSums.records, sink: sinkSums.records };
  if (pending !== undefined) sourceSums.subtract(await pending.checksums());
  const differing = sourceSums.differing(sinkSums);
  const counts = noDifferences();
  const differences: Difference[] = [];
  let looked = 0;
  for (const ranges of inGroups(differing, sourceSums, sinkSums)) {
    signal.throwIfAborted();
    if (counts.missing + counts.extra + counts.different >= limit) break;
    const [inSource, inSink] = await Promise.all([
      gatherByKey(source.records(ranges), comparison),
      gatherByKey(sink.records(ranges), comparison),
    ]);
    const toCome = pending === undefined ? new Map() : await gatherByKey(pending.records(ranges), comparison);
    differences.push(...compareGroups({ inSource, inSink, toCome }, comparison, options, counts));
    looked += ranges.size;
  }
  return {
    records,
    rangesDiffering: differing.length,
    exhaustive: looked === differing.length,
    counts,
    differences: differences.slice(0, limit),
  };
}

function* inGroups(
  ranges: readonly number[],
  source: RangeChecksums,
  sink: RangeChecksums,
): Generator<ReadonlySet<number>> {
  let group = new Set<number>();
  let records = 0;
  for (const range of ranges) {
    const next = Math.max(source.recordsIn(range), sink.recordsIn(range));
    if (group.size > 0 && records + next > RECORDS_AT_ONCE) {
      yield group;
      group = new Set();
      records = 0;
    }
    group.add(range);
    records += next;
  }
  if (group.size > 0) yield group;
}

interface Groups {
  readonly inSource: RecordsByKey;
  readonly inSink: RecordsByKey;
  /** Those of the source that the next run will bring. */
  readonly toCome: RecordsByKey;
}

function* compareGroups(
  { inSource, inSink, toCome }: Groups,
  comparison: Comparison,
  { keepsVersions, isRefused }: CompareOptions,
  counts: DifferenceCounts,
): Generator<Difference> {
  const all = fieldNames(comparison.schema);
  const key = comparison.key.length === 0 ? all : comparison.key;
  for (const name of new Set([...inSource.keys(), ...inSink.keys()])) {
    const { missing, extra } = unmatched(inSource.get(name) ?? [], inSink.get(name) ?? []);
    // What is to come says nothing about what has come.
    if (toCome.has(name)) counts.pending += Math.max(missing.length, extra.length);
    else if (keepsVersions && missing.length === 0 && inSource.has(name)) counts.superseded += extra.length;
    else {
      for (const difference of pairUp(missing, extra, key, all)) {
        if (difference.kind === 'missing' && isRefused(difference.record)) counts.deadLettered++;
        else {
          counts[difference.kind]++;
          yield difference.shown;
        }
      }
    }
  }
}

interface Found {
  readonly kind: DifferenceKind;
  readonly record: KeptRecord;
  readonly shown: Difference;
}

/** Records that only one of the ends has; two of them with the same key are one that differs. */
function* pairUp(
  missing: readonly KeptRecord[],
  extra: readonly KeptRecord[],
  key: readonly string[],
  all: readonly string[],
): Generator<Found> {
  const pairs = Math.min(missing.length, extra.length);
  for (const [index, record] of missing.entries()) {
    const other = extra[index];
    if (other === undefined) {
      yield { kind: 'missing', record, shown: { kind: 'missing', key: record.row(key), source: record.row(all) } };
    } else {
      const columns = record.differingColumns(other);
      const values = { source: record.row(columns), sink: other.row(columns) };
      yield { kind: 'different', record, shown: { kind: 'different', key: record.row(key), columns, ...values } };
    }
  }
  for (const record of extra.slice(pairs)) {
    yield { kind: 'extra', record, shown: { kind: 'extra', key: record.row(key), sink: record.row(all) } };
  }
}

/** The records that have no equal at the other end, each one paired once. */
function unmatched(
  source: readonly KeptRecord[],
  sink: readonly KeptRecord[],
): { missing: KeptRecord[]; extra: KeptRecord[] } {
  const extra = [...sink];
  const missing = source.filter((record) => {
    const index = extra.findIndex(({ content }) => content === record.content);
    if (index >= 0) extra.splice(index, 1);
    return index < 0;
  });
  return { missing, extra };
}
