// Flags of the controller manager that change how its loops work.

import type { ControllerContext } from '../api/controller.ts';
import { parseDuration } from '../lib/time.ts';

type Flags = Pick<ControllerContext, 'flag'>;

/** A duration, in ms. */
export const durationFlag = ({ flag }: Flags, name: string, fallback: number): number => parseDuration(flag(name) ?? '') ?? fallback;

/** What is no number was refused when the process started. */
export const numberFlag = ({ flag }: Flags, name: string, fallback: number): number => Number(flag(name) ?? fallback);
