import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { FormFieldBlueprint } from '@backstage/plugin-scaffolder-react/alpha';

/** Fields that template.yaml names by `ui:field`; without them a Backstage shows text boxes with the same checks. */
export const etlPipelineFormFields = createFrontendModule({
  pluginId: 'scaffolder',
  extensions: [
    FormFieldBlueprint.make({
      name: 'etl-pipeline-name',
      params: { field: () => import('./name-field.tsx').then(({ nameField }) => nameField) },
    }),
    FormFieldBlueprint.make({
      name: 'etl-pipeline-schedule',
      params: { field: () => import('./schedule-field.tsx').then(({ scheduleField }) => scheduleField) },
    }),
    FormFieldBlueprint.make({
      name: 'etl-pipeline-time-zone',
      params: { field: () => import('./time-zone-field.tsx').then(({ timeZoneField }) => timeZoneField) },
    }),
  ],
});
