// The picture on the first page: a cluster as it will look, with pods that come and go.

const NODES = [
  ['ok', 'ok', 'starting', 'ok', 'ok'],
  ['ok', 'done', 'ok', 'ok'],
  ['ok', 'ok', 'bad', 'ok', 'starting', 'ok'],
];

export const Tank = () => (
  <div class="tank" aria-hidden="true">
    {NODES.map((pods, i) => (
      <div key={i} class="tank-node">
        <span>node-{i + 1}</span>
        <div>
          {pods.map((tone, j) => (
            <i key={j} class={`pod ${tone}`} style={{ animationDelay: `${(i * 7 + j * 5) % 11}00ms` }} />
          ))}
        </div>
      </div>
    ))}
  </div>
);
