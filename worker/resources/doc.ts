// Upstream's descriptions of fields, for the columns that show them. A new key takes `npm run generate`.

import { docs } from './schema/docs.ts';

export const docOf = (key: keyof typeof docs): string => docs[key];
