import { join } from 'node:path';
import { Validator } from 'jsonschema';
import { createTemplateRenderer } from 'nunjitsu';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { overlays } from '../../../scripts/overlay-resolver.ts';
import { editorSchemas, pipelineSchema, toText } from '../../../skeleton/base/src/runtime/config/editor-schema.ts';
import { findConnectors, loadConnectors } from '../../../skeleton/base/src/runtime/connectors/registry.ts';

const skeleton = join(import.meta.dirname, '../../../skeleton');
const folders = overlays.filter((path) => path.startsWith(join(skeleton, 'connectors')));
const files = await findConnectors(folders.map((folder) => join(folder, 'src/runtime/connectors')));
const connectors = await loadConnectors(files);

/** The schema of a repository with any connectors: the files it refers to are listed when it is rendered. */
function templateOf(schema: string): string {
  const each = '{%- for type in types %}{% if type != types[loop.index0 - 1] %}${{ "," if not loop.first }}';
  const references = schema.replaceAll(
    /\n( *)\{\n *"\$ref": "FILE#(.*)"\n *\}/g,
    `\n${each}\n$1{\n$1  "$$ref": "../connectors/\${{ type }}/options.schema.json#$2"\n$1}\n{%- endif %}{% endfor %}`,
  );
  return `{%- set types = (values.sources.concat(values.sinks)) | sort -%}\n${references}`;
}

// `vitest run -u` writes the files anew after a change of the model or of a connector's options.
describe('the JSON Schema that is shipped for editors', () => {
  it.each([...connectors.keys()])('of the connector %s is what its options say', async (type) => {
    const path = `connectors/${type}/options.schema.json`;
    const shipped = join(skeleton, 'connectors', type, 'src/runtime', path);
    await expect(editorSchemas(connectors, files).get(path)).toMatchFileSnapshot(shipped);
  });

  it('of pipeline.yaml is what the model says', async () => {
    const shipped = join(skeleton, 'base/src/runtime/config/pipeline.schema.json.njk');
    await expect(templateOf(toText(pipelineSchema(['FILE'])))).toMatchFileSnapshot(shipped);
  });

  it.each([
    [['files'], ['delta']],
    [
      ['postgres', 'files'],
      ['files', 'delta', 'postgres'],
    ],
    [['postgres'], ['postgres']],
  ])('is rendered as `schema` writes it, %j to %j', (sources, sinks) => {
    const renderer = createTemplateRenderer({ allowRegexExecution: true });
    const context = renderer.prepareContext({ values: { sources, sinks } });
    const types = [...new Set([...sources, ...sinks])].sort();
    const written = toText(pipelineSchema(types.map((type) => `../connectors/${type}/options.schema.json`)));
    expect(renderer.render(templateOf(toText(pipelineSchema(['FILE']))), context)).toBe(written);
  });
});

describe('an editor', () => {
  const schemas = editorSchemas(connectors, files);
  const at = (path: string) => `file:///src/runtime/${path}`;
  const validator = new Validator();
  for (const [path, text] of schemas) validator.addSchema(JSON.parse(text), at(path));

  /** Paths of what an editor would underline. */
  function mistakesIn(yaml: string): string[] {
    const { errors } = validator.validate(parse(yaml), { $ref: at('config/pipeline.schema.json') });
    return errors.map(({ path }) => path.join('.'));
  }

  const PIPELINE = `name: daily-orders
connections:
  shop: { type: postgres, url: "\${SHOP_URL}" }
  lake: { type: delta, path: "\${LAKE:-./lake}" }
resources:
  orders:
    source: { connection: shop, table: public.orders }
    sink: { connection: lake, table: orders, mode: append }
    mode: full
alerts: { webhook: { url: "\${ALERT_URL}" } }
`;

  it('finds nothing wrong with a right file', () => {
    expect(mistakesIn(PIPELINE)).toEqual([]);
  });

  it.each([
    ['an unknown option of a connector', 'path: "${LAKE:-./lake}"', 'paht: ./lake', 'connections.lake'],
    ['a mode that no connector has', 'mode: append', 'mode: upsert', 'resources.orders.sink'],
    ['a source that is none', 'connection: shop, table', 'connection: shop, tabel', 'resources.orders.source'],
    ['a spelled-out secret', '"${ALERT_URL}"', 'https://hooks.example', 'alerts.webhook.url'],
    ['a wrong type', 'mode: full', 'batchSize: many', 'resources.orders.batchSize'],
    ['an unknown option', 'mode: full', 'modes: full', 'resources.orders'],
  ])('underlines %s', (_, right, wrong, path) => {
    expect(PIPELINE).toContain(right);
    expect(mistakesIn(PIPELINE.replace(right, () => wrong))).toEqual([path]);
  });
});
