// SPDX-License-Identifier: Apache-2.0
// Mistakes, long runs that are stopped, a server that dies, two tabs, slow answers, answers that are none.
import { axe, expect, open, serve, table, tabs } from '../tools.mjs';

export default async function trouble({ browser, program }) {
  let server = await serve(program);
  const page = await open(browser, server.url);
  await page.waitForSelector(table);
  page.quiet = true; // the browser notes refused requests on its console
  await page.goto(`${server.url}#/compare?population=unfit-1l&regimens=vn-obi,ven-obi&patients=50`);
  await page.reload();
  await page.waitForSelector('[role=alert] >> text=did you mean `ven-obi`');
  expect('a mistake is told in words', (await page.textContent('[role=alert]')).includes('unknown regimen'));
  await axe(page, 'a mistake');
  // a long run: progress, stop
  await page.goto(`${server.url}#/compare?population=unfit-1l&regimens=clb-obi,ven-obi&patients=400000&years=10`);
  await page.reload();
  await page.waitForSelector('text=/Simulating \\d+ %/', { timeout: 60000 });
  await page.click('button:has-text("Stop")');
  const stopped = await page.waitForFunction(async () => (await (await fetch('/api/v1/jobs')).json()).jobs.every((j) => j.state === 'cancelled')).then(() => true, () => false);
  expect('Stop stops the job', stopped);
  // the server dies in the middle of a run
  await page.fill('#patients', '300000');
  await page.press('#patients', 'Enter');
  await page.waitForSelector('text=/Simulating \\d+ %/', { timeout: 60000 });
  await server.kill('SIGKILL');
  await page.waitForSelector('[role=alert]');
  expect('a dead server is told in words', /does not answer|connection to the program broke/.test(await page.textContent('[role=alert]')), await page.textContent('[role=alert]'));
  const port = server.port;
  server = await serve(program, port);
  await page.fill('#patients', '50');
  await page.press('#patients', 'Enter');
  await page.waitForSelector(table);
  await page.waitForFunction(() => !document.querySelector('[role=alert]'));
  page.quiet = false;
  // two tabs at once, each with its own question
  const [a, b] = await Promise.all([open(browser, `${server.url}#/compare?patients=300&seed=11`), open(browser, `${server.url}#/compare?patients=300&seed=12`)]);
  await Promise.all([a.waitForSelector(table), b.waitForSelector(table)]);
  expect('two tabs do not disturb each other', (await a.textContent('#result-foot')).includes('seed 11') && (await b.textContent('#result-foot')).includes('seed 12'));
  // slow answers: the page stays usable
  await a.route('**/api/v1/compare', async (r) => { await new Promise((ok) => setTimeout(ok, 1500)); await r.continue(); });
  await a.fill('#years', '2');
  await a.press('#years', 'Enter');
  await a.click('#tab-icons');
  expect('tabs work while an answer is slow', await a.isVisible('.icons'));
  await a.waitForFunction(() => document.querySelector('h1')?.textContent.includes('2 years'));
  // an answer that is no JSON
  a.quiet = true;
  await a.unroute('**/api/v1/compare');
  await a.route('**/api/v1/compare', (r) => r.fulfill({ status: 200, body: '<html>' }));
  await a.fill('#years', '4');
  await a.press('#years', 'Enter');
  await a.waitForSelector('[role=alert] >> text=not JSON');
  // a huge result: five regimens over forty years, every view of it
  await b.goto(`${server.url}#/compare?population=unfit-1l&regimens=clb-obi,ven-obi,clb-rituximab,ibrutinib,zanubrutinib&patients=250&years=40&seed=3`);
  await b.waitForFunction(() => document.querySelector('h1')?.textContent.includes('40 years') && location.hash.includes('made='), null, { timeout: 120000 });
  for (const k of tabs) {
    await b.click(`#tab-${k}`);
    expect(`a huge result in the view ${k}`, await b.waitForFunction(() => (document.querySelector('#panel')?.textContent.length ?? 0) > 200, null, { timeout: 10000 }).then(() => true, () => false));
    expect(`a huge result fits in the view ${k}`, await b.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }
  for (const p of [a, b, page]) await p.context().close();
  expect('the server stops cleanly', (await server.kill()) === 0);
}
