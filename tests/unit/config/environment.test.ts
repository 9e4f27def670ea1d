import { describe, expect, it } from 'vitest';
import {
  explainBadReference,
  hasReference,
  resolveReferences,
} from '../../../skeleton/base/src/runtime/config/environment.ts';

function resolve(text: string): { resolved: string; missing: string[] } {
  const missing: string[] = [];
  const environment = { HOST: 'db', EMPTY: '', ODD: '$& ${HOST}' };
  return { resolved: resolveReferences(text, environment, (name) => missing.push(name)), missing };
}

describe('references to the environment', () => {
  it.each([
    ['plain text', 'plain text', []],
    ['${HOST}', 'db', []],
    ['a ${HOST}:${PORT:-5432}/x', 'a db:5432/x', []],
    ['${PORT:-}', '', []],
    ['${EMPTY:-full}', 'full', []],
    ['${EMPTY}', '', ['EMPTY']],
    ['${A}-${B}', '-', ['A', 'B']],
    ['${ODD}', '$& ${HOST}', []],
    ['$HOST $$ {HOST}', '$HOST $$ {HOST}', []],
  ])('%s', (text, resolved, missing) => {
    expect(resolve(text)).toEqual({ resolved, missing });
  });

  it.each(['${}', '${1A}', '${A-B}', '${A:b}', '${A', 'x ${A} ${b c}'])('%s is none', (text) => {
    expect(explainBadReference(text)).toBeDefined();
  });

  it.each(['${A}', '${a_1:-x y}', 'x', '$x'])('%s is right', (text) => {
    expect(explainBadReference(text)).toBeUndefined();
    expect(hasReference(text)).toBe(text.startsWith('${'));
  });
});
