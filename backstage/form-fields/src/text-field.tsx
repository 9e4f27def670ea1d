import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import FormHelperText from '@material-ui/core/FormHelperText';
import TextField from '@material-ui/core/TextField';

interface TextFieldWithNoteProps {
  readonly field: FieldExtensionComponentProps<string>;
  /** What can be said about the text as it stands. */
  readonly note: string | undefined;
  /** Whether the note says what is wrong. */
  readonly wrong?: boolean;
}

/** The text box of a standard field, with a note beneath it that changes while somebody types. */
export function TextFieldWithNote({ field, note, wrong = false }: TextFieldWithNoteProps) {
  const { idSchema, schema, uiSchema, formData, required, disabled, rawErrors, onChange } = field;
  const { $id: id } = idSchema;
  return (
    <>
      <TextField
        id={id}
        label={schema.title}
        value={formData ?? ''}
        required={required}
        disabled={disabled}
        error={wrong || (rawErrors?.length ?? 0) > 0}
        autoFocus={uiSchema['ui:autofocus']}
        inputProps={{ 'aria-describedby': `${id}__description ${id}__note`, spellCheck: false, autoComplete: 'off' }}
        onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}
      />
      <FormHelperText id={`${id}__description`} error={false}>
        {schema.description}
      </FormHelperText>
      <FormHelperText id={`${id}__note`} role="status" error={wrong} style={wrong ? {} : { color: 'inherit' }}>
        {note}
      </FormHelperText>
    </>
  );
}
