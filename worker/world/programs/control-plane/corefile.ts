// Whether a Corefile can be read. Mirrors caddyfile's parser, as far as it complains.

const PLUGINS = new Set(
  `root metadata geoip cancel tls quic timeouts multisocket reload nsid bufsize bind debug trace ready health pprof prometheus errors log dnstap local dns64 acl any chaos loadbalance
  tsig cache rewrite header dnssec autopath minimal template transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view
  nomad import`.split(/\s+/),
);

/** What is wrong with a Corefile, in its reader's words. */
export function corefileProblem(text: string, path: string): string | undefined {
  let depth = 0;
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*$/, '').trim();
    if (line === '') continue;
    const [word = ''] = line.split(/\s+/);
    if (depth === 1 && line !== '}' && !PLUGINS.has(word)) return `${path}:${i + 1} - Error during parsing: Unknown directive '${word}'`;
    if (line.endsWith('{')) depth++;
    if (line === '}' && --depth < 0) return `${path}:${i + 1} - Error during parsing: Unexpected '}' because no matching opening brace`;
  }
  if (depth > 0) return `${path}:${text.split('\n').length} - Error during parsing: Unexpected EOF`;
  return undefined;
}
