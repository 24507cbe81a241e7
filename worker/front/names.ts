// Names for sandboxes that nobody named: easy to say and to tell apart.

const ADJECTIVES =
  'amber bold brave breezy bright calm clever cosmic crisp dapper eager fair fresh gentle glad golden happy hardy jolly keen kind lively lucky mellow merry mighty nimble noble polite proud quick quiet rapid shiny silver smooth snug sunny swift tidy vivid warm wise witty zesty'.split(
    ' ',
  );
const ANIMALS =
  'badger beaver bison crane dolphin eagle falcon ferret finch fox gecko gull hare hawk heron ibis jay koala lark lemur lynx marten mole newt ocelot orca osprey otter owl panda pelican penguin puffin quail raven robin seal shrew sparrow stork swan tapir tern toad turtle vole walrus whale wombat wren'.split(
    ' ',
  );

export function randomName(): string {
  const [a, b, c] = crypto.getRandomValues(new Uint32Array(3)) as unknown as [number, number, number];
  return `${ADJECTIVES[a % ADJECTIVES.length]}-${ANIMALS[b % ANIMALS.length]}-${c % 1000}`;
}
