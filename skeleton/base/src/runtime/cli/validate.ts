import { Command } from '@commander-js/extra-typings';
import { ConfigurationError } from '../config/problems.ts';
import { configOption, jsonOption } from './options.ts';
import { print, printJson } from './output.ts';
import { openProject, type Project } from './project.ts';

export function validateCommand() {
  return new Command('validate')
    .description('check pipeline.yaml and src/resources, without connecting to anything')
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async ({ json = false, config: path }) => {
      try {
        const project = await openProject(path);
        for (const { stages } of project.definitions.values()) await stages.check(undefined);
        if (json) printJson({ valid: true, problems: [] });
        else print(`${path} is valid\n${describe(project)}`);
      } catch (error) {
        if (!json || !(error instanceof ConfigurationError)) throw error;
        printJson({ valid: false, problems: error.problems.map((problem) => ({ file: error.file, ...problem })) });
        process.exitCode = error.exitCode;
      }
    });
}

/** `  orders  shop (postgres) → lake (delta), merge by order_id, definition orders` */
function describe({ config, definitions }: Project): string {
  return Object.entries(config.resources)
    .map(([name, { source, sink, definition = name }]) => {
      const type = (connection: string) => `${connection} (${config.connections[connection]?.type})`;
      const mode = sink.key === undefined ? sink.mode : `${sink.mode} by ${sink.key.join(', ')}`;
      const through = definitions.has(definition) ? `definition ${definition}` : 'records as they are';
      return `  ${name}  ${type(source.connection)} → ${type(sink.connection)}, ${mode}, ${through}`;
    })
    .join('\n');
}
