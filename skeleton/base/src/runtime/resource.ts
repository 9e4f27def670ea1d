import type { z } from 'zod';
import type { Row } from './pipeline/batch.ts';
import { contractStage } from './pipeline/contract-stage.ts';
import { fieldTransformStage } from './pipeline/field-transform-stage.ts';
import { Stages } from './pipeline/stage.ts';
import { streamStage } from './pipeline/stream-stage.ts';
import { StreamTransformer } from './pipeline/stream-transformer.ts';
import { columnTransformStage, transformStage } from './pipeline/transform-stage.ts';
import { type Changed, ColumnTransformer, FieldTransformer, type Transformer } from './pipeline/transformer.ts';
import { validateStage } from './pipeline/validate-stage.ts';
import type { Validator } from './pipeline/validator.ts';
import { type ContractFields, inputFieldsOf, tableSchemaOf } from './schema/contract.ts';
import type { TableSchema } from './schema/table-schema.ts';

interface DefinitionParts<Input, Output> {
  readonly name: string;
  readonly stages: Stages<Input, Output>;
  readonly contractFields?: ContractFields | undefined;
  readonly outputSchema?: TableSchema | undefined;
}

/**
 * What happens to the records of a resource between source and sink, step by step. Each step takes what the step
 * before gives, or it does not compile.
 */
export class ResourceDefinition<Input = Row, Output = Input> {
  readonly name: string;
  readonly stages: Stages<Input, Output>;
  /** Columns that the first contract takes; `undefined` without one: records then come with the source's own types. */
  readonly contractFields: ContractFields | undefined;
  /** Columns that the sink is to hold, where a contract says so. */
  readonly outputSchema: TableSchema | undefined;

  constructor(parts: DefinitionParts<Input, Output>) {
    this.name = parts.name;
    this.stages = parts.stages;
    this.contractFields = parts.contractFields;
    this.outputSchema = parts.outputSchema;
  }

  transform<Next>(
    transformer: Transformer<Output, Next> | ColumnTransformer<Output, Next> | StreamTransformer<Output, Next>,
  ): ResourceDefinition<Input, Next>;
  transform<Changes extends object>(
    transformer: FieldTransformer<Output, Changes>,
  ): ResourceDefinition<Input, Changed<Output, Changes>>;
  transform<Next>(
    transformer:
      | Transformer<Output, Next>
      | ColumnTransformer<Output, Next>
      | StreamTransformer<Output, Next>
      | FieldTransformer<Output, object>,
  ): ResourceDefinition<Input, unknown> {
    if (transformer instanceof StreamTransformer) {
      return this.#with(this.stages.followedByStream(streamStage(transformer)), undefined);
    }
    if (transformer instanceof FieldTransformer) {
      return this.#with(this.stages.followedBy(fieldTransformStage(transformer)), undefined);
    }
    const stage =
      transformer instanceof ColumnTransformer ? columnTransformStage(transformer) : transformStage(transformer);
    return this.#with(this.stages.followedBy(stage), undefined);
  }

  validate(validator: Validator<Output>): ResourceDefinition<Input, Output> {
    return this.#with(this.stages.followedBy(validateStage(validator)), this.outputSchema);
  }

  /** What the sink may hold: the last check, and the columns of the sink. */
  to<Next, Taken>(
    contract: z.ZodType<Next, Taken> & ([Output] extends [Taken] ? unknown : never),
  ): ResourceDefinition<Input, Next> {
    const stage = contractStage<Output, Next>(contract, 'to');
    return this.#with(this.stages.followedBy(stage), tableSchemaOf(contract));
  }

  #with<Next>(stages: Stages<Input, Next>, outputSchema: TableSchema | undefined): ResourceDefinition<Input, Next> {
    return new ResourceDefinition({ name: this.name, stages, outputSchema, contractFields: this.contractFields });
  }
}

class ResourceStart<Input> extends ResourceDefinition<Input, Input> {
  /** What the source delivers, checked record by record; records that do not keep to it become dead letters. */
  from<Output>(contract: z.ZodType<Output>): ResourceDefinition<Row, Output> {
    const stages = Stages.none<Row>().followedBy(contractStage<Row, Output>(contract, 'from'));
    return new ResourceDefinition({
      name: this.name,
      stages,
      contractFields: inputFieldsOf(contract),
      outputSchema: tableSchemaOf(contract),
    });
  }
}

/**
 * Begins the definition of a resource.
 *
 * ```ts
 * export const orders = resource('orders').from(RawOrder).transform(new ToEuro(rates)).validate(new PositiveTotal()).to(Order);
 * ```
 */
export function resource<Input = Row>(name: string): ResourceStart<Input> {
  return new ResourceStart<Input>({ name, stages: Stages.none<Input>() });
}
