import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answers, completeAnswers } from '../../scripts/template/answers.ts';
import { readTemplate, withoutRemote } from '../../scripts/template/definition.ts';
import { renderSteps } from '../../scripts/template/rendering.ts';

export const localTemplate = withoutRemote(readTemplate());

/** A new folder that holds what this test run renders. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'etl-render-'));
}

/** Renders the template of the project, with the scaffolder's own actions. */
export function renderInProcess(given: Answers, folder: string): Promise<void> {
  return renderSteps(localTemplate, completeAnswers(localTemplate, given), folder);
}
