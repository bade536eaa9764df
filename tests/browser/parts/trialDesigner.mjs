// SPDX-License-Identifier: Apache-2.0
// A trial designer: a design, one trial of it, many for its power, published beside simulated, figures and a report to take away.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { axe, expect, open } from '../tools.mjs';

const quell = (program, line, ...more) => JSON.parse(spawnSync(program, [...line.split(' ').slice(1), ...more, '--json'], { maxBuffer: 1 << 28 }).stdout.toString());
const ratios = (page) => page.$$eval('.hr', (x) => x.map((e) => Number.parseFloat(e.textContent)));
const copied = async (page, what) => {
  await page.click(`button:text-is("${what}")`);
  return page.evaluate(() => navigator.clipboard.readText());
};

export default async function trialDesigner({ browser, program, server }) {
  const folder = mkdtempSync(join(tmpdir(), 'quell-designer-'));
  const page = await open(browser, `${server.url}#/trials`);
  await page.click('a:has-text("One design, simulated")');
  await page.waitForFunction(() => document.querySelectorAll('#design option').length > 40);
  expect('a design stands ready', (await page.inputValue('#design')) === 'cll14');
  await axe(page, 'design of a trial');
  await page.fill('[name=patients]', '200');
  await page.click('button:has-text("Simulate the trial")');
  await page.waitForSelector('.hr', { timeout: 60000 });
  const command = await copied(page, 'Copy command');
  expect('command of one trial', command === 'quell trial run cll14 --patients 200 --seed 1', command);
  const one = quell(program, command);
  expect('hazard ratios of one trial are those of the command', (await ratios(page)).every((x, i) => Math.abs(x - one.contrasts[i].hazard_ratio) <= 0.0051), await ratios(page));
  expect('one trial has no power', !(await page.textContent('main')).includes('power, per 100'));

  // many of them: power, by the keyboard
  await page.focus('[name=replicates]');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('25');
  expect('an answer to another question says so', (await page.textContent('form')).includes('changed since'));
  await page.keyboard.press('Enter');
  await page.waitForSelector('th:has-text("power, per 100")', { timeout: 120000 });
  await page.waitForFunction(() => location.hash.includes('made='));
  const many = quell(program, await copied(page, 'Copy command'));
  const power = await page.$$eval('.scroll[aria-labelledby=contrasts] tbody td:last-child', (x) => x.map((e) => Number.parseFloat(e.textContent)));
  expect('power of the page is that of the command', many.replicates === 25 && power.length === many.contrasts.length && power.every((x, i) => Math.abs(x - 100 * many.contrasts[i].power) <= 0.51), power);
  await axe(page, 'power of a design');
  const link = await copied(page, 'Copy link');
  const other = await open(browser, link);
  await other.waitForSelector('.hr', { timeout: 60000 });
  expect('a link shows the same trial', JSON.stringify(await ratios(other)) === JSON.stringify(await ratios(page)));
  for (const width of [320, 1280]) {
    await other.setViewportSize({ width, height: 900 });
    expect(`a design fits ${width} px`, await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }
  await other.context().close();

  // to take away: figures and a report
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('h2#contrasts ~ p.tools button:has-text("CSV")')]);
  const rows = readFileSync(await file.path(), 'utf8').trim().split('\n');
  expect('CSV of the contrasts', rows.length === 1 + many.contrasts.length && rows[1].includes(many.contrasts[0].endpoint), rows);
  const report = join(folder, 'trial.html');
  const line = (await copied(page, 'Copy command for a report file')).replace('cll14.html', report);
  expect('command of a report', line.endsWith(`--html ${report}`), line);
  const told = quell(program, line);
  const sheet = await open(browser, `file://${report}`);
  await sheet.waitForSelector('.hr');
  expect('the report holds the figures of the page', JSON.stringify(await ratios(sheet)) === JSON.stringify(await ratios(page)) && told.replicates === 25);
  await sheet.context().close();

  // published beside simulated
  await page.click('a:has-text("Its published figures beside simulated ones")');
  await page.waitForSelector('.board', { timeout: 120000 });
  expect('figures of that trial only', (await page.$$('.board')).length === 1 && (await page.textContent('main')).includes('cll14 only'));
  expect('no notice of a link made here', (await page.textContent('main [role=status]')).trim() === '');
  const check = await copied(page, 'Copy command');
  const board = quell(program, check);
  expect('hits of that trial are those of the command', (await page.$$eval('.board tbody tr td:last-child', (x) => x.filter((e) => e.textContent === 'hit').length)) === board.endpoints.filter((e) => e.hit).length, check);
  const [sent] = await Promise.all([page.waitForEvent('download'), page.click('.chart button:has-text("CSV")')]);
  expect('CSV of published and simulated figures', readFileSync(await sent.path(), 'utf8').trim().split('\n').length === 1 + board.endpoints.length);

  page.quiet = true; // a design that is none
  await page.goto(`${server.url}#/trials?design=no-such-trial&made=__`);
  await page.waitForSelector('[role=alert]', { timeout: 20000 });
  expect('a design that is not there is told in words', (await page.textContent('[role=alert]')).includes('no-such-trial'), await page.textContent('[role=alert]'));
  await page.context().close();
  rmSync(folder, { recursive: true });
}
