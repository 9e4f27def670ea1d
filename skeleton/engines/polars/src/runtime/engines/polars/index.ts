export { FrameTransformer } from './frame-transformer.ts';
export { type DataFrame, pl } from './polars.ts';
