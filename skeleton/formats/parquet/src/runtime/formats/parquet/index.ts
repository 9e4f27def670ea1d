export { findUnwritable } from './fixed-values.ts';
export { type ColumnSummary, type ParquetSummary, ParquetWriter } from './parquet-writer.ts';
export {
  type ParquetDescription,
  type ReadParquetOptions,
  readParquet,
  readParquetDescription,
  readParquetSchema,
} from './read-parquet.ts';
