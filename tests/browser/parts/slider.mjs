// SPDX-License-Identifier: Apache-2.0
// The slider under a moving hand: how long from a position to its drawing.
import { cpus, loadavg } from 'node:os';
import { expect, median, open } from '../tools.mjs';

export default async function slider({ browser, said, server }) {
  const page = await open(browser, `${server.url}#/compare?view=curves`);
  await page.waitForSelector('#panel svg');
  await page.click('summary');
  await page.evaluate(() => performance.clearMeasures());
  const redraws = () => page.evaluate(() => performance.getEntriesByName('quell:redraw').map((e) => e.duration));
  const box = await (await page.$('input[type=range][aria-label="Age"]')).boundingBox();
  const at = (share) => page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
  await at(0.2);
  await page.mouse.down();
  const began = performance.now();
  let seen = [];
  for (let i = 0; performance.now() - began < 1800 || (seen.length < 3 && performance.now() - began < 60000); i++) {
    await at(0.5 + 0.3 * Math.sin(i / 7)); // to and fro, never at rest
    await page.waitForTimeout(60);
    seen = await redraws();
  }
  const seconds = (performance.now() - began) / 1000;
  await page.mouse.up();
  expect('the page is redrawn while the hand is on the slider', seen.length >= 3, seen.length);
  const answers = await page.evaluate(() => performance.getEntriesByName('quell:answer').map((e) => e.duration));
  said.push(`of that until the answer is read: median ${median(answers).toFixed(0)} ms; load ${loadavg()[0].toFixed(1)} on ${cpus().length} cores`);
  said.push(`slider to redraw, 200 patients x 4 regimens, ${seen.length} redraws in ${seconds.toFixed(1)} s under a moving hand: median ${median(seen).toFixed(0)} ms, worst ${Math.max(...seen).toFixed(0)} ms`);
  await page.waitForFunction(() => document.querySelector('h1')?.textContent.includes('Age'));
  await page.context().close();
}
