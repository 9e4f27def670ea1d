import { Cron } from 'croner';
import { toString as describe } from 'cronstrue';

/** How many of the next runs are told. */
const RUNS = 3;

/**
 * What a schedule means: in words, and when the next runs start.
 *
 * @param schedule five cron fields
 * @param timeZone IANA name
 * @throws Error when it is no schedule, or one that never comes
 */
export function explainSchedule(schedule: string, timeZone: string, now = new Date()): string {
  const words = describe(schedule, { use24HourTimeFormat: true, throwExceptionOnParseError: true });
  const runs = new Cron(schedule, { timezone: timeZone, mode: '5-part' }).nextRuns(RUNS, now);
  if (runs.length === 0) throw new Error(`${words}: no such day comes.`);
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'medium', timeStyle: 'short' });
  return `${words}. Next: ${runs.map((run) => time.format(run)).join('; ')} (${timeZone})`;
}
