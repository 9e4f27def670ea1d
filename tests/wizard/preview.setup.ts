import type { TestProject } from 'vitest/node';
import { type Preview, startPreview } from './preview-process.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** One preview for all tests of the wizard. */
    preview: Preview;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stop, ...preview } = await startPreview();
  project.provide('preview', preview);
  return stop;
}
