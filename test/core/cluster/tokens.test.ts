import { describe, expect, test } from 'vitest';
import { hashOf, Tokens } from '../../../worker/cluster/tokens.ts';
import type { Grant } from '../../../worker/cluster/tokens.ts';
import type { PrivateState } from '../../../worker/store/store.ts';
import { MemoryBackend } from '../../../worker/store/memory.ts';
import { IndexedStore } from '../../../worker/store/indexed-store.ts';

const OWNER: Grant = { access: 'edit', user: 'kubernetes-admin', via: 'kubeconfig' };

function given(): { tokens: Tokens; state: PrivateState; wait(ms: number): void } {
  let now = 1000;
  const state = new IndexedStore(new MemoryBackend()).state;
  return { tokens: new Tokens(state, () => now), state, wait: (ms) => void (now += ms) };
}

describe('tokens', () => {
  test('are known by their hash; what they are is kept nowhere', () => {
    const { tokens, state } = given();
    tokens.add(hashOf('open sesame'), OWNER);
    expect(tokens.userOf('open sesame')).toEqual({ name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] });
    expect(tokens.userOf(hashOf('open sesame'))).toBeUndefined();
    expect(JSON.stringify(state.entries('tokens'))).not.toContain('sesame');
  });

  test('for looking make a viewer', () => {
    const { tokens } = given();
    tokens.add(hashOf('a'), { access: 'view', user: 'v', via: 'link/1' });
    expect(tokens.userOf('a')).toEqual({ name: 'v', groups: ['kubarium:viewers', 'system:authenticated'] });
    expect(tokens.viaOf('a')).toBe('link/1');
  });

  test('end in time, also when they were seen before, and are forgotten when others come', () => {
    const { tokens, state, wait } = given();
    tokens.add(hashOf('a'), { ...OWNER, expiresAt: 1500 });
    expect(tokens.userOf('a')).toBeDefined();
    wait(500);
    expect(tokens.userOf('a')).toBeUndefined();
    tokens.add(hashOf('b'), OWNER);
    expect(state.entries('tokens')).toHaveLength(1);
  });

  test('that came one way are taken back together', () => {
    const { tokens } = given();
    for (const [token, via] of [
      ['a', 'kubeconfig'],
      ['b', 'link/1'],
      ['c', 'link/1'],
      ['d', 'link/10'],
    ] as const)
      tokens.add(hashOf(token), { ...OWNER, via });
    const known = (): string => ['a', 'b', 'c', 'd'].filter((token) => tokens.userOf(token)).join('');
    expect(known()).toBe('abcd');
    tokens.revoke('link/1');
    expect(known()).toBe('ad');
    tokens.revoke();
    expect(known()).toBe('');
  });

  test('of one way are bounded: the oldest go, those of other ways stay', () => {
    const { tokens, state } = given();
    tokens.add(hashOf('link'), { ...OWNER, via: 'link/1' });
    for (let i = 0; i < 510; i++) tokens.add(hashOf(`k${i}`), OWNER);
    expect(state.entries('tokens')).toHaveLength(501);
    expect([tokens.userOf('k9'), tokens.userOf('k10')?.name, tokens.userOf('link')?.name]).toEqual([
      undefined,
      'kubernetes-admin',
      'kubernetes-admin',
    ]);
  });
});
