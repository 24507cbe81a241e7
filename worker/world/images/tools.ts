// Which executables an image has: the tools of busybox, of Debian, of Alpine, as files that run programs. What no program here does is not there.

import type { FileSpec } from '../files/base.ts';
import { programs } from '../programs/index.ts';

type Files = Record<string, FileSpec>;

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** Busybox's, in the order of its own list. */
const BUSYBOX = words(
  '[ ash awk base64 basename cat chgrp chmod chown chroot clear cmp comm cp cut date dd df diff dirname dmesg du echo egrep env expr fallocate false fgrep find fold free fuser getopt grep groups gunzip gzip head hexdump hostname id ifconfig ip kill killall less link ln ls md5sum mkdir mkfifo mktemp more mount mv nc netstat nl nohup nproc nslookup od paste pgrep pidof ping pkill printenv printf ps pwd readlink realpath renice reset rev rm rmdir route sed seq sh sha1sum sha256sum sha512sum sleep sort split stat strings sync sysctl tac tail tar tee telnet test time timeout top touch tr traceroute true truncate tty umount uname uniq unlink uptime usleep vi watch wc wget which whoami xargs yes zcat',
);

const DEBIAN_BIN = words(
  'cat chgrp chmod chown cp date dd df dmesg echo egrep false fgrep grep gunzip gzip hostname ln ls mkdir mktemp more mount mv pwd readlink rm rmdir sed sleep stty sync tar touch true umount uname zcat',
);
const DEBIAN_USR_BIN = words(
  '[ apt apt-get awk base64 basename cmp comm cut diff dirname du env expr fallocate find fold getent getopt groups head id link md5sum mkfifo nl nohup nproc od paste perl printenv printf realpath rev seq sha1sum sha256sum sha512sum sort split stat tac tail tee test timeout tr truncate tty uniq unlink wc whoami which xargs yes',
);

const NAMES: Readonly<Record<string, string>> = { sh: 'ash', zsh: 'bash' };

function at(dir: string, names: readonly string[], size: number): Files {
  return Object.fromEntries(
    names.flatMap((name) => {
      const program = NAMES[name] ?? name;
      return programs.has(program) ? [[`${dir}/${name}`, { program, size }] as const] : [];
    }),
  );
}

/** All of them in /bin, as in the busybox image. */
export const busyboxTools = (): Files => ({
  '/bin/busybox': { program: 'busybox', size: 1_037_528 },
  ...at('/bin', [...BUSYBOX, 'getent'], 1_037_528),
});

const ALPINE_BIN = new Set(
  words(
    'ash base64 busybox cat chgrp chmod chown cp date dd df dmesg echo egrep false fgrep grep gunzip gzip hostname kill link ln ls mkdir mktemp more mount mv netstat nice pidof ping printenv ps pwd rm rmdir sed sh sleep stat stty sync tar touch true umount uname usleep watch zcat',
  ),
);
const ALPINE_SBIN = new Set(words('ifconfig ip reboot route sysctl'));

export const alpineTools = (): Files => ({
  '/bin/busybox': { program: 'busybox', size: 808_712 },
  ...at(
    '/bin',
    BUSYBOX.filter((name) => ALPINE_BIN.has(name)),
    808_712,
  ),
  ...at('/sbin', [...BUSYBOX.filter((name) => ALPINE_SBIN.has(name)), 'apk'], 808_712),
  ...at('/usr/bin', [...BUSYBOX.filter((name) => !ALPINE_BIN.has(name) && !ALPINE_SBIN.has(name)), 'getent'], 808_712),
});

export const debianTools = (): Files => ({
  ...at('/usr/sbin', ['chroot'], 48_144),
  '/bin/bash': { program: 'bash', size: 1_298_416 },
  '/bin/sh': { program: 'dash', size: 129_736 },
  '/bin/dash': { program: 'dash', size: 129_736 },
  ...at('/bin', DEBIAN_BIN, 48_144),
  ...at('/usr/bin', DEBIAN_USR_BIN, 48_144),
});

/** Further tools that an image brings. */
export const extraTools = (dir: string, names: readonly string[]): Files => at(dir, names, 260_000);
