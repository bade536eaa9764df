// SPDX-License-Identifier: Apache-2.0
// Published trials against simulated ones: a job with progress, then the board.
import { axe, expect, open } from '../tools.mjs';

export default async function trials({ browser, server }) {
  const about = await (await fetch(`${server.url}api/v1/about`)).json();
  if (!about.paths.includes('/api/v1/validate')) return;
  for (const width of [1280, 320]) {
    const page = await open(browser, `${server.url}#/trials?patients=10`, { viewport: { width, height: 900 } });
    await axe(page, `trials before the run, ${width} px`);
    await page.click('button:has-text("Simulate the trials")');
    await page.waitForSelector('.board', { timeout: 240000 });
    await axe(page, `trials, ${width} px`);
    expect(`trials fit ${width} px`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const board = await (await fetch(`${server.url}api/v1/jobs`)).json();
    const job = board.jobs.find((j) => j.command.startsWith('quell validate'));
    const result = await (await fetch(`${server.url}api/v1/jobs/${job.id}/result`)).json();
    const all = result.score.find((x) => x.role === 'validation');
    expect('hits of the page are those of the command', (await page.textContent('tbody tr:nth-child(2)')).includes(String(all.hits)));
    await page.check('input[type=checkbox]');
    expect('misses only', !(await page.$$eval('.board td:last-child', (x) => x.some((e) => e.textContent === 'hit'))));
    await page.context().close();
  }
}
