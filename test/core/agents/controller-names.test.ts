import { expect, test } from 'vitest';
import { isEnabled } from '../../../worker/agents/controller-names.ts';
import { makeControllers } from '../../../worker/controllers/index.ts';

test.each([
  { list: '*', name: 'deployment', want: true },
  { list: '*', name: 'token_cleaner', want: false },
  { list: '*,bootstrapsigner,tokencleaner', name: 'token_cleaner', want: true },
  { list: '*,-deployment-controller', name: 'deployment', want: false },
  { list: '*,-deployment', name: 'deployment', want: false },
  { list: '*,-nodelifecycle', name: 'node-lifecycle', want: false },
  { list: '*,-attachdetach', name: 'persistentvolume-attach-detach', want: false },
  { list: '*,-replicationcontroller', name: 'replicationmanager', want: false },
  { list: '*,-horizontalpodautoscaling', name: 'horizontalpodautoscaler', want: false },
  { list: '*,-resourcequota', name: 'resourcequota_primary', want: false },
  { list: 'garbagecollector', name: 'garbage_collector', want: true },
  { list: 'garbagecollector', name: 'job', want: false },
])('--controllers=$list: $name $want', ({ list, name, want }) => {
  expect(isEnabled({ controllers: list }, name)).toBe(want);
  const names = makeControllers().map((one) => one.name);
  if (name !== 'token_cleaner') expect(names).toContain(name);
});
