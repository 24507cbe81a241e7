// Telling own changes of slices from others', which have to be undone. Upstream's EndpointSliceTracker. Memory only: what is forgotten in an eviction costs one
// look that finds nothing to do.

import type { ChangeType, ControllerContext } from '../../api/controller.ts';
import type { EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { keyOf } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import type { Meter } from '../../lib/metrics.ts';
import { endpointSlices } from '../../resources/discovery/endpointslice.ts';

const [CREATE, UPDATE, DELETE] = [{ operation: 'create' }, { operation: 'update' }, { operation: 'delete' }];

/** As a list that was never filled looks in Go. */
const orNull = <T>(list: T[] | null): T[] | null => (list?.length ? list : null);

type Context = Pick<ControllerContext, 'api' | 'meters'>;

export class OwnWrites {
  readonly #changes: Meter;
  /** Revisions written and not heard of yet; '' for a deletion. */
  readonly #expected = new Map<string, Set<string>>();

  /** `changes` counts them. */
  constructor(changes: Meter) {
    this.#changes = changes;
  }

  create({ api, meters }: Context, { metadata, addressType, endpoints, ports }: EndpointSlice): void {
    const { generateName = '', namespace = '', labels = {}, annotations = {}, ownerReferences = [] } = metadata;
    this.#note(
      api.create<EndpointSlice>(endpointSlices, {
        metadata: { generateName, namespace, labels, annotations, ownerReferences },
        addressType,
        endpoints: orNull(endpoints),
        ports: orNull(ports),
      }),
    );
    meters.add(this.#changes, CREATE);
  }

  update({ api, meters }: Context, slice: EndpointSlice): void {
    const written = api.update(endpointSlices, {
      ...slice,
      endpoints: orNull(slice.endpoints),
      ports: orNull(slice.ports),
    });
    if (written.metadata.resourceVersion !== slice.metadata.resourceVersion) this.#note(written);
    meters.add(this.#changes, UPDATE);
  }

  delete(context: Context, slice: EndpointSlice): void {
    if (this.forget(context, slice)) context.meters.add(this.#changes, DELETE);
  }

  /** Deletes what is nobody's any more: that is not counted. Whether it was there. */
  forget({ api }: Pick<Context, 'api'>, slice: EndpointSlice): boolean {
    const { namespace = '', name } = slice.metadata;
    try {
      api.delete(endpointSlices, namespace, name);
      this.#expect(keyOf(slice), '');
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return false;
    }
  }

  /** Whether a change is one of these. */
  takes(slice: EndpointSlice, type: ChangeType): boolean {
    const key = keyOf(slice);
    const expected = this.#expected.get(key);
    const known = expected?.delete(type === 'deleted' ? '' : slice.metadata.resourceVersion) ?? false;
    if (type === 'deleted' || expected?.size === 0) this.#expected.delete(key);
    return known;
  }

  #note(written: EndpointSlice): void {
    this.#expect(keyOf(written), written.metadata.resourceVersion);
  }

  #expect(key: string, revision: string): void {
    const expected = this.#expected.get(key);
    if (expected) expected.add(revision);
    else this.#expected.set(key, new Set([revision]));
  }
}
