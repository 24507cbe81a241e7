// Images on a machine: what is there, and how the rest comes. A pull takes as long as its size needs; what is there already is there at once.

import { sha256 } from '@noble/hashes/sha2.js';
import { flat, hexOf, utf8 } from '../../lib/text.ts';
import { findImage } from '../images/catalog.ts';
import type { Image } from '../images/image.ts';
import { fullName, parseReference, repositoryName } from '../images/reference.ts';
import type { Reference } from '../images/reference.ts';
import type { Machine, StoredImage } from '../machine.ts';
import type { World } from '../world.ts';

/** Bytes in a millisecond, and what the registry needs before the first byte. */
const [BYTES_PER_MS, ROUND_TRIPS_MS] = [60_000, 350];

export type PullPlan = { readonly durationMs: number; readonly size: number } | { readonly durationMs: number; readonly error: string };

/** What a pull of an image will come to. */
export function planPull(world: World, text: string): PullPlan {
  const reference = parseReference(text);
  if (typeof reference === 'string')
    return { durationMs: 1, error: `failed to pull and unpack image ${JSON.stringify(text)}: ${reference}` };
  const image = findImage(world, reference);
  if (typeof image === 'string') return { durationMs: ROUND_TRIPS_MS, error: image };
  if (world.traits.lenient) return { durationMs: 1, size: image.size };
  // Mirrors and caches differ: the same pull never takes quite the same time.
  const wobble = 0.85 + world.random.below(300) / 1000;
  return { durationMs: Math.round((ROUND_TRIPS_MS + image.size / BYTES_PER_MS) * wobble), size: image.size };
}

export function storeImage(world: World, machine: Machine, text: string): StoredImage {
  const reference = parseReference(text) as Reference;
  const image = findImage(world, reference) as Image;
  const stored = { ...identify(reference), size: image.size, pulledAt: world.now() };
  machine.images[fullName(reference)] = stored;
  world.machines.put(machine.name, machine);
  return stored;
}

export function storedImage(machine: Machine, text: string): StoredImage | undefined {
  const reference = parseReference(text);
  return typeof reference === 'string' ? undefined : machine.images[fullName(reference)];
}

/** The image that a name stands for in this world. */
export function imageOf(world: World, text: string): Image | undefined {
  const reference = parseReference(text);
  const image = typeof reference === 'string' ? undefined : findImage(world, reference);
  return typeof image === 'string' ? undefined : image;
}

const identities = new Map<string, { digest: string; id: string }>();

/** Digests are made of the name, so that the same image has the same one everywhere. */
function identify(reference: Reference): { digest: string; id: string } {
  const name = fullName(reference);
  let known = identities.get(name);
  if (!known) {
    const digest = reference.digest || `sha256:${hexOf(sha256(utf8(`manifest ${name}`)))}`;
    known = { digest, id: `sha256:${hexOf(sha256(utf8(`config ${repositoryName(reference)} ${digest}`)))}` };
    if (identities.size > 1000) identities.clear();
    identities.set(name, known);
  }
  return known;
}

/** `docker.io/library/nginx@sha256:…`: how a status names the image that runs. */
export function imageRef(text: string, stored: StoredImage): string {
  return flat(`${repositoryName(parseReference(text) as Reference)}@${stored.digest}`);
}

/** `docker.io/library/nginx:1.27`: how the runtime names an image. */
export const imageName = (text: string): string => flat(fullName(parseReference(text) as Reference));
