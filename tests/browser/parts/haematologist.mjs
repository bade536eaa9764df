// SPDX-License-Identifier: Apache-2.0
// A haematologist: a profile, its ranking, the trade-offs, the trials behind the leading regimen, a figure to its publication, a link.
import { axe, expect, open, table } from '../tools.mjs';

export default async function haematologist({ browser, server }) {
  const page = await open(browser, `${server.url}#/patient?patients=40`);
  await page.waitForSelector('#sample');
  await page.selectOption('#sample', 'tp53-first-line');
  await page.fill('[name=age]', '72');
  await page.press('[name=age]', 'Enter');
  await page.waitForSelector('.ranking tbody tr', { timeout: 60000 });
  await page.waitForFunction(() => location.hash.includes('made='));
  expect('what it is for is said', (await page.textContent('main')).includes('Research use only'));
  const leading = await page.$eval('.ranking tbody tr:first-child th', (e) => e.firstChild.textContent);
  const trade = await page.$eval('.trade tbody tr:first-child', (e) => ({ id: e.querySelector('th').textContent, cells: [...e.querySelectorAll('td')].map((x) => x.textContent) }));
  expect('trade-offs begin with the leading regimen', trade.id === leading && trade.cells.length > 4 && trade.cells.some((x) => /\d/.test(x)), { leading, trade });
  await page.click('button:text-is("Copy link")');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await open(browser, link); // by itself, without a click
  await other.waitForSelector('.ranking tbody tr', { timeout: 60000 });
  expect('a link shows the ranking', (await other.textContent('.ranking')) === (await page.textContent('.ranking')));
  await other.context().close();

  // the trials behind it
  const about = await (await fetch(`${server.url}api/v1/about`)).json();
  const treatment = about.regimens.find((r) => r.id === leading).treatment?.[0];
  if (treatment) {
    await page.click('.ranking tbody tr:first-child a:has-text("its trials")');
    await page.waitForSelector('.two svg');
    const said = await page.textContent('main');
    expect('the evidence of the leading regimen', said.includes(`${treatment} and what it was compared with`) || said.includes(`No trial of this network has ${treatment}`), said.slice(0, 400));
    await axe(page, 'evidence of a regimen');
    await page.goBack();
    await page.waitForSelector('.ranking tbody tr', { timeout: 60000 });
    expect('Back shows the ranking again', (await page.$eval('.ranking tbody tr:first-child th', (e) => e.firstChild.textContent)) === leading);
  }

  // from a simulated figure to the published one beside it, and to the paper
  await page.goto(`${server.url}#/compare?population=unfit-1l&regimens=ven-obi,clb-obi&patients=60&years=5&seed=7`);
  await page.waitForSelector(table);
  await page.click(`${table} a:text-is("CLL14")`);
  await page.waitForSelector('.figures h2:has-text("Every published figure of CLL14")');
  await page.waitForFunction(() => document.querySelectorAll('.figures tbody tr').length > 20);
  const rows = await (await fetch(`${server.url}api/v1/evidence/trials/CLL14`)).json();
  const sources = await page.$$eval('.figures tbody tr td:last-child', (x) => x.map((e) => e.textContent));
  expect('every figure has its publication', sources.length === rows.rows.length && sources.every((s, i) => s.length > 10 && s === (rows.rows[i].reference || rows.rows[i].publication)), sources.slice(0, 3));
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await axe(page, `figures of a trial, ${width} px`);
    expect(`figures of a trial fit ${width} px`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }
  expect('the address names the trial', page.url().includes('trial=CLL14'), page.url());
  await page.click('.figures button:has-text("Close")');
  expect('the figures can be closed', (await page.$('.figures')) === null);
  await page.goto(`${server.url}#/compare?population=unfit-1l&regimens=ven-obi,clb-obi&patients=60&years=5&seed=7`);
  await page.waitForSelector(table);
  await page.click('thead a:has-text("its trials") >> nth=0');
  await page.waitForSelector('text=Ven-G and what it was compared with');
  expect('the network shows that regimen', (await page.getAttribute('g[role="button"][aria-label^="Ven-G:"]', 'aria-pressed')) === 'true');
  await page.goto(`${server.url}#/evidence?line=1L&treatment=no-such-regimen`);
  await page.waitForSelector('text=No trial of this network has no-such-regimen');
  await page.context().close();
}
