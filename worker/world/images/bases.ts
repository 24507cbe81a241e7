// What images are built on: Debian's and Alpine's own files and tools.

import type { FileSpec } from '../files/base.ts';
import { alpineTools, debianTools, extraTools } from './tools.ts';

type Files = Record<string, FileSpec>;

/** Lines that an image adds to /etc/passwd and /etc/group. */
export interface Accounts {
  readonly passwd?: string;
  readonly group?: string;
}

const ROOT_PASSWD = (shell: string): string => `root:x:0:0:root:/root:${shell}\n`;
const DEBIAN_PASSWD =
  'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\nsys:x:3:3:sys:/dev:/usr/sbin/nologin\nsync:x:4:65534:sync:/bin:/bin/sync\ngames:x:5:60:games:/usr/games:/usr/sbin/nologin\nman:x:6:12:man:/var/cache/man:/usr/sbin/nologin\nlp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin\nmail:x:8:8:mail:/var/mail:/usr/sbin/nologin\nnews:x:9:9:news:/var/spool/news:/usr/sbin/nologin\nuucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin\nproxy:x:13:13:proxy:/bin:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nbackup:x:34:34:backup:/var/backups:/usr/sbin/nologin\nlist:x:38:38:Mailing List Manager:/var/list:/usr/sbin/nologin\nirc:x:39:39:ircd:/run/ircd:/usr/sbin/nologin\n_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n';
const DEBIAN_GROUP =
  'root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nlp:x:7:\nmail:x:8:\nnews:x:9:\nuucp:x:10:\nman:x:12:\nproxy:x:13:\nkmem:x:15:\nsudo:x:27:\naudio:x:29:\nwww-data:x:33:\nbackup:x:34:\nshadow:x:42:\nutmp:x:43:\nvideo:x:44:\nstaff:x:50:\ngames:x:60:\nusers:x:100:\nnogroup:x:65534:\n';

export const debianBase = (accounts: Accounts = {}, extra: readonly string[] = []): Files => ({
  ...debianTools(),
  ...extraTools('/usr/bin', extra),
  '/etc/os-release':
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION="13 (trixie)"\nVERSION_CODENAME=trixie\nDEBIAN_VERSION_FULL=13.4\nID=debian\nHOME_URL="https://www.debian.org/"\nSUPPORT_URL="https://www.debian.org/support"\nBUG_REPORT_URL="https://bugs.debian.org/"\n',
  '/etc/debian_version': '13.4\n',
  '/etc/bash.bashrc': '# System-wide .bashrc file for interactive bash(1) shells.\n',
  '/etc/passwd': ROOT_PASSWD('/bin/bash') + DEBIAN_PASSWD + (accounts.passwd ?? ''),
  '/etc/group': DEBIAN_GROUP + (accounts.group ?? ''),
  '/etc/nsswitch.conf':
    'passwd:         files\ngroup:          files\nshadow:         files\n\nhosts:          files dns\nnetworks:       files\n',
  '/boot': { type: 'dir' },
  '/lib64': { type: 'dir' },
  '/media': { type: 'dir' },
  '/mnt': { type: 'dir' },
  '/opt': { type: 'dir' },
  '/srv': { type: 'dir' },
  '/usr/share': { type: 'dir' },
  '/var/tmp': { type: 'dir', mode: 0o1777 },
});

const ALPINE_PASSWD =
  'bin:x:1:1:bin:/bin:/sbin/nologin\ndaemon:x:2:2:daemon:/sbin:/sbin/nologin\nlp:x:4:7:lp:/var/spool/lpd:/sbin/nologin\nsync:x:5:0:sync:/sbin:/bin/sync\nshutdown:x:6:0:shutdown:/sbin:/sbin/shutdown\nhalt:x:7:0:halt:/sbin:/sbin/halt\nmail:x:8:12:mail:/var/mail:/sbin/nologin\nnews:x:9:13:news:/usr/lib/news:/sbin/nologin\nuucp:x:10:14:uucp:/var/spool/uucppublic:/sbin/nologin\ncron:x:16:16:cron:/var/spool/cron:/sbin/nologin\nftp:x:21:21::/var/lib/ftp:/sbin/nologin\nsshd:x:22:22:sshd:/dev/null:/sbin/nologin\ngames:x:35:35:games:/usr/games:/sbin/nologin\nntp:x:123:123:NTP:/var/empty:/sbin/nologin\nguest:x:405:100:guest:/dev/null:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n';
const ALPINE_GROUP =
  'root:x:0:root\nbin:x:1:root,bin,daemon\ndaemon:x:2:root,bin,daemon\nsys:x:3:root,bin\nadm:x:4:root,daemon\ntty:x:5:\ndisk:x:6:root\nlp:x:7:lp\nkmem:x:9:\nwheel:x:10:root\nfloppy:x:11:root\nmail:x:12:mail\nnews:x:13:news\nuucp:x:14:uucp\ncron:x:16:cron\naudio:x:18:\ncdrom:x:19:\ndialout:x:20:root\nftp:x:21:\nsshd:x:22:\ninput:x:23:\ntape:x:26:root\nvideo:x:27:root\nnetdev:x:28:\nkvm:x:34:kvm\ngames:x:35:\nshadow:x:42:\nwww-data:x:82:\nusers:x:100:games\nntp:x:123:\nutmp:x:406:\nping:x:999:\nnogroup:x:65533:\nnobody:x:65534:\n';

export const alpineBase = (accounts: Accounts = {}, extra: readonly string[] = []): Files => ({
  ...alpineTools(),
  ...extraTools('/usr/bin', extra),
  '/etc/os-release':
    'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.23.3\nPRETTY_NAME="Alpine Linux v3.23"\nHOME_URL="https://alpinelinux.org/"\nBUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n',
  '/etc/alpine-release': '3.23.3\n',
  '/etc/passwd': ROOT_PASSWD('/bin/sh') + ALPINE_PASSWD + (accounts.passwd ?? ''),
  '/etc/group': ALPINE_GROUP + (accounts.group ?? ''),
  '/etc/profile': 'export PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n',
  '/etc/apk/repositories': 'https://dl-cdn.alpinelinux.org/alpine/v3.23/main\nhttps://dl-cdn.alpinelinux.org/alpine/v3.23/community\n',
  '/media': { type: 'dir' },
  '/mnt': { type: 'dir' },
  '/opt': { type: 'dir' },
  '/srv': { type: 'dir' },
  '/usr/share': { type: 'dir' },
  '/var/tmp': { type: 'dir', mode: 0o1777 },
});
