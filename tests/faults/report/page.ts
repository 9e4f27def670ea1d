import { markdownTable } from '../../bench/report/markdown.ts';
import { NAMED_STEPS } from '../kill/named-steps.ts';
import type { KillResult, NetworkResult, Report, ServerResult, SoakResult } from './results.ts';

/** docs/reference/reliability.md */
export function toMarkdown({ node, postgres, kill, network, server, soak }: Report): string {
  return `# Reliability

What was done to generated services, and what came of it. What is promised, and how it is kept, is in [Delivery](delivery.md). This page is made from
[reliability.json](reliability.json) by the commands below, which need nothing but a PostgreSQL server that is installed on the machine. They were run
with Node ${node} and PostgreSQL ${postgres}.

- **Lost**: records of an undisturbed run that are not in the sink. **Doubled**: records that are there more often, or that should not be there.
- **Wrongly dead-lettered**: dead letters that an undisturbed run does not leave, or that are missing.
- **Problems**: everything else that should not be: another exit code, a run that hangs, a manifest that tells something else, a reader that found
  half of something.

Each choice follows from a seed. A problem is told with its seed, and \`--seed\` with that number makes the same choices again.

## Killed

\`\`\`
npm run faults -- --kill --kills 1000
npm run faults -- --kill --pair "files → delta, append" --kills 50 --seed 7
\`\`\`

A run of about a second is killed with SIGKILL up to fifteen times and then brought to its end, the source gains records, and the same is done again. Each
kill ends a process of its own, \`node src/main.ts run\` of a service as the template makes it; one that comes when the process has ended by itself does not
count. A service commits every few batches here instead of every 128 MiB, and every 40th record is a dead letter, of another stage each time.
A third of the kills comes at any time. The others are at a step that leaves something behind: right before it, while it is under way, or right
behind it. Each file that is written, flushed, named or removed, each statement to PostgreSQL and to the state store, and each batch is such a step;
half of these kills are at the steps that the second table names. After each kill a reader looks at the sink, too.

The first command makes 1,000 kills for each pair of source and sink. The table says how many have been made and recorded; \`npm test\` makes 25 for each pair.

${killTable(kill)}

${stepTable(kill)}

What is killed is the process, and what it has written is there. That files are flushed before they are named is not proved by this: a power cut was not
tried.

## Network

\`\`\`
npm run faults -- --network
\`\`\`

A proxy between service and PostgreSQL reads the protocol and does harm once in each run, at one of the times that the phase is reached: when the service
connects, when it is asked to authenticate, in the middle of COPY out of a source or into a sink, before a COMMIT reaches the server, and before the answer
to it reaches the service. \`half-open\` means that nobody tells the service: it finds out by its deadline. Exit code 0 means that the run has helped
itself, and 75 that the next one did.

The table says which faults have been recorded; \`npm test\` tries two of the six kinds on each way.

${networkTable(network)}

## Server

\`\`\`
npm run faults -- --server
\`\`\`

The run stands still between two batches while something happens to PostgreSQL, and goes on. Where it cannot, the cause is mended, and the next run
brings it to its end.

${serverTable(server)}

## Soak

\`\`\`
npm run faults -- --soak 30m
\`\`\`

${soakText(soak)}
`;
}

function killTable(results: readonly KillResult[]): string {
  const header = [
    'Source → sink',
    'Mode',
    'Kills',
    'Scenarios',
    'Lost',
    'Doubled',
    'Wrongly dead-lettered',
    'Problems',
  ];
  const rows = results.map(({ pair, mode, kills, scenarios, ...harm }) => [
    pair,
    mode,
    ...[kills, scenarios, harm.lost, harm.doubled, harm.wronglyDeadLettered, harm.problems].map(String),
  ]);
  const total = (pick: (result: KillResult) => number) => String(results.reduce((sum, each) => sum + pick(each), 0));
  const sums = [
    total(({ kills }) => kills),
    total(({ scenarios }) => scenarios),
    total(({ lost }) => lost),
    total(({ doubled }) => doubled),
    total(({ wronglyDeadLettered }) => wronglyDeadLettered),
    total(({ problems }) => problems),
  ];
  return markdownTable(header, [...rows, ['all', '', ...sums]]);
}

function stepTable(results: readonly KillResult[]): string {
  const names = [...Object.keys(NAMED_STEPS), 'other'];
  const rows = names.map((name) => [name, String(results.reduce((sum, { steps }) => sum + (steps[name] ?? 0), 0))]);
  return markdownTable(['Step that had begun last', 'Kills'], rows);
}

function networkTable(results: readonly NetworkResult[]): string {
  const header = [
    'Source → sink, mode',
    'Fault',
    'Phases',
    'Faults',
    'Exit codes',
    'Lost',
    'Doubled',
    'Wrongly dead-lettered',
    'Problems',
  ];
  const rows = results.map(({ route, fault, phases, faults, exitCodes, ...harm }) => [
    route,
    fault,
    phases.join(', '),
    String(faults),
    exitCodeList(exitCodes),
    ...[harm.lost, harm.doubled, harm.wronglyDeadLettered, harm.problems].map(String),
  ]);
  return markdownTable(header, rows);
}

function serverTable(results: readonly ServerResult[]): string {
  const header = ['What happens', 'Exit code', 'Lost', 'Doubled', 'Wrongly dead-lettered', 'Problems'];
  const rows = results.map(({ event, exitCodes, skipped, ...harm }) =>
    skipped === undefined
      ? [
          event,
          exitCodeList(exitCodes),
          ...[harm.lost, harm.doubled, harm.wronglyDeadLettered, harm.problems].map(String),
        ]
      : [event, `not tried: ${skipped}`, '', '', '', ''],
  );
  return markdownTable(header, rows);
}

function soakText(soak: SoakResult | undefined): string {
  if (soak === undefined) return 'Not recorded yet.';
  const {
    minutes,
    runs,
    inserted,
    updated,
    lateCommits,
    lost,
    doubled,
    memoryMebibytes,
    fileHandles,
    sessionsLeft,
    problems,
  } = soak;
  return `Incremental runs one after the other, from a table into another one with \`mode: merge\`, while three writers insert, update, and now and then
leave a transaction open, so that it commits behind others with a later cursor. When the writers rest, one more run has to make both tables equal.

${markdownTable(
  ['', ''],
  [
    ['Minutes', String(minutes)],
    ['Runs', String(runs)],
    ['Records inserted, updated', `${inserted}, ${updated}`],
    ['Late commits', String(lateCommits)],
    ['Lost, doubled', `${lost}, ${doubled}`],
    ['Peak of memory, first and last quarter of the runs', `${memoryMebibytes.first} MiB, ${memoryMebibytes.last} MiB`],
    ['File handles, likewise', `${fileHandles.first}, ${fileHandles.last}`],
    ['Sessions that the server has at the end', String(sessionsLeft)],
    ['Problems', String(problems)],
  ],
)}`;
}

function exitCodeList(exitCodes: Readonly<Record<string, number>>): string {
  return Object.entries(exitCodes)
    .map(([code, times]) => (times === 1 ? code : `${code} (${times} times)`))
    .join(', ');
}
