import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasLiteralPassword, redact, registerSecret } from '../../../skeleton/base/src/runtime/config/secrets.ts';

describe('redact', () => {
  it('hides registered values wherever they stand', () => {
    registerSecret('open-sesame');
    expect(redact('a open-sesame b (open-sesame)')).toBe('a *** b (***)');
  });

  it('hides the passwords of URLs that nobody registered', () => {
    expect(redact('at postgres://u:pw@h/db and redis://:pw@h')).toBe('at postgres://u:***@h/db and redis://:***@h');
    expect(redact('https://example.com:8080/@home')).toBe('https://example.com:8080/@home');
  });

  it('hides secrets in the query of a URL and leaves the rest readable', () => {
    registerSecret('https://host/path?region=north&token=t0k3n-value');
    expect(redact('https://host/path?region=north&token=t0k3n-value')).toBe('https://host/path?region=north&token=***');
  });

  it('leaves a password that is the user name readable, apart from URLs', () => {
    registerSecret('postgres://warehouse:warehouse@host/db');
    expect(redact('warehouse at postgres://warehouse:warehouse@host')).toBe(
      'warehouse at postgres://warehouse:***@host',
    );
  });

  it('never lets a registered secret through, whatever surrounds it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.stringMatching(/^[A-Z0-9]{12,40}$/), (before, after, value) => {
        registerSecret(value);
        expect(redact(before + value + after)).not.toContain(value);
      }),
    );
  });
});

describe('a literal password', () => {
  it.each([
    ['postgres://u:pw@h/db', true],
    ['postgres://u:${A:-pw}@h/db', true],
    ['postgres://u:x${A}@h/db', true],
    ['postgres://u:${A}@h/db', false],
    ['postgres://u:${A:-}@h/db', false],
    ['postgres://${U}:${A}@h/db', false],
    ['postgres://${U}:pw@h/db', true],
    ['postgres://u@h/db', false],
    ['https://h:80/a@b', false],
    ['${URL}', false],
    ['http://a:${A}@h, http://b:pw@h', true],
  ])('%s: %s', (text, expected) => {
    expect(hasLiteralPassword(text)).toBe(expected);
  });
});
