// SPDX-License-Identifier: Apache-2.0
// Runs that outlive the program: listed, opened, gone on with after a kill, removed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { axe, expect, open, serve, table } from '../tools.mjs';

export default async function runs({ browser, program }) {
  const folder = mkdtempSync(join(tmpdir(), 'quell-runs-'));
  const store = join(folder, 'runs.db');
  let server = await serve(program, 0, '--store', store);
  let page = await open(browser, `${server.url}#/compare?population=unfit-1l&regimens=clb-obi,ven-obi&patients=12000&years=3&seed=5`);
  await page.waitForSelector(table, { timeout: 120000 });
  const shown = await page.textContent('#panel');
  page.quiet = true;
  await page.goto(`${server.url}#/compare?population=unfit-1l&regimens=clb-obi,ven-obi&patients=24000&years=3&seed=6`);
  await page.waitForFunction(() => /Simulating [1-9]/.test(document.querySelector('.status')?.textContent ?? ''), null, { timeout: 60000 });
  await server.kill('SIGKILL');
  await page.context().close();
  server = await serve(program, 0, '--store', store);
  for (const width of [320, 1280]) {
    page = await open(browser, `${server.url}#/runs`, { viewport: { width, height: 900 } });
    await page.waitForSelector('.runs tbody tr');
    await axe(page, `runs, ${width} px`);
    expect(`runs fit ${width} px`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    if (width === 320) await page.context().close();
  }
  const states = await page.$$eval('.runs tbody tr td:nth-child(4)', (x) => x.map((e) => e.textContent));
  expect('a finished and an unfinished run', states.length === 2 && states[0].startsWith('unfinished') && states[1] === 'finished', states);
  await page.click('a:has-text("Open")');
  await page.waitForSelector(table, { timeout: 20000 });
  expect('an opened run shows what it showed', (await page.textContent('#panel')) === shown);
  await page.goto(`${server.url}#/runs`);
  await page.focus('button:has-text("Go on")');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=/Run 2 goes on/');
  let done = false;
  for (const began = performance.now(); !done && performance.now() - began < 180000; await page.waitForTimeout(500))
    done = (await (await fetch(`${server.url}api/v1/runs`)).json()).runs.every((r) => r.state === 'finished');
  expect('an unfinished run is finished', done);
  await page.click('button:has-text("Read again")');
  expect('both can be opened', await page.waitForFunction(() => document.querySelectorAll('.runs a').length === 2, null, { timeout: 15000 }).then(() => true, () => false), await page.textContent('main'));
  await page.click('.runs tbody tr:last-child button:has-text("Remove")');
  expect('a run is removed', await page.waitForFunction(() => document.querySelectorAll('.runs tbody tr').length === 1, null, { timeout: 15000 }).then(() => true, () => false), await page.textContent('main'));
  await page.context().close();
  await server.kill();
  // a file that is no store: told in words, and short questions are answered
  writeFileSync(store, 'no database at all'.repeat(1000));
  for (const name of ['-wal', '-shm']) rmSync(store + name, { force: true });
  server = await serve(program, 0, '--store', store);
  page = await open(browser, server.url);
  await page.waitForSelector(table);
  page.quiet = true;
  await page.goto(`${server.url}#/runs`);
  await page.waitForSelector('[role=alert]');
  expect('a file that is no store is told in words', (await page.textContent('[role=alert]')).includes('E1203') || /not a store|no store|database/.test(await page.textContent('[role=alert]')), await page.textContent('[role=alert]'));
  await axe(page, 'a damaged store');
  await page.goto(`${server.url}#/compare?population=unfit-1l&regimens=clb-obi,ven-obi&patients=12000&years=3&seed=5`);
  await page.waitForSelector('[role=alert] >> text=/store/', { timeout: 60000 });
  await page.goto(`${server.url}#/compare?population=unfit-1l&regimens=clb-obi,ven-obi&patients=50&years=3&seed=5`);
  expect('short questions are answered beside a damaged store', await page.waitForFunction(() => !document.querySelector('[role=alert]') && document.querySelector('h1')?.textContent.includes('50 virtual'), null, { timeout: 20000 }).then(() => true, () => false));
  await page.context().close();
  await server.kill();
  rmSync(folder, { recursive: true });
}
