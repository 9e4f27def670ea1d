export { SqlStreamTransformer } from './sql-stream-transformer.ts';
export { SqlTransformer } from './sql-transformer.ts';
