// Fills in the wizard in a browser, and takes the pictures of its pages that the documents show.
import { join } from 'node:path';
import { startBrowser } from '../tests/wizard/browser.ts';
import { startPreview } from '../tests/wizard/preview-process.ts';
import { Wizard } from '../tests/wizard/wizard.ts';
import { projectDirectory } from './template/definition.ts';

const NAME = 'customer-orders';

const preview = await startPreview();
const browser = await startBrowser();
try {
  const wizard = await Wizard.open(browser, preview.address);
  await takePictures(wizard);
} finally {
  await browser.close();
  await preview.stop();
}

async function takePictures(wizard: Wizard): Promise<void> {
  await picture(wizard, 'list');
  await wizard.choose();
  await wizard.field('name').fill(NAME);
  await wizard.page.getByText(`${NAME} is free.`).waitFor();
  await wizard.pick('owner', 'sales', 'Sales Analytics');
  await wizard.pick('system', 'sales', 'Sales');
  await picture(wizard, 'component');
  await wizard.next('Data');
  await wizard.option('sources', 'PostgreSQL').check();
  await wizard.option('sources', /^Files/).uncheck();
  await wizard.field('cursor').waitFor();
  await picture(wizard, 'data');
  await wizard.next('Transformation');
  await picture(wizard, 'transformation');
  await wizard.next('Run');
  await wizard.option('orchestrator', /CronJob/).check();
  await wizard.field('schedule').fill('30 2 * * MON-FRI');
  await wizard.pick('timezone', 'berlin', 'Europe/Berlin');
  await picture(wizard, 'run');
  await wizard.next('Watch');
  await picture(wizard, 'watch');
  await wizard.next('Repository');
  await wizard.fillRepository('acme', NAME);
  await picture(wizard, 'repository');
  await wizard.next('Review');
  await picture(wizard, 'review');
  const { catalog } = await wizard.create();
  await picture(wizard, 'created');
  await catalog.click();
  await wizard.page.getByRole('heading', { name: NAME }).waitFor();
  await picture(wizard, 'catalog');
}

async function picture({ page }: Wizard, name: string): Promise<void> {
  const height = Number(await page.evaluate('document.scrollingElement.scrollHeight'));
  await page.setViewportSize({ width: 1280, height: Math.max(height, 600) });
  await page.mouse.move(1279, 1);
  await page.evaluate('document.activeElement?.blur()');
  // Labels and checkmarks move into their places.
  await page.waitForTimeout(600);
  const path = join(projectDirectory, `docs/assets/wizard-${name}.png`);
  await page.screenshot({ path });
  await page.setViewportSize({ width: 1280, height: 600 });
  process.stdout.write(`docs/assets/wizard-${name}.png\n`);
}
