import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { createFormField } from '@backstage/plugin-scaffolder-react/alpha';
import TextField from '@material-ui/core/TextField';
import Autocomplete from '@material-ui/lab/Autocomplete';

/** One of several hundred time zones, found by typing a part of its name. */
function TimeZoneField({ idSchema, schema, formData, disabled, onChange }: FieldExtensionComponentProps<string>) {
  const timeZones = (schema.enum ?? []).filter((zone) => typeof zone === 'string');
  return (
    <Autocomplete
      id={idSchema.$id}
      options={timeZones}
      value={formData ?? ''}
      disabled={disabled}
      disableClearable
      autoHighlight
      onChange={(_, zone) => onChange(zone)}
      renderInput={(input) => <TextField {...input} label={schema.title} helperText={schema.description} />}
    />
  );
}

export const timeZoneField = createFormField({ name: 'EtlPipelineTimeZone', component: TimeZoneField });
