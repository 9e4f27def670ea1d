import { expect, it } from 'vitest';
import { stateInFolders } from '../../../scripts/update/migrations/state-in-folders.ts';

it('keeps the state where it was in a repository that was never asked, and says nothing to others', () => {
  const migrate = (answers: object) => stateInFolders.answers?.({ ...answers });
  expect(migrate({ sources: ['postgres'], sinks: ['delta'] })).toMatchObject({ state: 'local' });
  expect(migrate({ sources: ['files'], sinks: ['postgres'] })).toMatchObject({ state: 'local' });
  expect(migrate({ sources: ['postgres'], sinks: ['delta'], state: 'postgres' })).toMatchObject({ state: 'postgres' });
  expect(migrate({ sources: ['files'], sinks: ['delta'] })).not.toHaveProperty('state');
});
