// Every tool there is. A tool is a file, and a line here.

import type { Tool } from '../process/program.ts';
import { ash, bash, dash } from '../shell/shell.ts';
import { groups, id, nnp, whoami } from './accounts.ts';
import { busybox } from './busybox.ts';
import { cat } from './cat.ts';
import { chroot } from './chroot.ts';
import { conntrack } from './conntrack.ts';
import { crictl } from './crictl/index.ts';
import { curl } from './curl.ts';
import { mariadb, mariadbAdmin, mysql, mysqladmin, pgIsReady } from './database-clients.ts';
import { date } from './date.ts';
import { echoTool } from './echo.ts';
import { env, printenv } from './env.ts';
import { chgrp, chmod, chown, cp, ln, mkdir, mktemp, mv, rm, rmdir, touch, truncate, unlink } from './file-changes.ts';
import { basename, dirname, du, find, pwd, readlink, realpath, stat, which } from './file-facts.ts';
import { egrep, fgrep, grep } from './grep.ts';
import { awk, gawk, jq, mawk, yq } from './library.ts';
import { goTool, java, node, npm, perl, php, python, python3, ruby } from './languages.ts';
import { iptables, iptablesSave, ipvsadm } from './iptables.ts';
import { fallocate } from './large-file.ts';
import { ls } from './ls.ts';
import { apk, apt, aptGet, dd, envsubst, gunzip, gzip, less, more, nano, zcat } from './misc.ts';
import { vi, vim } from './vi/index.ts';
import { dig, getent, host, nslookup } from './name-tools.ts';
import { nc, ping, telnet, tracepath, traceroute } from './network-tools.ts';
import { arp, ifconfig, ip, route } from './interface-tools.ts';
import { netstat, ss } from './socket-tools.ts';
import { openssl } from './openssl/index.ts';
import { printfTool } from './printf.ts';
import { kill, killall, nohup, pgrep, pidof, pkill, ps, time, timeout, top, watch } from './process-tools.ts';
import { redisCli } from './redis-cli.ts';
import { sed } from './sed/index.ts';
import { sleep } from './sleep.ts';
import { journalctl } from './journalctl.ts';
import { systemctl } from './systemctl.ts';
import { sysctl } from './sysctl.ts';
import { tar } from './tar.ts';
import { base64, expr, falseTool, md5sum, seq, sha1sum, sha256sum, sha512sum, tee, trueTool, xargs, yesTool } from './streams.ts';
import { clear, df, dmesg, free, hostname, mount, nproc, sync, tty, umount, uname, uptime } from './system-info.ts';
import { bracketTool, testTool } from './test.ts';
import { cmp, comm, diff } from './compare.ts';
import { cut } from './cut.ts';
import { hexdump, od, strings } from './dump.ts';
import { head } from './head.ts';
import { fold, nl, paste, rev, split, tac } from './reshape.ts';
import { sort } from './sort.ts';
import { tail } from './tail.ts';
import { tr } from './tr.ts';
import { uniq } from './uniq.ts';
import { wc } from './wc.ts';
import { wget } from './wget.ts';

const shells = (): readonly Tool[] => [ash, bash, dash];
const files = (): readonly Tool[] => [
  basename,
  cat,
  chgrp,
  chmod,
  chown,
  cp,
  dd,
  df,
  dirname,
  du,
  find,
  ln,
  ls,
  mkdir,
  mktemp,
  mount,
  mv,
  pwd,
  readlink,
  realpath,
  rm,
  rmdir,
  stat,
  sync,
  tar,
  touch,
  truncate,
  fallocate,
  iptables,
  iptablesSave,
  ipvsadm,
  umount,
  unlink,
  which,
];
const text = (): readonly Tool[] => [
  awk,
  cmp,
  comm,
  cut,
  diff,
  egrep,
  fgrep,
  fold,
  gawk,
  grep,
  head,
  hexdump,
  jq,
  less,
  mawk,
  more,
  nano,
  nl,
  od,
  paste,
  rev,
  sed,
  sort,
  split,
  strings,
  tac,
  tail,
  tr,
  uniq,
  vi,
  vim,
  wc,
  yq,
];
const streams = (): readonly Tool[] => [base64, gunzip, gzip, md5sum, sha1sum, sha256sum, sha512sum, tee, xargs, yesTool, zcat];
const system = (): readonly Tool[] => [
  apk,
  apt,
  aptGet,
  busybox,
  chroot,
  conntrack,
  crictl,
  journalctl,
  systemctl,
  clear,
  date,
  dmesg,
  echoTool,
  env,
  envsubst,
  expr,
  falseTool,
  free,
  groups,
  hostname,
  id,
  kill,
  killall,
  nohup,
  nproc,
  pgrep,
  pidof,
  pkill,
  printenv,
  printfTool,
  ps,
  seq,
  sleep,
  sysctl,
  tar,
  testTool,
  bracketTool,
  time,
  timeout,
  top,
  trueTool,
  tty,
  uname,
  uptime,
  watch,
  nnp,
  whoami,
];
const network = (): readonly Tool[] => [
  arp,
  curl,
  dig,
  getent,
  host,
  ifconfig,
  ip,
  nc,
  netstat,
  nslookup,
  ping,
  route,
  ss,
  telnet,
  tracepath,
  traceroute,
  wget,
];

const others = (): readonly Tool[] => [
  goTool,
  java,
  mariadb,
  mariadbAdmin,
  mysql,
  mysqladmin,
  pgIsReady,
  node,
  npm,
  openssl,
  perl,
  php,
  python,
  python3,
  redisCli,
  ruby,
];

export const commands = (): readonly Tool[] => [...others(), ...shells(), ...files(), ...text(), ...streams(), ...system(), ...network()];
