// SPDX-License-Identifier: Apache-2.0
// The tour of 60 seconds.
import { axe, expect, open, table } from '../tools.mjs';

export default async function tour({ browser, server }) {
  const page = await open(browser, server.url);
  await page.waitForSelector(table);
  await page.click('text=Show me around');
  for (let i = 0; i < 5; i++) {
    await page.waitForSelector('[role=dialog]');
    await axe(page, `tour, stop ${i + 1}`);
    const next = await page.$('[role=dialog] button:has-text("Next")');
    if (next) await next.click();
  }
  await page.keyboard.press('Escape');
  expect('Escape ends the tour', (await page.$('[role=dialog]')) === null);
  await page.context().close();
}
