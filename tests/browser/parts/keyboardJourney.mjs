// SPDX-License-Identifier: Apache-2.0
// Nothing but the keyboard, from the address bar to a changed result.
import { expect, open, press, table } from '../tools.mjs';

export default async function keyboardJourney({ browser, server }) {
  const page = await open(browser, server.url);
  await page.waitForSelector(table);
  await press(page, 'Tab');
  expect('the first stop skips to the result', (await page.evaluate(() => document.activeElement.className)).includes('skip'));
  const stops = [];
  let changed = false;
  for (let i = 0; i < 60; i++) {
    await press(page, 'Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      const r = e.getBoundingClientRect();
      const o = getComputedStyle(e);
      return { id: e.id, tag: e.tagName, type: e.type ?? '', visible: r.width > 0 && r.height > 0, outline: o.outlineStyle !== 'none' && parseFloat(o.outlineWidth) >= 2, label: e.getAttribute('aria-label') ?? e.textContent.slice(0, 30) };
    });
    stops.push(at);
    if (at.id === 'years' && !changed) {
      await page.keyboard.press('Control+A');
      await page.keyboard.type('2');
      await page.keyboard.press('Enter');
      changed = await page.waitForFunction(() => document.querySelector('h1')?.textContent.includes('2 years')).then(() => true, () => false);
    }
    if (at.id.startsWith('tab-')) break;
  }
  expect('years changed by keyboard', changed);
  expect('focus is always seen', stops.every((s) => s.visible && (s.outline || s.tag === 'SUMMARY')), stops.filter((s) => !s.visible || !s.outline));
  expect('the tabs are reached', stops.at(-1).id === 'tab-table', stops.at(-1));
  await press(page, 'ArrowRight');
  await page.waitForSelector('#panel svg');
  expect('arrow keys move between tabs', (await page.getAttribute('#tab-curves', 'aria-selected')) === 'true');
  await press(page, 'Tab');
  await press(page, 'Enter');
  expect('table of a chart by keyboard', (await page.$$('#panel figure table tbody tr')).length > 10);
  await page.context().close();
}
