// SPDX-License-Identifier: Apache-2.0
// Reports from disk: charts where scripts run, tables where they do not, the numbers of --json in both.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { axe, compareShot, expect, open, tabs } from '../tools.mjs';

const reports = [
  ['compare', ['compare', '--population', 'unfit-1l', '--regimens', 'clb-obi,ven-obi', '--patients', '120', '--years', '4', '--seed', '3'], '#panel table tbody tr'],
  ['trial', ['trial', 'run', 'cll14', '--patients', '200', '--seed', '3'], '.hr'],
  ['validate', ['validate', '--trial', 'cll14', '--patients', '60', '--seed', '1'], '.board'],
  ['recommend', ['recommend', 'tp53-first-line', '--patients', '40', '--seed', '1'], '.ranking tbody tr']
];
export default async function report({ browser, program, renew }) {
  const folder = mkdtempSync(join(tmpdir(), 'quell-report-'));
  for (const [kind, words, sign] of reports) {
    const file = join(folder, `${kind}.html`);
    const pdf = join(folder, `${kind}.pdf`);
    const ran = spawnSync(program, [...words, '--json', '--html', file, '--pdf', pdf], { maxBuffer: 1 << 28 });
    const json = JSON.parse(ran.stdout.toString());
    for (const [width, dark] of [[1280, false], [1280, true], [320, false]]) {
      const what = `${kind} report, ${width} px${dark ? ', dark' : ''}`;
      const page = await open(browser, `file://${file}`, { viewport: { width, height: 900 }, colorScheme: dark ? 'dark' : 'light' });
      await page.waitForSelector(sign);
      expect(`${what} holds the result of --json`, JSON.stringify(JSON.parse(await page.textContent('#quell-data'))) === JSON.stringify(json));
      expect(`${what} fits the width`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      expect(`${what} says how it was computed`, (await page.textContent('main')).includes('How it was computed') && (await page.textContent('main')).includes(words.slice(0, 2).join(' ')));
      expect(`${what} says what it is for`, (await page.textContent('body')).includes('Research use only'));
      for (const d of await page.$$('details:not([open]) > summary')) await d.click();
      for (const k of kind === 'compare' ? tabs : ['all']) {
        if (kind === 'compare') await page.click(`#tab-${k}`);
        await axe(page, `${what}, ${k}`);
      }
      await reportNumbers(page, kind, json);
      if (kind === 'compare') {
        await page.click('#tab-table');
        if (width === 1280 && !dark) await compareShot(page, 'report', renew);
        await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
        expect('all views are printed', (await page.$$('#panel figure')).length >= 6 && (await page.$$('#panel table')).length > 0);
        await page.evaluate(() => dispatchEvent(new Event('afterprint')));
      } else if (width === 1280 && !dark) {
        await compareShot(page, `report-${kind}`, renew);
      }
      await page.context().close();
    }
    const page = await open(browser, `file://${file}`, { javaScriptEnabled: false });
    expect(`${kind} report is readable without scripts`, (await page.$$('main table tr')).length > 5 && (await page.isVisible('main h1')));
    await page.context().close();
    expect(`${kind} report as PDF`, ran.status === 0 && readFileSync(pdf).subarray(0, 5).toString() === '%PDF-' && readFileSync(pdf).length > 20000, ran.stderr.toString());
  }
  const without = spawnSync(program, [...reports[0][1], '--pdf', join(folder, 'x.pdf')], { env: { PATH: '/nowhere' } });
  expect('without Chromium it says so', without.status === 1 && without.stderr.toString().includes('no Chromium'), without.stderr.toString());
  rmSync(folder, { recursive: true });
}

/** What a report shows is what its JSON says. */
async function reportNumbers(page, kind, json) {
  if (kind === 'compare') {
    await page.click('#tab-table');
    const shown = await page.$$eval('#panel tbody tr:first-child .big', (x) => x.map((e) => Number(e.textContent)));
    expect('compare report: figures', json.regimens.every((r, i) => Math.abs(shown[i] - 100 * r.endpoints[0].estimate) <= 0.5), shown);
  } else if (kind === 'trial') {
    const shown = await page.$$eval('.hr', (x) => x.map((e) => Number.parseFloat(e.textContent)));
    expect('trial report: hazard ratios', shown.length === json.contrasts.length && json.contrasts.every((c, i) => Math.abs(shown[i] - c.hazard_ratio) <= 0.0051), shown);
  } else if (kind === 'validate') {
    const rows = await page.$$eval('.board tbody tr td:last-child', (x) => x.map((e) => e.textContent));
    expect('validation report: hits', rows.length === json.endpoints.length && rows.filter((x) => x === 'hit').length === json.endpoints.filter((e) => e.hit).length, rows);
  } else {
    const shown = await page.$$eval('.ranking tbody tr', (x) => x.map((e) => [e.querySelector('th').firstChild.textContent, Number(e.querySelector('.first').textContent)]));
    const told = json.regimens.filter((r) => r.eligible);
    expect('recommendation report: ranking', shown.length === told.length && told.every((r, i) => shown[i][0] === r.id && Math.abs(shown[i][1] - 100 * r.first) <= 0.51), shown);
  }
}
