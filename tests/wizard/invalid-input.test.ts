import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startBrowser } from './browser.ts';
import { Wizard } from './wizard.ts';

const { address } = inject('preview');
let browser: Browser;
let wizard: Wizard;
beforeAll(async () => {
  browser = await startBrowser();
  wizard = await Wizard.open(browser, address);
  await wizard.choose();
});
afterAll(() => browser.close());

/** Tries to go on, and expects to be told why not. */
async function refused(title: string, message: string | RegExp): Promise<void> {
  await wizard.submit();
  await wizard.page.getByText(message).first().waitFor();
  await wizard.onPage(title);
}

// One person goes through the pages and gets everything wrong first.
describe('what is wrong is said beside the field, and nobody gets past it', () => {
  it('Component', async () => {
    const name = wizard.field('name');
    await wizard.submit();
    expect(await wizard.page.locator('#root_name:invalid').count(), 'the browser asks for it').toBe(1);
    for (const wrong of ['Orders', '1orders', 'or', 'orders-', 'or--ders']) {
      await name.fill(wrong);
      await expect
        .poll(() => wizard.page.getByRole('status').innerText(), { message: wrong })
        .toMatch(/^Not a name yet: 3 to 50 /);
    }
    await refused('Component', /3 to 50 lower-case letters/);
    await name.fill('web-shop');
    await expect
      .poll(() => wizard.page.getByRole('status').innerText())
      .toMatch(/^web-shop is taken by a component of /);
    await refused('Component', /web-shop is taken/);
    await name.fill('returned-orders');
    await wizard.field('system').fill('not a system!');
    await refused('Component', 'a system of the catalog, such as system:default/sales');
    await wizard.pick('system', 'ware', 'Warehouse');
    await wizard.next('Data');
  });

  it('Data', async () => {
    await wizard.option('sources', /^Files/).uncheck();
    await wizard.option('sinks', 'Delta table').uncheck();
    await refused('Data', 'at least one source, each one once');
    await refused('Data', 'at least one sink, each one once');
  });

  it('Data: questions come and go with the answers they depend on', async () => {
    const shown = async () => {
      const names = ['cursor', 'exportFormat', 'warehouseMode'];
      const counts = await Promise.all(names.map((name) => wizard.field(name).count()));
      return names.filter((_, index) => counts[index] === 1);
    };
    await wizard.option('sources', 'PostgreSQL').check();
    await expect.poll(shown).toEqual(['cursor']);
    await wizard.option('sinks', /^Files/).check();
    await wizard.option('sinks', 'PostgreSQL').check();
    await expect.poll(shown).toEqual(['cursor', 'exportFormat', 'warehouseMode']);
    await wizard.option('mode', /^Full/).check();
    await expect.poll(shown).toEqual(['exportFormat']);
    await wizard.next('Transformation');
    await wizard.next('Run');
    expect(await wizard.field('shards').count(), 'a full load runs in one process').toBe(0);
    await wizard.page.getByRole('button', { name: 'Back' }).click();
    await wizard.page.getByRole('button', { name: 'Back' }).click();
    await wizard.option('mode', /^Incremental/).check();
    await expect.poll(shown).toEqual(['cursor', 'exportFormat', 'warehouseMode']);
    await wizard.next('Transformation');
    await wizard.next('Run');
  });

  it('Run', async () => {
    const schedule = wizard.field('schedule');
    for (const wrong of ['99 2 * * *', '* * * *', '@hourly', '0 0 * * 7']) {
      await schedule.fill(wrong);
      await expect
        .poll(() => wizard.page.getByRole('status').innerText(), { message: wrong })
        .toMatch(/^Not a schedule yet: five cron fields/);
    }
    await refused('Run', /five cron fields/);
    await schedule.fill('0 0 31 2 *');
    await refused('Run', /no such day comes/);
    await schedule.fill('0 6 1 * *');
    const timeZone = wizard.field('timezone');
    await timeZone.fill('Europe/Atlantis');
    await wizard.page.getByText('No options').waitFor();
    await schedule.focus();
    expect(await timeZone.inputValue()).toBe('UTC');
    for (const wrong of ['0', '33', '1.5']) {
      await wizard.field('shards').fill(wrong);
      await wizard.submit();
      expect(await wizard.page.locator('#root_shards:invalid').count(), `${wrong} is refused by the browser`).toBe(1);
    }
    await wizard.onPage('Run');
    await wizard.field('shards').fill('2');
    expect(await wizard.field('airflowOperator').count()).toBe(1);
    await wizard.option('orchestrator', /CronJob/).check();
    await expect.poll(() => wizard.field('airflowOperator').count()).toBe(0);
    await wizard.next('Watch');
  });

  it('Watch', async () => {
    await wizard.page.getByRole('button', { name: /add/i }).click();
    await wizard.field('serviceTags_0').fill('Team: Sales');
    await refused('Watch', 'key:value in lower case, such as team:sales');
    await wizard.field('serviceTags_0').fill('team:sales');
    await wizard.next('Repository');
  });

  it('Repository', async () => {
    await wizard.submit();
    expect(await wizard.page.locator('input:invalid').count(), 'the browser asks for both parts').toBe(2);
    await wizard.fillRepository('acme', 'returned orders');
    // RepoUrlPicker shows no message of the form; the page says what is allowed.
    await refused('Repository', /Letters, digits, hyphens, dots and underscores/);
    expect(await wizard.createButton.count()).toBe(0);
    await wizard.fillRepository('acme', 'returned-orders');
    await wizard.next('Review');
  });

  it('Review: leaves out what does not apply any more', async () => {
    const review = await wizard.review();
    expect(review).toMatchObject({ Name: 'returned-orders', Shards: '2', 'Service tags': 'team:sales' });
    expect(Object.keys(review)).not.toContain('Modules');
  });
});
