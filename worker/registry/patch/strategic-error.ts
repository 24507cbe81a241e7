// Why a strategic merge patch does not apply. Upstream answers some with 400, one with 422, and the rest with 500 and their bare text.

import { formatValue, typeName } from '../../lib/go-format.ts';

export class StrategicPatchError extends Error {
  readonly code: 400 | 422 | 500;
  constructor(message: string, code: 400 | 422 | 500 = 500) {
    super(message);
    this.code = code;
  }

  static badRequest(message: string): StrategicPatchError {
    return new StrategicPatchError(message, 400);
  }

  static wrongType(expected: string, given: unknown): StrategicPatchError {
    return new StrategicPatchError(`expected a ${expected}, but received a ${given === null ? '%!s(<nil>)' : typeName(given)}`);
  }

  static noMergeKey(map: object, key: string): StrategicPatchError {
    return new StrategicPatchError(`map: ${formatValue(map)} does not contain declared merge key: ${key}`);
  }

  static unknownDirective(directive: unknown, map: object): StrategicPatchError {
    return new StrategicPatchError(`unknown patch type: ${formatValue(directive)} in map: ${formatValue(map)}`);
  }
}
