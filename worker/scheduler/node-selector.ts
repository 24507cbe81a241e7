// See resources/core: controllers ask the same.

export * from '../resources/core/node-selector.ts';
