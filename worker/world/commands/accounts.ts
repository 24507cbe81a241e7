// Names of users and groups, from /etc/passwd and /etc/group; and the tools that say who one is.

import type { System } from '../process/system.ts';
import { once, options } from './tool.ts';

const lines = (system: System, path: string): string[][] =>
  (system.find(path)?.content ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(':'));

export const userName = (system: System, uid: number): string =>
  lines(system, '/etc/passwd').find((one) => Number(one[2]) === uid)?.[0] ?? String(uid);
export const groupName = (system: System, gid: number): string =>
  lines(system, '/etc/group').find((one) => Number(one[2]) === gid)?.[0] ?? String(gid);
export const userId = (system: System, name: string): number | undefined =>
  /^\d+$/.test(name) ? Number(name) : numberOf(lines(system, '/etc/passwd'), name);
export const groupId = (system: System, name: string): number | undefined =>
  /^\d+$/.test(name) ? Number(name) : numberOf(lines(system, '/etc/group'), name);

const numberOf = (entries: readonly string[][], name: string): number | undefined => {
  const found = entries.find((one) => one[0] === name);
  return found && Number(found[2]);
};

/** Of Kubernetes' own tests: who it runs as. */
export const nnp = once('nnp', (system) => {
  system.out(`Effective uid: ${system.process.uid}\n`);
  return 0;
});

export const whoami = once('whoami', (system) => {
  const { uid } = system.process;
  const name = userName(system, uid);
  if (name === String(uid)) {
    system.err(system.files.exists('/bin/busybox') ? `whoami: unknown uid ${uid}\n` : `whoami: cannot find name for user ID ${uid}\n`);
    return 1;
  }
  system.out(`${name}\n`);
  return 0;
});

export const id = once('id', (system) => {
  const given = options(system, 'ugGnra', ['user', 'group', 'groups', 'name']);
  const [who] = given.rest;
  const known = who === undefined ? system.process.uid : userId(system, who);
  if (known === undefined) {
    system.err(system.files.exists('/bin/busybox') ? `id: unknown user ${who}\n` : `id: '${who}': no such user\n`);
    return 1;
  }
  const entry = lines(system, '/etc/passwd').find((one) => Number(one[2]) === known);
  const gid = who === undefined ? system.process.gid : Number(entry?.[3] ?? 0);
  const own =
    who === undefined
      ? system.process.groups
      : lines(system, '/etc/group')
          .filter((one) => (one[3] ?? '').split(',').includes(who))
          .map((one) => Number(one[2]));
  const groups = [...new Set([gid, ...own])];
  const isName = given.has('n', 'name');
  const user = (uid: number): string => (isName ? userName(system, uid) : String(uid));
  const group = (one: number): string => (isName ? groupName(system, one) : String(one));
  if (given.has('u', 'user')) system.out(`${user(known)}\n`);
  else if (given.has('g', 'group')) system.out(`${group(gid)}\n`);
  else if (given.has('G', 'groups')) system.out(`${groups.map(group).join(' ')}\n`);
  else {
    const named = (number: number, name: string): string => (name === String(number) ? String(number) : `${number}(${name})`);
    system.out(
      `uid=${named(known, userName(system, known))} gid=${named(gid, groupName(system, gid))} groups=${groups.map((one) => named(one, groupName(system, one))).join(',')}\n`,
    );
  }
  return 0;
});

export const groups = once('groups', (system) => {
  system.out(`${[...new Set([system.process.gid, ...system.process.groups])].map((one) => groupName(system, one)).join(' ')}\n`);
  return 0;
});
