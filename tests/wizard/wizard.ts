import type { Browser, Locator, Page, Route } from 'playwright-core';
import { readTemplate } from '../../scripts/template/definition.ts';

const DESKTOP = { width: 1280, height: 960 };
const CONFIGURATION = /(<script type="backstage.io\/config">)([^<]*)(<\/script>)/;
const DESCRIPTIONS = new Map(readTemplate().spec.parameters.map(({ title, description }) => [title, description]));

interface Options {
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Form fields of this project that the frontend is not to have, as in a company that has not installed them. */
  readonly without?: readonly string[];
}

export interface Review {
  readonly [title: string]: string;
}

/** The wizard of the template in a browser, as somebody uses it who has just entered as a guest. */
export class Wizard {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(
    browser: Browser,
    address: string,
    { viewport = DESKTOP, without = [] }: Options = {},
  ): Promise<Wizard> {
    const context = await browser.newContext({ viewport, locale: 'en-GB', baseURL: address });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    if (without.length > 0) await page.route('/create', (route) => leaveOut(route, without));
    await page.goto('/create');
    await page.getByRole('button', { name: 'Enter' }).click();
    const wizard = new Wizard(page);
    await wizard.template.waitFor();
    return wizard;
  }

  /** The card of the template in the list. */
  get template(): Locator {
    return this.page.getByText('ETL pipeline service', { exact: true });
  }

  get chooseButton(): Locator {
    return this.page.locator('.MuiCard-root', { has: this.template }).getByRole('button', { name: 'Choose' });
  }

  get nextButton(): Locator {
    return this.page.getByRole('button', { name: /^(Next|Review)$/ });
  }

  get createButton(): Locator {
    return this.page.getByRole('button', { name: 'Create', exact: true });
  }

  async choose(): Promise<void> {
    await this.chooseButton.click();
    await this.onPage('Component');
  }

  /** The input of a question, or the group of its choices. */
  field(name: string): Locator {
    return this.page.locator(`#root_${name}`);
  }

  option(name: string, label: string | RegExp): Locator {
    return this.field(name).getByLabel(label);
  }

  /** Chooses from a list that suggests while one types. */
  async pick(name: string, typed: string, option: string | RegExp): Promise<void> {
    const input = this.page.locator(`input#root_${name}, #root_${name} input`).first();
    await input.fill(typed);
    await this.page.getByRole('option', { name: option }).first().click();
  }

  async fillRepository(owner: string, repository: string): Promise<void> {
    await this.page.getByLabel(/^Owner/).fill(owner);
    await this.page.getByLabel(/^Repository/).fill(repository);
    await this.page.keyboard.press('Tab');
  }

  /** Goes on to the page with this title. */
  async next(title: string): Promise<void> {
    await this.submit();
    await this.onPage(title);
  }

  async submit(): Promise<void> {
    // Leaving a field can move the button, even below a click: messages come and go.
    await this.nextButton.focus();
    await this.nextButton.click({ trial: true });
    await this.nextButton.press('Enter');
  }

  /** The heads of the pages are all there at all times; the sentence below them tells which one it is. */
  async onPage(title: string): Promise<void> {
    const sign = title === 'Review' ? this.createButton : this.page.getByText(DESCRIPTIONS.get(title) ?? title);
    await sign.waitFor();
  }

  /** What the last page says, by title. */
  async review(): Promise<Review> {
    const rows = await this.page.locator('table tr').all();
    const cells = await Promise.all(rows.map((row) => row.locator('td').allInnerTexts()));
    return Object.fromEntries(cells.map(([title = '', value = '']) => [title.trim(), value.trim()]));
  }

  /** Creates the service and waits for the links below its log. */
  async create(): Promise<{ readonly repository: Locator; readonly catalog: Locator }> {
    await this.createButton.click();
    const links = {
      repository: this.page.getByRole('link', { name: 'Repository' }),
      catalog: this.page.getByRole('link', { name: 'Open in the catalog' }),
    };
    await links.catalog.waitFor({ timeout: 120_000 });
    return links;
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}

/** Adds to the configuration in the page that these extensions are off. */
async function leaveOut(route: Route, fields: readonly string[]): Promise<void> {
  const response = await route.fetch();
  const html = await response.text();
  const off = fields.map((field) => ({ [`scaffolder-form-field:scaffolder/etl-pipeline-${field}`]: false }));
  const body = html.replace(CONFIGURATION, (_, start: string, text: string, end: string) => {
    const [first] = JSON.parse(text);
    return (
      start + JSON.stringify([{ ...first, data: { ...first.data, app: { ...first.data.app, extensions: off } } }]) + end
    );
  });
  await route.fulfill({ response, body });
}
