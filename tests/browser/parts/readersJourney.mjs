// SPDX-License-Identifier: Apache-2.0
// Trials to leave out, the network as a filter, a number with its source.
import { expect, open } from '../tools.mjs';

export default async function readersJourney({ browser, server }) {
  const page = await open(browser, `${server.url}#/evidence`);
  await page.waitForSelector('.two svg');
  const before = await page.textContent('.two figure:last-child');
  await page.click('input[aria-label^="CLL14"]');
  await page.waitForSelector('text=1 trial left out by you');
  expect('leaving a trial out changes the forest plot', before !== (await page.textContent('.two figure:last-child')));
  expect('the address remembers what is left out', page.url().includes('exclude=CLL14'), page.url());
  await page.click('text=Back to the population').catch(() => page.click('button:has-text("Back")'));
  await page.focus('g[role="button"][aria-label^="Ven-G:"]');
  await page.keyboard.press('Enter');
  expect('a circle of the network filters', (await page.getAttribute('g[role="button"][aria-label^="Ven-G:"]', 'aria-pressed')) === 'true');
  await page.click('summary:has-text("League")');
  const league = () => document.querySelectorAll('details[open] tbody tr').length > 10;
  expect('league table', await page.waitForFunction(league, null, { timeout: 10000 }).then(() => true, () => false));
  await page.selectOption('form select >> nth=0', 'RR');
  await page.waitForFunction(() => location.hash.includes('line=RR'));
  await page.goto(`${server.url}#/model`);
  await page.reload();
  await page.waitForSelector('pre span');
  await page.fill('input[type=search]', 'doubling');
  await page.waitForSelector('text=found');
  await page.click('tbody th button >> nth=0');
  await page.waitForSelector('pre .mark');
  await page.context().close();
}
