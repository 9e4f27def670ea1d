import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { allCombinations, pairwiseCombinations } from './answers.ts';
import { expectedOverlays, filesOf, skeleton } from './overlays.ts';
import { renderInProcess, temporaryFolder } from './renderer.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

// `${{ 'x' if y }}` is meant to be empty without y; a macro's text is looked at where it is made.
const MAY_BE_EMPTY = / if (?!.* else )|^[a-z_A-Z]+\(/;

/** The skeleton with every `${{ x }}` passed through a filter, which is told where it stands. */
function instrument(): void {
  for (const overlay of new Set(allCombinations().flatMap(expectedOverlays))) {
    mkdirSync(join(folder, 'skeleton', overlay), { recursive: true });
    for (const path of filesOf(overlay).filter((file) => file.endsWith('.njk'))) {
      const target = join(folder, 'skeleton', overlay, path);
      const text = readFileSync(join(skeleton, overlay, path), 'utf8');
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(skeleton, overlay, path), target);
      const lines = text.split('\n').map((line, index) =>
        line.replaceAll(/\$\{\{([^}]|\}(?!\}))*\}\}/g, (whole) => {
          const expression = whole.slice(3, -2).replaceAll(/^-|-$/g, '').trim();
          if (MAY_BE_EMPTY.test(expression)) return whole;
          return whole.replace(
            expression,
            () => `(${expression}) | filled(${JSON.stringify(`${path}:${index + 1} ${expression}`)})`,
          );
        }),
      );
      writeFileSync(target, lines.join('\n'));
    }
  }
}

it('no interpolation is empty, for every two answers', async () => {
  instrument();
  const empty = new Set<string>();
  let filled = 0;
  for (const [index, answers] of pairwiseCombinations().entries()) {
    await renderInProcess(answers, join(folder, String(index)), {
      from: folder,
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
