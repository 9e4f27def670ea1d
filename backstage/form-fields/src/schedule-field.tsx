import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { createFormField } from '@backstage/plugin-scaffolder-react/alpha';
import { explainSchedule } from './schedule.ts';
import { TextFieldWithNote } from './text-field.tsx';

const STANDARD_TIME_ZONE = 'UTC';

/** A cron schedule, with what it means in words and when the next runs start. */
function ScheduleField(field: FieldExtensionComponentProps<string>) {
  const timeZone: unknown = field.formContext?.formData?.timezone;
  const { note, wrong } = explain(field, typeof timeZone === 'string' ? timeZone : STANDARD_TIME_ZONE);
  return <TextFieldWithNote field={field} note={note} wrong={wrong} />;
}

function explain({ formData = '', schema }: FieldExtensionComponentProps<string>, timeZone: string) {
  if (!new RegExp(schema.pattern ?? '').test(formData)) {
    return { note: `Not a schedule yet: ${schema.errorMessage}`, wrong: true };
  }
  try {
    return { note: explainSchedule(formData, timeZone), wrong: false };
  } catch (error) {
    return { note: error instanceof Error ? error.message : String(error), wrong: true };
  }
}

export const scheduleField = createFormField({
  name: 'EtlPipelineSchedule',
  component: ScheduleField,
  validation: (schedule: string | undefined, field, { formData }) => {
    if (schedule === undefined) return;
    try {
      explainSchedule(schedule, typeof formData.timezone === 'string' ? formData.timezone : STANDARD_TIME_ZONE);
    } catch (error) {
      field.addError(error instanceof Error ? error.message : String(error));
    }
  },
});
