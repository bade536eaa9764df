// SPDX-License-Identifier: Apache-2.0
// page.mjs QUELL [--renew] [PART]: the page in a browser, as people use it; PART runs one of the parts below alone. Exit status 77 where no browser is installed.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { axe, chromium, compareShot, expect, faults, median, open, serve } from './tools.mjs';

const [program, ...options] = process.argv.slice(2);
const renew = options[0] === '--renew';
const only = options[renew ? 1 : 0];
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
if (!executablePath) {
  console.log('skipped: no Chromium');
  process.exit(77);
}
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--font-render-hinting=none'] });
const said = [];
const table = '#panel table tbody tr';
const tabs = ['table', 'curves', 'icons', 'dots', 'scatter', 'courses', 'words'];
const press = async (page, key, n = 1) => { for (let i = 0; i < n; i++) await page.keyboard.press(key); };

/** Time from starting the program to the first comparison on the screen. */
async function firstComparison() {
  const server = await serve(program);
  const page = await open(browser, server.url);
  await page.waitForSelector(table);
  said.push(`program start to first comparison: ${((performance.now() - server.began) / 1000).toFixed(2)} s`);
  await page.context().close();
  return server;
}

async function everyView(server) {
  const views = [...tabs.map((k) => [`compare-${k}`, `#/compare?view=${k}`, '#panel > *']),
    ['therapies', '#/therapies?therapy=bispecifics', 'article section:nth-of-type(5)'], ['evidence', '#/evidence', '.two svg'], ['model', '#/model', 'pre span'], ['limits', '#/limits', 'main li']];
  for (const dark of [false, true]) {
    for (const width of [1280, 320]) {
      const page = await open(browser, `${server.url}#/limits`, { viewport: { width, height: 900 }, colorScheme: dark ? 'dark' : 'light' });
      for (const [name, address, sign] of views) {
        const what = `${name}, ${width} px, ${dark ? 'dark' : 'light'}`;
        await page.goto(server.url + address);
        await page.reload();
        if (!expect(`${what} appears`, await page.waitForSelector(sign, { timeout: 20000 }).then(() => true, () => false))) continue;
        await page.waitForTimeout(150);
        await axe(page, what);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(`${what} fits the width`, over <= 0, `${over} px too wide`);
        if (!dark || name === 'compare-curves') await compareShot(page, `${name}-${width}${dark ? '-dark' : ''}`, renew);
      }
      await page.context().close();
    }
  }
  for (const width of [2560, 3840]) {
    const page = await open(browser, `${server.url}#/compare?view=curves`, { viewport: { width, height: 1400 } });
    await page.waitForSelector('#panel svg');
    expect(`curves at ${width} px`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await page.context().close();
  }
}

/** The numbers on the page, the API and the command line are the same; every control does something. */
async function designersJourney(server) {
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

async function readersJourney(server) {
  const page = await open(browser, `${server.url}#/evidence`);
  await page.waitForSelector('.two svg');
  const before = await page.textContent('.two figure:last-child');
  await page.click('input[aria-label^="CLL14"]');
  await page.waitForSelector('text=1 trial left out by you');
  expect('leaving a trial out changes the forest plot', before !== (await page.textContent('.two figure:last-child')));
  expect('the address remembers what is left out', page.url().includes('exclude=CLL14'), page.url());
  await page.click('text=Back to the population').catch(() => page.click('button:has-text("Back")'));
  await page.focus('g[role="button"][aria-label^="Ven-G:"]');
  await page.keyboard.press('Enter');
  expect('a circle of the network filters', (await page.getAttribute('g[role="button"][aria-label^="Ven-G:"]', 'aria-pressed')) === 'true');
  await page.click('summary:has-text("League")');
  const league = () => document.querySelectorAll('details[open] tbody tr').length > 10;
  expect('league table', await page.waitForFunction(league, null, { timeout: 10000 }).then(() => true, () => false));
  await page.selectOption('form select >> nth=0', 'RR');
  await page.waitForFunction(() => location.hash.includes('line=RR'));
  await page.goto(`${server.url}#/model`);
  await page.reload();
  await page.waitForSelector('pre span');
  await page.fill('input[type=search]', 'doubling');
  await page.waitForSelector('text=found');
  await page.click('tbody th button >> nth=0');
  await page.waitForSelector('pre .mark');
  await page.context().close();
}

/** Nothing but the keyboard, from the address bar to a changed result. */
async function keyboardJourney(server) {
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

async function tour(server) {
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

/** The slider under a moving hand: how long from a position to its drawing. */
async function slider(server) {
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

/** Published trials against simulated ones: a job with progress, then the board. */
async function trials(server) {
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

/** One profile: a sample, a changed field, the ranking; the numbers of the command line; mistakes in words; the keyboard. */
async function patient(server) {
  for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [320, 'light']]) {
    const what = `patient, ${width} px, ${colorScheme}`;
    const page = await open(browser, `${server.url}#/patient?patients=40`, { viewport: { width, height: 900 }, colorScheme });
    await page.waitForSelector('#sample');
    expect(`${what}: nothing known at first`, (await page.textContent('form')).includes('0 of '));
    await page.click('form summary');
    await axe(page, `${what}, form`);
    const list = await (await fetch(`${server.url}api/v1/profile`)).json();
    expect(`${what}: every field has a control`, (await page.$$('.fields select, .fields input')).length === list.fields.length);
    await page.selectOption('#sample', 'relapse-on-btki');
    expect(`${what}: earlier treatment of the sample`, (await page.textContent('form')).includes('ibrutinib (progression)'));
    expect(`${what}: the sample fills the form`, (await page.inputValue('[name=age]')) === '68' && (await page.inputValue('[name=btk_mutation]')) === 'C481S');
    await page.fill('[name=age]', '71');
    await page.selectOption('[name=ighv]', '');
    await page.press('[name=age]', 'Enter');
    await page.waitForSelector('.ranking tbody tr', { timeout: 60000 });
    await page.click('summary:has-text("Other rules")');
    await axe(page, what);
    expect(`${what} fits the width`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await page.click('text=Copy command');
    const command = await page.evaluate(() => navigator.clipboard.readText());
    expect(`${what}: copied command`, command === 'quell recommend relapse-on-btki --with age=71 --with ighv=unknown --patients 40 --seed 1', command);
    if (width === 1280 && colorScheme === 'light') {
      const run = JSON.parse(spawnSync(program, [...command.split(' ').slice(1), '--json'], { maxBuffer: 1 << 28 }).stdout.toString());
      const eligible = run.regimens.filter((r) => r.eligible), out = run.regimens.filter((r) => !r.eligible);
      const shown = await page.$$eval('.ranking tbody tr', (x) => x.map((e) => [e.querySelector('th').firstChild.textContent, Number(e.querySelector('.first').textContent), Number(e.children[4].textContent)]));
      expect('the ranking is that of the command', shown.length === eligible.length && eligible.every((r, i) => shown[i][0] === r.id && Math.abs(shown[i][1] - 100 * r.first) <= 0.51 && Math.abs(shown[i][2] - r.score) <= 0.0051), { shown });
      expect('the statement is that of the command', (await page.textContent('#verdict')).includes(run.statement) && (await page.textContent('#verdict')).includes(run.research_use));
      const main = await page.textContent('main');
      expect('what is excluded, and why', out.length > 0 && out.every((r) => main.includes(r.id) && main.includes(r.excluded)), out.map((r) => r.id));
      expect('criteria of every regimen', (await page.$$('.trade tbody td')).length === eligible.length * eligible[0].criteria.length);
      const other = await open(browser, page.url());
      await other.waitForSelector('#sample');
      expect('a link keeps the profile', (await other.inputValue('[name=age]')) === '71' && (await other.inputValue('[name=ighv]')) === '' && (await other.inputValue('#sample')) === 'relapse-on-btki');
      await other.context().close();
    }
    await page.fill('[name=age]', '72');
    expect(`${what}: an old answer says so`, (await page.textContent('form')).includes('has changed since'));
    await page.context().close();
  }
  const page = await open(browser, `${server.url}#/patient?patients=40`);
  await page.waitForSelector('#sample');
  await page.focus('#sample');
  const seen = [];
  for (let i = 0; i < 60 && seen.at(-1)?.text !== 'Rank regimens'; i++) {
    await press(page, 'Tab');
    seen.push(await page.evaluate(() => ({ name: document.activeElement.name ?? '', text: document.activeElement.textContent, outline: getComputedStyle(document.activeElement).outlineStyle !== 'none' })));
    if (seen.at(-1).name === 'age') await page.keyboard.type('66');
  }
  await press(page, 'Enter');
  expect('a ranking by keyboard', await page.waitForSelector('.ranking tbody tr', { timeout: 60000 }).then(() => true, () => false), seen);
  expect('the age typed is used', page.url().includes('age=66'), page.url());
  expect('focus is always seen in the form', seen.every((s) => s.outline), seen.filter((s) => !s.outline));
  page.quiet = true;
  await page.goto(`${server.url}#/patient?patients=40&binet=A&rai=4&tp53=wrong`);
  await page.reload();
  await page.waitForSelector('#sample');
  await page.click('button:has-text("Rank regimens")');
  await page.waitForSelector('[role=alert]');
  expect('a mistake in a profile is told in words', (await page.textContent('[role=alert]')).includes('tp53'), await page.textContent('[role=alert]'));
  await axe(page, 'a mistake in a profile');
  await page.context().close();
}

/** Reports from disk: charts where scripts run, tables where they do not, the numbers of --json in both. */
const reports = [
  ['compare', ['compare', '--population', 'unfit-1l', '--regimens', 'clb-obi,ven-obi', '--patients', '120', '--years', '4', '--seed', '3'], '#panel table tbody tr'],
  ['trial', ['trial', 'run', 'cll14', '--patients', '200', '--seed', '3'], '.hr'],
  ['validate', ['validate', '--trial', 'cll14', '--patients', '60', '--seed', '1'], '.board'],
  ['recommend', ['recommend', 'tp53-first-line', '--patients', '40', '--seed', '1'], '.ranking tbody tr']
];
async function report() {
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

/** Runs that outlive the program: listed, opened, gone on with after a kill, removed. */
async function runs() {
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
  rmSync(folder, { recursive: true });
}

async function trouble() {
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
  for (const p of [a, b, page]) await p.context().close();
  expect('the server stops cleanly', (await server.kill()) === 0);
}

const server = await firstComparison();
for (const part of [everyView, designersJourney, readersJourney, keyboardJourney, tour, slider, trials, patient, runs, report, trouble]) {
  if (only && only !== part.name) continue;
  const began = performance.now();
  await part(server).catch((e) => faults.push(`${part.name}: ${e.message.split('\n').slice(0, 4).join(' ')}`));
  said.push(`${part.name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
await server.kill();
await browser.close();
console.log(said.join('\n'));
console.log(faults.length ? `${faults.length} faults\n${faults.join('\n')}` : 'page: all as expected');
process.exit(faults.length ? 1 : 0);
