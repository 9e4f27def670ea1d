import type { ParquetSummary } from '../../formats/parquet/parquet-writer.ts';
import type { Field } from '../../schema/table-schema.ts';

/** Delta's default number of columns, from the first one, that have statistics. */
const COLUMNS = 32;
/** Characters of a text that statistics keep. */
const TEXT_LENGTH = 32;
const LAST_CODE_POINT = 0x10ffff;

/**
 * Number of records, smallest and largest values and number of NULLs of a data file, as JSON. Readers skip files by
 * these, so bounds of long texts are cut such that they still enclose all values.
 *
 * Written by hand: JSON.stringify has no way to write a decimal or a 64-bit integer with all its digits.
 */
export function formatStatistics({ rows, columns }: ParquetSummary, fields: readonly Field[]): string {
  const minValues: string[] = [];
  const maxValues: string[] = [];
  const nullCount: string[] = [];
  for (const field of fields.slice(0, COLUMNS)) {
    const summary = columns.get(field.name);
    if (summary === undefined) continue;
    const name = JSON.stringify(field.name);
    nullCount.push(`${name}:${summary.nullCount}`);
    const min = boundLiteral(field, summary.min, shortenDown);
    const max = boundLiteral(field, summary.max, shortenUp);
    if (min !== undefined) minValues.push(`${name}:${min}`);
    if (max !== undefined) maxValues.push(`${name}:${max}`);
  }
  return `{"numRecords":${rows},"minValues":{${minValues}},"maxValues":{${maxValues}},"nullCount":{${nullCount}}}`;
}

/** A bound as JSON, `undefined` where the protocol has no form for it. */
function boundLiteral(
  { type }: Field,
  value: unknown,
  shorten: (text: string) => string | undefined,
): string | undefined {
  if (value === undefined) return undefined;
  switch (type.kind) {
    case 'int16':
    case 'int32':
    case 'int64':
      return String(value);
    case 'float32':
    case 'float64':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'decimal':
      return value === 'NaN' ? undefined : String(value);
    case 'date':
    case 'timestamp':
      return /^\d{4}-/.test(String(value)) ? JSON.stringify(value) : undefined;
    case 'string': {
      const text = shorten(String(value));
      return text === undefined ? undefined : JSON.stringify(text);
    }
    default:
      return undefined;
  }
}

function shortenDown(text: string): string {
  return Array.from(text).slice(0, TEXT_LENGTH).join('');
}

/**
 * The smallest text of the same length that is above all texts which begin alike; `undefined` when there is none.
 * Order is that of the UTF-8 bytes, which is that of the code points.
 */
function shortenUp(text: string): string | undefined {
  const characters = Array.from(text);
  if (characters.length <= TEXT_LENGTH) return text;
  for (let end = TEXT_LENGTH; end > 0; end--) {
    const next = nextCodePoint(characters[end - 1] ?? '');
    if (next !== undefined) return characters.slice(0, end - 1).join('') + next;
  }
  return undefined;
}

function nextCodePoint(character: string): string | undefined {
  const next = (character.codePointAt(0) ?? 0) + 1;
  if (next > LAST_CODE_POINT) return undefined;
  return String.fromCodePoint(next >= 0xd800 && next <= 0xdfff ? 0xe000 : next);
}
