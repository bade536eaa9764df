// SPDX-License-Identifier: Apache-2.0
// The numbers on the page, the API and the command line are the same; every control does something.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, open, table, tabs } from '../tools.mjs';

export default async function designersJourney({ browser, program, server }) {
  const page = await open(browser, server.url);
  await page.waitForSelector(table);
  await page.selectOption('form select >> nth=0', 'relapsed');
  await page.waitForFunction(() => document.querySelector('h1')?.textContent.includes('relapsed'));
  await page.click('.chip button >> nth=3');
  await page.waitForFunction(() => document.querySelectorAll('#panel thead th').length === 4);
  await page.selectOption('.add', 'zanubrutinib');
  await page.waitForFunction(() => [...document.querySelectorAll('#panel thead th')].some((x) => x.textContent.includes('zanubrutinib')));
  await page.fill('#years', '3');
  await page.press('#years', 'Enter');
  await page.waitForFunction(() => document.querySelector('h1')?.textContent.includes('3 years'));
  await page.click('text=Copy command');
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect('copied command', /^quell compare --population relapsed --regimens clb-obi,ven-obi,clb-rituximab,zanubrutinib --patients 200 --years 3 --seed 7$/.test(command), command);
  const run = JSON.parse(spawnSync(program, [...command.split(' ').slice(1), '--json'], { maxBuffer: 1 << 28 }).stdout.toString());
  const shown = await page.$$eval('#panel tbody tr:first-child .big', (x) => x.map((e) => Number(e.textContent)));
  const told = run.regimens.map((r) => 100 * r.endpoints[0].estimate);
  expect('numbers of the page are those of the command', shown.length === 4 && shown.every((x, i) => Math.abs(x - told[i]) <= 0.5), { shown, told });
  await page.click('text=Copy link');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await open(browser, link);
  await other.waitForSelector(table);
  expect('a link shows the same', (await other.textContent('#panel')) === (await page.textContent('#panel')));
  await other.context().close();
  for (const k of tabs.slice(1)) {
    await page.click(`#tab-${k}`);
    const figure = await page.$('#panel figure');
    if (!figure) continue;
    await figure.waitForSelector('svg');
    for (const kind of ['CSV', 'SVG', 'PNG']) {
      const [file] = await Promise.all([page.waitForEvent('download'), (await figure.$(`button:has-text("${kind}")`)).click()]);
      const data = readFileSync(await file.path());
      const good = kind === 'CSV' ? data.toString().split('\n').length > 2 : kind === 'SVG' ? data.toString().startsWith('<svg') && !data.toString().includes('var(--') : data.subarray(1, 4).toString() === 'PNG' && data.length > 2000;
      expect(`${kind} of ${k}`, good, `${data.length} bytes`);
    }
    await (await figure.$('button:has-text("Table")')).click();
    expect(`table of ${k}`, (await figure.$$('tbody tr')).length > 1);
  }
  await page.emulateMedia({ media: 'print' });
  expect('print sheet hides the form', !(await page.isVisible('form')));
  await page.emulateMedia({ media: 'screen' });
  await page.click('text=Untreated, fit');
  await page.waitForFunction(() => document.querySelector('h1')?.textContent.includes('fit'));
  await page.goBack();
  await page.context().close();
}
