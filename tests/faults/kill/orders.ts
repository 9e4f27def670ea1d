/** An order as the source holds it, bad in one way or good. */
export interface SourceOrder {
  readonly order_id: number;
  readonly country: string;
  readonly quantity: number;
  readonly unit_price: string;
  readonly note: string;
  readonly updated_at: string;
}

export type Round = 1 | 2;
export const ROUNDS: readonly Round[] = [1, 2];
export const ROWS = 2_400;
/** What the second round brings: changed orders, and new ones. */
const CHANGED = 240;
const NEW = 360;

/** Every 40th order is bad: each time for another stage of the pipeline. */
const FAULTS = {
  contract: { country: 'nowhere' },
  transform: { note: 'poison' },
  validate: { quantity: 0 },
  load: { note: 'refused' },
} satisfies Record<string, Partial<SourceOrder>>;
export type Stage = keyof typeof FAULTS;
const STAGES = Object.keys(FAULTS) as Stage[];
const START = Date.UTC(2026, 0, 1);

/** What the source gains in a round. Several orders share an `updated_at`. */
export function ordersOf(round: Round): SourceOrder[] {
  if (round === 1) return numbers(1, ROWS).map((id) => order(id, 0));
  return [...numbers(1, CHANGED).map((id) => order(id, 1)), ...numbers(ROWS + 1, ROWS + NEW).map((id) => order(id, 1))];
}

/** The stage that refuses an order, if one does. */
export function refusedBy({ order_id }: SourceOrder): Stage | undefined {
  return order_id % 40 === 17 ? STAGES[Math.floor(order_id / 40) % STAGES.length] : undefined;
}

function order(id: number, version: number): SourceOrder {
  const good = {
    order_id: id,
    country: 'DE',
    quantity: (id % 7) + 1 + version,
    unit_price: `${id % 100}.99`,
    note: `order ${id}, "so they say", version ${version}`,
    updated_at: new Date(START + version * 86_400_000 + Math.floor(id / 7) * 1000).toISOString(),
  };
  const stage = refusedBy(good);
  return stage === undefined ? good : { ...good, ...FAULTS[stage] };
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
