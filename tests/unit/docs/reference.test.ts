import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import { createProgram } from '../../../skeleton/base/src/runtime/cli/program.ts';
import { type JsonSchema, jsonSchemaOf } from '../../../skeleton/base/src/runtime/config/json-schema.ts';
import { pipelineModel } from '../../../skeleton/base/src/runtime/config/model.ts';
import { EXIT_CODES } from '../../../skeleton/base/src/runtime/errors/pipeline-error.ts';

const docs = join(import.meta.dirname, '../../../skeleton/base/docs');

/** What stands as code in the first column of the tables of a page. */
function documented(page: string, pattern: RegExp): string[] {
  return [...readFileSync(join(docs, page), 'utf8').matchAll(pattern)].map(([, name = '']) => name).sort();
}

function optionPaths(schema: JsonSchema, path: string): string[] {
  const children = Object.entries(schema.properties ?? {}).map(([name, child]) => [name, child] as const);
  if (typeof schema.additionalProperties === 'object') children.push(['*', schema.additionalProperties]);
  return children.flatMap(([name, child]) => {
    const here = path === '' ? name : `${path}.${name}`;
    const below = typeof child === 'object' ? optionPaths(child, here) : [];
    return name === '*' ? below : [here, ...below];
  });
}

function commands(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return command.commands.flatMap((child) => (child.commands.length > 0 ? commands(child) : [child]));
}

function usageOf(command: CommandUnknownOpts): string {
  const parent = command.parent?.parent ? `${command.parent.name()} ` : '';
  const args = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  return `${parent}${command.name()}${args.join('')}`;
}

it('every option of pipeline.yaml is documented, and no other', () => {
  const paths = optionPaths(jsonSchemaOf(pipelineModel), '');
  expect(documented('configuration.md', /^\| `([A-Za-z.*]+)` \|/gm)).toEqual(paths.sort());
});

it('every command and option of the command line is documented, and no other', () => {
  const all = commands(createProgram());
  expect(documented('cli.md', /^\| `([a-z][^`]*)` \|/gm)).toEqual(all.map(usageOf).sort());
  const options = all.flatMap(({ options }) => options.map(({ flags }) => flags.replace(/^-\w, /, '')));
  expect(documented('cli.md', /^\| `(--[^`]*)` \|/gm)).toEqual([...new Set(options)].sort());
});

it('every exit code is documented, and no other', () => {
  const { anomaly: _, ...codes } = EXIT_CODES;
  const numbers = Object.values(codes).map(String);
  expect(documented('cli.md', /^\| (\d+) \|/gm)).toEqual(numbers.sort());
});
