import { expect, test } from 'vitest';
import { bytes, span } from '../../web/model/time.ts';

const [S, M, H, D] = [1000, 60_000, 3_600_000, 86_400_000];

test.each([
  [0, '0s'],
  [119 * S, '119s'],
  [2 * M, '2m'],
  [3 * M + 20 * S, '3m20s'],
  [10 * M + 5 * S, '10m'],
  [179 * M, '179m'],
  [3 * H, '3h'],
  [5 * H + 7 * M, '5h7m'],
  [9 * H, '9h'],
  [47 * H, '47h'],
  [2 * D, '2d'],
  [3 * D + 4 * H, '3d4h'],
  [100 * D, '100d'],
  [800 * D, '2y70d'],
  [4000 * D, '10y'],
  [-5, '0s'],
])('%i ms is %s', (ms, want) => expect(span(ms)).toBe(want));

test.each([
  [12, '12 B'],
  [12_345, '12 KB'],
  [1_234_567, '1.2 MB'],
  [100_000_000, '100 MB'],
])('%i bytes are %s', (count, want) => expect(bytes(count)).toBe(want));
