// By which numbers a machine knows the first processes of its containers and sandboxes. They follow from the ids, so that nothing is kept.

const [FIRST, COUNT] = [1500, 28_000];

export const hostPidOf = ({ id }: { readonly id: string }): number => FIRST + (Number.parseInt(id.slice(0, 8), 16) % COUNT);
