import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { readTemplate } from '../../scripts/template/definition.ts';
import { startBrowser } from './browser.ts';
import { Wizard } from './wizard.ts';

const { address } = inject('preview');
const titles = readTemplate().spec.parameters.map(({ title }) => title);
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

/** Goes through the pages with valid answers, and looks at each one. */
async function throughPages(wizard: Wizard, name: string, look: (title: string) => Promise<void>): Promise<void> {
  await wizard.choose();
  for (const [index, title] of titles.entries()) {
    if (title === 'Component') await wizard.field('name').fill(name);
    if (title === 'Repository') await wizard.fillRepository('acme', name);
    await look(title);
    await wizard.next(titles[index + 1] ?? 'Review');
  }
  await look('Review');
}

/** Findings in the frame of Backstage and in its own fields, by rule. */
const OF_BACKSTAGE: Record<string, string> = {
  'aria-valid-attr-value': 'the tabs above the page name panels that are not there',
  'aria-prohibited-attr': 'RepoUrlPicker: a label on an element without a role',
  'select-name': 'RepoUrlPicker: the list of hosts has no label of its own',
};

it('no page has a serious finding of axe, apart from those of Backstage itself', async () => {
  const wizard = await Wizard.open(browser, address);
  const findings: string[] = [];
  const rules = new Set<string>();
  await throughPages(wizard, 'accessible-orders', async (title) => {
    const { violations } = await new AxeBuilder({ page: wizard.page }).analyze();
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      rules.add(id);
      const ours = nodes.filter(({ target }) => !(id in OF_BACKSTAGE) || String(target).includes('#root_'));
      findings.push(...ours.map(({ target }) => `${title}: ${id} ${target}`));
    }
  });
  await wizard.close();
  expect(findings).toEqual([]);
  expect([...rules].toSorted(), 'what Backstage has mended is no exception any more').toEqual(
    Object.keys(OF_BACKSTAGE).toSorted(),
  );
});

it('without the form fields of this project a Backstage shows boxes with the same checks', async () => {
  const wizard = await Wizard.open(browser, address, { without: ['name', 'schedule', 'time-zone'] });
  await wizard.choose();
  await wizard.page.getByPlaceholder('Name').fill('Orders');
  await wizard.submit();
  await wizard.page
    .getByText(/3 to 50 lower-case letters/)
    .first()
    .waitFor();
  await wizard.page.getByPlaceholder('Name').fill('plain-orders');
  for (const title of ['Data', 'Transformation', 'Run']) await wizard.next(title);
  await wizard.page.getByPlaceholder('Schedule').fill('99 2 * * *');
  await wizard.submit();
  await wizard.page
    .getByText(/five cron fields/)
    .first()
    .waitFor();
  await wizard.page.getByPlaceholder('Schedule').fill('0 6 * * *');
  expect(await wizard.field('timezone').innerText()).toBe('UTC');
  await wizard.next('Watch');
  await wizard.close();
});

it('on a narrow screen each page fits, and can be used', async () => {
  const width = 360;
  const wizard = await Wizard.open(browser, address, { viewport: { width, height: 740 } });
  await throughPages(wizard, 'narrow-orders', async (title) => {
    const outside = () =>
      wizard.page
        .locator('form, table')
        .first()
        .evaluate((form, limit) => {
          const parts = [form, ...form.querySelectorAll('input, button, label, p')];
          const frames = parts.map((part) => part.getBoundingClientRect());
          // The tabs above the page are wider than the screen, so the window of Backstage itself can be scrolled sideways.
          const { scrollLeft } = form.ownerDocument.documentElement;
          return frames.filter(({ left, right }) => left + scrollLeft < 0 || right + scrollLeft > limit).length;
        }, width);
    await expect.poll(outside, { message: title, timeout: 20_000 }).toBe(0);
  });
  await wizard.close();
});

it('can be used with the keyboard alone, from the list to the catalog', async () => {
  const wizard = await Wizard.open(browser, address);
  const { keyboard } = wizard.page;
  /** Moves on until this is where the keyboard goes. */
  const tabTo = async (target: Locator) => {
    for (let pressed = 0; pressed < 60; pressed++) {
      if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
      await keyboard.press('Tab');
    }
    throw new Error(`${target} cannot be reached by Tab`);
  };
  const press = async (button: Locator, title: string) => {
    await tabTo(button);
    await keyboard.press('Enter');
    await wizard.onPage(title);
  };
  await press(wizard.chooseButton, 'Component');
  expect(await wizard.field('name').evaluate((input) => input === input.ownerDocument.activeElement)).toBe(true);
  await keyboard.type('keyboard-orders');
  await press(wizard.nextButton, 'Data');
  await tabTo(wizard.field('sources-0'));
  await keyboard.press('Space');
  await keyboard.press('Tab');
  await keyboard.press('Space');
  await tabTo(wizard.field('mode-1'));
  await keyboard.press('ArrowUp');
  await press(wizard.nextButton, 'Transformation');
  await press(wizard.nextButton, 'Run');
  await tabTo(wizard.field('timezone'));
  await keyboard.press('Control+A');
  await keyboard.type('tokyo');
  await keyboard.press('Enter');
  await press(wizard.nextButton, 'Watch');
  await press(wizard.nextButton, 'Repository');
  for (const [label, text] of [
    [/^Owner/, 'acme'],
    [/^Repository/, 'keyboard-orders'],
  ] as const) {
    await tabTo(wizard.page.getByLabel(label));
    await keyboard.type(text);
  }
  await press(wizard.nextButton, 'Review');
  expect(await wizard.review()).toMatchObject({
    Name: 'keyboard-orders',
    Sources: 'postgres',
    'Time zone': 'Asia/Tokyo',
  });
  await tabTo(wizard.createButton);
  await keyboard.press('Enter');
  const catalog = wizard.page.getByRole('link', { name: 'Open in the catalog' });
  await catalog.waitFor({ timeout: 60_000 });
  await tabTo(catalog);
  await keyboard.press('Enter');
  await wizard.page.getByRole('heading', { name: 'keyboard-orders' }).waitFor();
  await wizard.close();
});
