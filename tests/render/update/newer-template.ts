import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { projectDirectory } from '../../../scripts/template/definition.ts';
import { versionOf } from '../../../scripts/update/template-versions.ts';
import { localTemplate } from '../renderer.ts';
import { TeamRepository } from './team-repository.ts';

export const CURRENT = versionOf(localTemplate);
export const NEXT = '99.0.0';

/** The template with a history: a tag for the version that there is, and a newer one on top of it. */
export function makeNewerTemplate(folder: string): TeamRepository {
  const template = new TeamRepository(folder);
  cpSync(join(projectDirectory, 'template.yaml'), join(folder, 'template.yaml'));
  cpSync(join(projectDirectory, 'skeleton'), join(folder, 'skeleton'), {
    recursive: true,
    filter: (path) => !path.endsWith('/skeleton/node_modules'),
  });
  template.commit('The version that there is');
  template.git('tag', `v${CURRENT}`);

  template.replace('template.yaml', `templateVersion: ${CURRENT}`, `templateVersion: ${NEXT}`);
  template.replace(
    'template.yaml',
    '        lifecycle:\n',
    '        costCenter:\n          title: Cost center\n          type: string\n          description: Who pays.\n          default: none\n        lifecycle:\n',
  );
  template.edit('skeleton/base/Dockerfile', (text) => `${text}LABEL org.opencontainers.image.vendor="acme"\n`);
  const pipeline = 'skeleton/base/src/runtime/pipeline';
  template.edit(`${pipeline}/read-ahead.ts`, (text) => `${text}\n// Newer.\n`);
  template.rename(`${pipeline}/read-ahead.ts`, `${pipeline}/reading-ahead.ts`);
  template.edit('skeleton/base/.github/workflows/ci.yaml', (text) => `${text}# Newer.\n`);
  template.edit('skeleton/base/README.md.njk', (text) => `${text}\nA line of the newer template.\n`);
  template.delete('skeleton/base/service.datadog.yaml.njk');
  template.commit('A newer version');
  return template;
}
