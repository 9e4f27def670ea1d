import { expect, it } from 'vitest';
import { pairwiseCombinations } from './answers.ts';
import { renderTexts, type Template } from './texts.ts';

// `${{ 'x' if y }}` is meant to be empty without y; a macro's text is looked at where it is made.
const MAY_BE_EMPTY = / if (?!.* else )|^[a-z_A-Z]+\(/;

/** The source of a template with every `${{ x }}` passed through a filter, which is told where it stands. */
function instrument({ path, source }: Template): string {
  const lines = source.split('\n').map((line, index) =>
    line.replaceAll(/\$\{\{([^}]|\}(?!\}))*\}\}/g, (whole) => {
      const expression = whole.slice(3, -2).replaceAll(/^-|-$/g, '').trim();
      if (MAY_BE_EMPTY.test(expression)) return whole;
      return whole.replace(
        expression,
        () => `(${expression}) | filled(${JSON.stringify(`${path}:${index + 1} ${expression}`)})`,
      );
    }),
  );
  return lines.join('\n');
}

it('no interpolation is empty, for every two answers', () => {
  const empty = new Set<string>();
  let filled = 0;
  for (const answers of pairwiseCombinations()) {
    renderTexts(answers, {
      sourceOf: instrument,
      filters: {
        filled: (value, place) => {
          if (value === undefined || value === null || value === '') empty.add(String(place));
          else filled++;
          return value;
        },
      },
    });
  }
  expect([...empty]).toEqual([]);
  expect(filled).toBeGreaterThan(1000);
});
