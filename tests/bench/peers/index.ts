import type { Candidate } from '../move.ts';
import { openDlt } from './dlt.ts';
import { openDuckdb } from './duckdb.ts';
import { openIngestr } from './ingestr.ts';
import { openPolars } from './polars.ts';
import { openSling } from './sling.ts';

/** All peers; what they need is installed on first use, below `~/.cache/etl-pipeline-template`. */
export async function openPeers(): Promise<Candidate[]> {
  return [await openDuckdb(), ...(await openPolars()), ...(await openDlt()), await openSling(), await openIngestr()];
}
