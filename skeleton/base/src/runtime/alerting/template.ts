import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { redact } from '../config/secrets.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import type { Alert } from './alert.ts';
import { JsonText, toJsonTexts } from './json-text.ts';

const BUILT_IN = ['generic', 'slack'];

/** Slack refuses a section of more than 3,000 characters, and each of these may become five (`&amp;`). */
const LONGEST_SLACK_TEXT = 500;

const engine = Handlebars.create();

/** `{{json run}}`: the whole value as JSON, quotes included. */
engine.registerHelper('json', (value: unknown) => JSON.stringify(value) ?? 'null');

/** `"{{slack message}}"`: inside a JSON string, so that Slack shows the text and neither links nor mentions anybody. */
engine.registerHelper('slack', (value: unknown) => {
  const text = String(value instanceof JsonText ? value.toJSON() : (value ?? ''));
  const shown = text.length > LONGEST_SLACK_TEXT ? `${text.slice(0, LONGEST_SLACK_TEXT).toWellFormed()}…` : text;
  return new JsonText(shown.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
});

/** Turns an alert into the body of a request. */
export interface AlertTemplate {
  /** @throws PipelineError `CONFIGURATION` when the template names what an alert has not, or gives no JSON */
  render(alert: Alert): string;
}

/**
 * Reads a Handlebars template.
 *
 * @param name `generic`, `slack`, or the path of a file that ends in `.hbs`
 * @throws PipelineError `CONFIGURATION`
 */
export async function loadTemplate(name: string): Promise<AlertTemplate> {
  const file = BUILT_IN.includes(name) ? join(import.meta.dirname, 'templates', `${name}.hbs`) : name;
  const source = await readTemplate(file);
  const fill = engine.compile(source, { noEscape: true, strict: true });
  return {
    render(alert) {
      const text = attempt(file, 'cannot be rendered', () => fill(toJsonTexts(alert, redact)));
      const body: unknown = attempt(file, 'gives no JSON', () => JSON.parse(text));
      return JSON.stringify(body);
    },
  };
}

async function readTemplate(file: string): Promise<string> {
  if (!file.endsWith('.hbs')) {
    throw new PipelineError('CONFIGURATION', `${file} is no alert template.`, {
      hint: `Use ${BUILT_IN.join(', ')}, or the path of a Handlebars file: src/alerts/mine.hbs.`,
    });
  }
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new PipelineError('CONFIGURATION', `The alert template ${file} cannot be read.`, {
      where: { file },
      hint: 'Check the path in pipeline.yaml; it counts from the folder that the pipeline is started in.',
      cause: error,
    });
  }
}

function attempt<T>(file: string, problem: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PipelineError('CONFIGURATION', `The alert template ${file} ${problem}: ${reason}`, {
      where: { file },
      hint: 'Write texts as "{{message}}" and whole values as {{json run}}; docs/alerts.md lists what an alert has.',
      cause: error,
    });
  }
}
