import '@backstage/ui/css/styles.css';
import { createApp } from '@backstage/frontend-defaults';
import catalogPlugin from '@backstage/plugin-catalog/alpha';
import scaffolderPlugin from '@backstage/plugin-scaffolder/alpha';
import { etlPipelineFormFields } from 'etl-pipeline-template-form-fields';
import { createRoot } from 'react-dom/client';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no element #root');
createRoot(root).render(createApp({ features: [catalogPlugin, scaffolderPlugin, etlPipelineFormFields] }).createRoot());
