import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { parquetMetadata } from 'hyparquet';
import { checkFooter } from './check-footer.ts';
import { asParquetError, DamageError, locateDamage } from './damage.ts';
import { type FileColumn, fileColumns } from './file-schema.ts';
import { checkSeal } from './footer-checksum.ts';
import { type Footer, footerSchema } from './footer-model.ts';
import { readBytes } from './read-bytes.ts';
import { endOfStruct } from './thrift-struct.ts';

/** A Parquet file that is open for reading, with its footer. */
export interface ParquetSource {
  readonly path: string;
  readonly file: FileHandle;
  readonly footer: Footer;
  readonly columns: readonly FileColumn[];
}

const MAGIC = 'PAR1';
/** Behind the footer: its length in four bytes, and the magic number again. */
const TAIL_BYTES = 8;
/** Behind the struct in a footer that is signed: a nonce and a tag. */
const SIGNATURE_BYTES = 28;

/**
 * Opens a file and reads its footer; whoever opens it closes `file`.
 *
 * @throws PipelineError UNREADABLE when it is no Parquet file or damaged, NOT_FOUND, ACCESS_DENIED, STORAGE
 */
export async function openParquet(path: string): Promise<ParquetSource> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    return { path, file, ...(await readFooter(file, size)) };
  } catch (error) {
    await file?.close();
    throw asParquetError(error, path);
  }
}

async function readFooter(file: FileHandle, size: number): Promise<Pick<ParquetSource, 'footer' | 'columns'>> {
  if (size < MAGIC.length + TAIL_BYTES) throw new DamageError('it is too short', { offset: size });
  const head = await readBytes(file, 0, MAGIC.length);
  const tail = await readBytes(file, size - TAIL_BYTES, TAIL_BYTES);
  requireMagic(head, 0);
  requireMagic(tail.subarray(4), size - MAGIC.length);
  const length = tail.readUInt32LE(0);
  const start = size - TAIL_BYTES - length;
  if (start < MAGIC.length) {
    throw new DamageError('its footer would be longer than the file', { offset: size - TAIL_BYTES });
  }
  try {
    const bytes = await readBytes(file, start, length + TAIL_BYTES);
    checkSeal(bytes.subarray(0, length));
    const footer = await parseFooter(bytes, length);
    const columns = fileColumns(footer.schema);
    checkFooter(footer, columns, start);
    return { footer, columns };
  } catch (error) {
    throw locateDamage(error, start);
  }
}

function requireMagic(bytes: Buffer, offset: number): void {
  const magic = bytes.toString('latin1');
  if (magic === MAGIC) return;
  throw new DamageError(magic === 'PARE' ? 'it is encrypted' : `${MAGIC} is not where it should be`, { offset });
}

/** Of thousands of column chunks each step takes tens of milliseconds; in between the event loop has its turn. */
async function parseFooter(bytes: Buffer, length: number): Promise<Footer> {
  const end = endOfStruct(bytes.subarray(0, length), 0);
  if (end !== length && end !== length - SIGNATURE_BYTES) {
    throw new RangeError('its footer has another length than it says');
  }
  const metadata = parquetMetadata(bytes, { geoparquet: false });
  await setImmediate();
  const parsed = footerSchema.safeParse(metadata);
  await setImmediate();
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RangeError(`its footer is damaged at ${issue?.path.join('.')}: ${issue?.message}`);
}
