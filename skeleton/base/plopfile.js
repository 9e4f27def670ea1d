import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addResource } from './plop/add-resource.ts';

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const root = import.meta.dirname;

/**
 * `npm run new`: adds a part of a pipeline together with its test. Without questions: `npm run new -- transformer to-euro`.
 *
 * @param {import('plop').NodePlopAPI} plop
 */
export default function generators(plop) {
  const quality = JSON.parse(readFileSync(join(root, '.template.json'), 'utf8')).answers.quality;

  generator('resource', 'a resource: what its records are, and its entry in pipeline.yaml', [
    add('src/resources', quality === 'contract' ? 'resource-with-contract' : 'resource'),
    addTest('{{dashCase name}}', quality === 'contract' ? 'resource-with-contract' : 'resource'),
    ({ name }) => {
      const file = join(root, 'pipeline.yaml');
      writeFileSync(file, addResource(readFileSync(file, 'utf8'), plop.renderString('{{snakeCase name}}', { name })));
      return 'pipeline.yaml: look at the paths, tables and columns of the new entry';
    },
  ]);
  generator('transformer', 'a transformer: records in, other records out', [
    add('src/transformers', 'transformer'),
    addTest('{{dashCase name}}', 'transformer'),
  ]);
  generator('validator', 'a validator: which records must not reach the sink', [
    add('src/validators', 'validator'),
    addTest('{{dashCase name}}', 'validator'),
  ]);
  generator('extractor', 'a connector to read from: pages of an HTTP API, to be made your own', [
    add('src/runtime/connectors', 'extractor'),
    addTest('{{dashCase name}}-connector', 'extractor'),
    describeConnector,
  ]);
  generator('loader', 'a connector to write to: a JSON file for each batch, to be made your own', [
    add('src/runtime/connectors', 'loader'),
    addTest('{{dashCase name}}-connector', 'loader'),
    describeConnector,
  ]);

  function generator(kind, description, actions) {
    const question = { type: 'input', name: 'name', message: `Name of the ${kind}, such as daily-orders:` };
    const format = (answers) =>
      formatFiles(actions.flatMap(({ path }) => (path ? [plop.renderString(path, answers)] : [])));
    plop.setGenerator(kind, {
      description,
      prompts: [{ ...question, validate: checkName }],
      actions: [...actions, format],
    });
  }
}

function add(folder, template) {
  return { type: 'add', path: `${folder}/{{dashCase name}}.ts`, templateFile: `plop/${template}.ts.hbs` };
}

function addTest(name, template) {
  return { type: 'add', path: `tests/${name}.test.ts`, templateFile: `plop/${template}.test.ts.hbs` };
}

function checkName(name) {
  return NAME.test(name) || 'Write lower-case words joined by hyphens, such as daily-orders.';
}

/** Lets editors know the options of the new connector. */
function describeConnector({ name }) {
  execFileSync(process.execPath, ['src/main.ts', 'schema'], { cwd: root });
  return `pipeline.yaml can have connections of \`type: ${name}\` now`;
}

/** Names differ in length, so lines break elsewhere. */
function formatFiles(paths) {
  const biome = 'node_modules/@biomejs/biome/bin/biome';
  execFileSync(process.execPath, [biome, 'check', '--write', ...paths], { cwd: root, stdio: 'pipe' });
  return `formatted ${paths.join(', ')}`;
}
