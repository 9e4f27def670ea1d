import { ValueError } from '../../columns/write-values.ts';
import type { LogicalType } from '../../schema/table-schema.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * What a text in a file means to a column: bytes are base64, json is JSON text, spaces around other values than
 * strings do not count.
 *
 * @throws ValueError when the text is not what the type needs
 */
export function textToValue(type: LogicalType, text: string): unknown {
  if (type.kind === 'string') return text;
  const trimmed = text.trim();
  if (type.kind === 'binary') {
    if (!BASE64.test(trimmed)) throw new ValueError(`${JSON.stringify(text.slice(0, 60))} is not binary (base64)`);
    return Buffer.from(trimmed, 'base64');
  }
  if (type.kind !== 'json') return trimmed;
  try {
    return JSON.parse(trimmed);
  } catch {
    throw new ValueError(`${JSON.stringify(text.slice(0, 60))} is not JSON`);
  }
}
