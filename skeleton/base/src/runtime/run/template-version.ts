import { readFileSync } from 'node:fs';
import { z } from 'zod';

const templateSchema = z.object({ version: z.string() });

/** Version of the template that this repository was made from or last updated to; from `.template.json`. */
export const templateVersion = readTemplateVersion(new URL('../../../.template.json', import.meta.url));

function readTemplateVersion(file: URL): string | undefined {
  try {
    return templateSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
  } catch {
    return undefined;
  }
}
