import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../config/load.ts';
import { planShards } from '../run/plan.ts';
import { configOption } from './options.ts';
import { printJson } from './output.ts';

export function planCommand() {
  return new Command('plan')
    .description('print the shards that together are one run as JSON, for whatever starts one process for each')
    .argument('[resources...]', 'names of the resources to run (default: all)')
    .addOption(configOption())
    .action(async (names, { config: path }) => {
      const config = await loadConfig(path);
      printJson(planShards(config, names.length === 0 ? Object.keys(config.resources) : [...new Set(names)]));
    });
}
