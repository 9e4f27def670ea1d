import { useApi } from '@backstage/frontend-plugin-api';
import { type CatalogApi, catalogApiRef } from '@backstage/plugin-catalog-react';
import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { createFormField } from '@backstage/plugin-scaffolder-react/alpha';
import { useEffect, useState } from 'react';
import { TextFieldWithNote } from './text-field.tsx';

/** Milliseconds without a keystroke after which the catalog is asked. */
const PAUSE = 300;

/** The name of a component, with a note whether the catalog has one of that name. */
function NameField(field: FieldExtensionComponentProps<string>) {
  const { formData: name = '', schema } = field;
  const catalog = useApi(catalogApiRef);
  const [taken, setTaken] = useState<{ readonly name: string; readonly problem: string | undefined }>();
  const valid = new RegExp(schema.pattern ?? '').test(name) && name.length >= (schema.minLength ?? 0);

  useEffect(() => {
    if (!valid) return undefined;
    let current = true;
    const ask = () =>
      findTaken(catalog, name).then(
        (problem) => current && setTaken({ name, problem }),
        () => undefined,
      );
    const timer = setTimeout(ask, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [catalog, name, valid]);

  if (name !== '' && !valid)
    return <TextFieldWithNote field={field} note={`Not a name yet: ${schema.errorMessage}`} wrong />;
  const answer = taken?.name === name ? taken : undefined;
  const note = answer && (answer.problem ?? `${name} is free.`);
  return <TextFieldWithNote field={field} note={note} wrong={answer?.problem !== undefined} />;
}

/** Why a name cannot be taken; undefined when it can. */
async function findTaken(catalog: CatalogApi, name: string): Promise<string | undefined> {
  const component = await catalog.getEntityByRef(`component:default/${name}`);
  if (component === undefined) return undefined;
  return `${name} is taken by a component of ${component.spec?.owner ?? 'somebody'}. Choose another name.`;
}

export const nameField = createFormField({
  name: 'EtlPipelineName',
  component: NameField,
  validation: async (name: string | undefined, field, { apiHolder }) => {
    const catalog = apiHolder.get(catalogApiRef);
    const problem = name === undefined || catalog === undefined ? undefined : await findTaken(catalog, name);
    if (problem !== undefined) field.addError(problem);
  },
});
