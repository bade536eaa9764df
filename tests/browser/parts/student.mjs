// SPDX-License-Identifier: Apache-2.0
// A student or teacher: the tour, a therapy with its diagram, a what-if, a number of the model with its source, the words and the limits.
import { axe, expect, open, table } from '../tools.mjs';

export default async function student({ browser, server }) {
  const page = await open(browser, server.url);
  await page.waitForSelector(table);
  await page.click('text=Show me around');
  const stops = [];
  for (let next = true; next; ) {
    stops.push(await page.textContent('[role=dialog] h2'));
    next = await page.$('[role=dialog] button:has-text("Next")');
    await next?.click();
  }
  expect('the tour has five stops', stops.length === 5 && new Set(stops).size === 5, stops);
  await page.click('[role=dialog] button:has-text("Done")');

  // a therapy: diagram, five sides, courses
  await page.click('nav >> text=Therapies');
  await page.waitForSelector('article img');
  await page.waitForFunction(() => { const e = document.querySelector('article img'); return e.complete && e.naturalWidth > 0; });
  const drawing = await page.$eval('article img', (e) => ({ wide: e.getBoundingClientRect().width, natural: e.naturalWidth, alt: e.alt }));
  expect('the diagram is drawn and told in words', drawing.wide > 280 && drawing.natural > 0 && drawing.alt.length > 60, drawing);
  await page.waitForSelector('article section:nth-of-type(5)', { timeout: 60000 });
  const list = await (await fetch(`${server.url}api/v1/therapies`)).json();
  expect('every therapy has a page', (await page.$$('nav.list a')).length === list.therapies.length && list.therapies.length >= 6);
  const grown = list.therapies.find((x) => x.warning);
  await page.click(`nav.list a[href$="therapy=${grown.id}"]`);
  await page.waitForSelector('article p.warn:has-text("No clinical data in CLL")');
  await page.click('nav.list a >> nth=0');
  await page.waitForSelector('article section:nth-of-type(6)', { timeout: 60000 });

  // a what-if: the same regimens for older patients
  await page.click('a:has-text("Open in Compare")');
  await page.waitForSelector('#panel svg', { timeout: 20000 });
  await page.click('#tab-table');
  await page.waitForSelector(table);
  const before = await page.textContent('#panel');
  await page.click('summary');
  await page.focus('input[type=range][aria-label="Age"]');
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.querySelector('h1')?.textContent.includes('Age'));
  await page.waitForFunction((b) => document.querySelector('#panel').textContent !== b && location.hash.includes('made='), before, { timeout: 20000 });
  expect('the what-if stands in the address', /set=[^&]*age:/.test(page.url()), page.url());

  // from a quantity to its equation, value and source
  await page.goBack().catch(() => {});
  await page.goto(`${server.url}#/therapies?therapy=${list.therapies[0].id}`);
  await page.waitForSelector('article section:nth-of-type(5)', { timeout: 60000 });
  const link = page.locator('article section a[href^="#/model?find="]').first();
  const name = await link.textContent();
  await link.click();
  await page.waitForSelector('text=found');
  const model = await (await fetch(`${server.url}api/v1/model`)).json();
  const found = await page.$$eval('tbody tr th button', (x) => x.map((e) => e.textContent));
  expect('the quantity is found in the model', found.some((x) => x.includes(name)), { name, found: found.slice(0, 5) });
  await page.fill('input[type=search]', 'doubling');
  await page.waitForSelector('text=found');
  const sourced = model.quantities.find((q) => q.kind === 'parameter' && q.sources.length && q.grade === 'verified');
  await page.fill('input[type=search]', sourced.name);
  await page.waitForFunction((n) => [...document.querySelectorAll('tbody tr th')].some((e) => e.textContent === n), sourced.name);
  const row = await page.$$eval('tbody tr', (x, n) => x.find((e) => e.querySelector('th').textContent === n).textContent, sourced.name);
  expect('a number stands with source and grade', row.includes(sourced.sources[0]) && row.includes('verified'), row);
  await page.click(`tbody th button:text-is("${sourced.name}")`);
  await page.waitForSelector('pre .mark');
  expect('and with the line of the model that it stands in', (await page.textContent('pre .mark')).includes(sourced.name.split('.').at(-1)));

  // words and limits
  await page.click('nav >> text=Limits');
  await page.waitForSelector('dl dt:has-text("Hazard ratio")');
  expect('words are explained', (await page.$$('dl dt')).length >= 12 && (await page.$$('dl dd')).length === (await page.$$('dl dt')).length);
  expect('limits are told', (await page.textContent('main')).includes('It is not a medical device'));
  await axe(page, 'words and limits');
  await page.context().close();
}
