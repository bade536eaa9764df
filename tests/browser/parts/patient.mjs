// SPDX-License-Identifier: Apache-2.0
// One profile: samples, every field, earlier treatment, courses, preferences; the numbers of the command line; links; mistakes in words; the keyboard.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { axe, expect, open, press } from '../tools.mjs';

const rank = async (page) => {
  await page.click('button:has-text("Rank regimens")');
  await page.waitForSelector('.ranking tbody tr', { timeout: 60000 });
  await page.waitForFunction(() => !document.querySelector('form').textContent.includes('Simulating') && !document.querySelector('form').textContent.includes('has changed'), null, { timeout: 60000 });
};
const copied = async (page, what) => {
  await page.click(`text=${what}`);
  return page.evaluate(() => navigator.clipboard.readText());
};
/** The command as a shell takes it; `quell` is the program under test. */
const inShell = (program, command) => JSON.parse(spawnSync('sh', ['-c', `${command} --json`], { maxBuffer: 1 << 28, env: { ...process.env, PATH: `${dirname(program)}:${process.env.PATH}` } }).stdout.toString());
/** The address, when it has followed the form. */
const address = async (page) => {
  await page.waitForTimeout(400);
  return page.url();
};
/** Everything that the form holds, as text. */
const held = (page) => page.$$eval('form input:not([type=range]), form select, form textarea', (x) => x.map((e) => `${e.name} ${e.value}`).join('\n'));
const line = (k) => `#lines li:nth-child(${k})`;

async function sameAsCommand(page, program, what) {
  const run = inShell(program, await copied(page, 'Copy command'));
  const eligible = run.regimens.filter((r) => r.eligible), out = run.regimens.filter((r) => !r.eligible);
  const shown = await page.$$eval('.ranking tbody tr', (x) => x.map((e) => [e.querySelector('th').firstChild.textContent, Number(e.querySelector('.first').textContent), Number(e.children[4].textContent)]));
  expect(`${what}: the ranking is that of the command`, shown.length === eligible.length && eligible.every((r, i) => shown[i][0] === r.id && Math.abs(shown[i][1] - 100 * r.first) <= 0.51 && Math.abs(shown[i][2] - r.score) <= 0.0051), { shown });
  expect(`${what}: the statement is that of the command`, (await page.textContent('#verdict')).includes(run.statement) && (await page.textContent('#verdict')).includes(run.research_use));
  const main = await page.textContent('main');
  expect(`${what}: what is excluded, and why`, out.every((r) => main.includes(r.id) && main.includes(r.excluded)), out.map((r) => r.id));
  return { run, eligible, out };
}

/** Opens the link in a browser of its own: the same form, the same command. */
async function sameByLink(page, browser, what) {
  const [link, form, command] = [await copied(page, 'Copy link'), await held(page), await copied(page, 'Copy command')];
  const other = await open(browser, link);
  await other.waitForSelector('#sample');
  expect(`${what}: a link fills the same form`, (await held(other)) === form, await held(other));
  await rank(other);
  expect(`${what}: a link gives the same command`, (await copied(other, 'Copy command')) === command, command);
  await other.context().close();
}

/** A sample and a changed field at each width and colour. */
async function samples(page, what, { browser, program, list }, thorough) {
  expect(`${what}: nothing known at first`, (await page.textContent('form')).includes('0 of ') && (await page.inputValue('#earlier')) === 'unknown' && (await page.inputValue('#stated')) === '' && (await page.$$('#courses tbody tr')).length === 0);
  await page.click('#more summary');
  await axe(page, `${what}, form`);
  const names = await page.$$eval('.simple select, .simple input', (x) => x.map((e) => e.name));
  expect(`${what}: every field has a control`, names.length === list.fields.length && list.fields.every((f) => names.includes(f.name)), names);
  await page.selectOption('#sample', 'relapse-on-btki');
  expect(`${what}: the sample fills the form`, (await page.inputValue('[name=age]')) === '68' && (await page.inputValue('[name=btk_mutation]')) === 'C481S');
  expect(`${what}: earlier treatment of the sample`, (await page.inputValue('#earlier')) === 'listed' && (await page.inputValue(`${line(1)} [name=regimen]`)) === 'fcr' && (await page.inputValue(`${line(1)} [name=remission_months]`)) === '40'
    && (await page.inputValue(`${line(2)} [name=start]`)) === '2016-03' && (await page.inputValue(`${line(2)} [name=ended]`)) === 'progression');
  const members = await page.$$eval(`${line(1)} select, ${line(1)} input`, (x) => x.map((e) => e.name));
  expect(`${what}: every member of a line has a control`, list.line_members.every((m) => members.includes(m.name)), members);
  await axe(page, `${what}, earlier treatment`);
  await page.fill('[name=age]', '71');
  await page.selectOption('[name=ighv]', '');
  await page.press('[name=age]', 'Enter');
  await page.waitForSelector('.ranking tbody tr', { timeout: 60000 });
  await page.click('summary:has-text("Other rules")');
  await axe(page, what);
  expect(`${what} fits the width`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const command = await copied(page, 'Copy command');
  expect(`${what}: only what differs from the sample is in the command`, command === 'quell recommend relapse-on-btki --with age=71 --with ighv=unknown --patients 40 --seed 1', command);
  if (thorough) {
    const { eligible, out } = await sameAsCommand(page, program, what);
    expect('criteria of every regimen', out.length > 0 && (await page.$$('.trade tbody td')).length === eligible.length * eligible[0].criteria.length);
    await sameByLink(page, browser, what);
  }
  await page.fill('[name=age]', '72');
  expect(`${what}: an old answer says so`, (await page.textContent('form')).includes('has changed since'));
}

/** Lines are added, moved and removed, courses pasted, weights set; each changes the answer of the program in the same way. */
async function parts(page, what, { browser, program, list }, thorough) {
  await page.selectOption('#sample', 'course-and-wishes');
  expect(`${what}: the sample fills courses and preferences`, (await page.$$('#courses tbody tr')).length === 8 && (await page.inputValue('#w-os')) === '20' && (await page.inputValue('#w-days')) === '' && (await page.inputValue('#earlier')) === 'none');
  expect(`${what}: a sample as it stands is not in the link`, !/prior_lines|courses|preferences/.test(await address(page)), page.url());
  await page.selectOption('#earlier', 'unknown');
  expect(`${what}: not known is not untreated`, (await address(page)).includes('prior_lines=unknown'), page.url());
  await page.selectOption('#earlier', 'listed');
  await page.selectOption(`${line(1)} [name=drugs]`, 'ibrutinib');
  await page.selectOption(`${line(1)} [name=drugs] >> nth=1`, 'rituximab');
  expect(`${what}: another drug may follow`, (await page.$$(`${line(1)} [name=drugs]`)).length === 3);
  await page.selectOption(`${line(1)} [name=drugs] >> nth=1`, '');
  await page.selectOption(`${line(1)} [name=ended]`, 'toxicity');
  await page.fill(`${line(1)} [name=note]`, `it's "well", at home`);
  await page.click('#add-line');
  await page.selectOption(`${line(2)} [name=regimen]`, 'fcr');
  await page.selectOption(`${line(2)} [name=response]`, 'PR');
  await page.fill(`${line(2)} [name=remission_months]`, '40');
  await page.click(`${line(2)} button:has-text("Earlier")`);
  expect(`${what}: a line is moved`, (await page.inputValue(`${line(1)} [name=regimen]`)) === 'fcr' && (await page.inputValue(`${line(2)} [name=drugs]`)) === 'ibrutinib');
  expect(`${what}: choices come from the library`, (await page.$$(`${line(1)} [name=regimen] option`)).length === list.regimens.length + 1 && (await page.$$('#courses [name=quantity] >> nth=0 >> option')).length === list.courses.quantities.length);
  await page.click('#courses summary');
  await page.fill('#csv', 'day,quantity,value\n1000,ldh,4\nx,alc,5\n1100,alc,"6,5"\n');
  await page.click('button:has-text("Add these rows")');
  const told = await page.textContent('#courses ul');
  expect(`${what}: mistakes of a pasted table in words, all at once`, ['Row 2', 'ldh', 'Row 3', 'Row 4', 'comma'].every((x) => told.includes(x)) && (await page.$$('#courses tbody tr')).length === 8, told);
  await axe(page, `${what}, mistakes of a pasted table`);
  await page.fill('#csv', 'day;alc;igg\n1000;120.5;5\n1095;;4.5\n');
  await page.click('button:has-text("Add these rows")');
  expect(`${what}: a pasted table is added`, (await page.$$('#courses tbody tr')).length === 11 && (await page.textContent('#courses')).includes('3 measurements are added'));
  await page.click('#courses tbody tr:nth-child(2) button');
  expect(`${what}: a row is removed`, (await page.$$('#courses tbody tr')).length === 10);
  await page.selectOption('[name=course_regimen]', 'ibrutinib');
  await page.fill('#w-os', '40');
  expect(`${what}: a slider follows its number`, (await page.inputValue('input[type=range][data-path="preferences/os"]')) === '40');
  await page.$eval('input[type=range][data-path="preferences/days"]', (e) => { for (const [value, kind] of [['7', 'input'], ['10', 'input'], ['10', 'change']]) { e.value = value; e.dispatchEvent(new Event(kind, { bubbles: true })); } });
  expect(`${what}: a number follows its slider, and shares add up`, (await page.inputValue('#w-days')) === '10' && (await page.textContent('#w-days-share')) === '8 %', await page.textContent('#w-days-share'));
  await page.selectOption('#utilities', 'kosmas-2015');
  await rank(page);
  await axe(page, `${what}, all parts`);
  expect(`${what}, all parts: fits the width`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const small = await page.$$eval('form button, form input, form select, form summary, form textarea', (x) => x.filter((e) => e.getBoundingClientRect().width > 0 && Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) < 24).map((e) => e.outerHTML.slice(0, 90)));
  expect(`${what}: every target is 24 px`, small.length === 0, small);
  if (!thorough) return;
  const command = await copied(page, 'Copy command');
  expect('a command with parts is quoted for a shell', command.startsWith(`quell recommend course-and-wishes --with 'prior_lines=[{regimen: fcr, response: PR, remission_months: 40}, {drugs: [ibrutinib], ended: toxicity, note: "it'\\''s \\"well\\", at home"}]' --with 'courses={regimen: ibrutinib, alc: {unit: 1e9/L, at: {0: 31, 365: 55,`), command);
  const { run } = await sameAsCommand(page, program, 'all parts');
  expect('the program takes every part', run.profile.prior_lines === 2 && run.profile.observations === 10 && run.preferences.stated && run.preferences.days > 0.07 && run.utility_sets.find((u) => u.used).id === 'kosmas-2015', run.profile);
  await sameByLink(page, browser, 'all parts');
  const jobs = (await (await fetch(`${new URL(page.url()).origin}/api/v1/jobs`)).json()).jobs;
  expect('the page shows the command of the program', jobs.some((j) => j.command === `${command} --json`), jobs.map((j) => j.command));
  for (let i = 0; i < 2; i++) await page.click(`${line(1)} button:has-text("Remove")`);
  expect('without a line, earlier treatment is not known', (await page.inputValue('#earlier')) === 'unknown' && (await page.textContent('#lines')).includes('untreated patient') && (await address(page)).includes('prior_lines=unknown'));
  await page.selectOption('#stated', '');
  expect('preferences that are not stated', (await address(page)).includes('preferences=unknown') && (await page.$('#w-os')) === null);
}

/** What the program refuses stands at its field; what would be lost is not sent; what a link holds too much is told. */
async function mistakes(page, server) {
  page.quiet = true; // the browser notes refused requests on its console
  await page.goto(`${server.url}#/patient?patients=40&sample=relapse-on-btki&binet=A&rai=4&tp53=wrong`);
  await page.reload();
  await page.waitForSelector('#sample');
  await page.click(`${line(1)} button:has-text("Later")`);
  await page.fill(`${line(2)} [name=start]`, '2012-13');
  await page.fill(`${line(1)} [name=end]`, '2015');
  await page.selectOption('#stated', 'stated');
  await page.click('#add-line');
  await page.click('button:has-text("Rank regimens")');
  await page.waitForSelector('[role=alert]');
  const alert = await page.textContent('[role=alert]');
  expect('mistakes in a profile are told in words, all at once', ['tp53', 'not a month', 'ends before it starts', 'what was given is missing'].every((x) => alert.includes(x)), alert);
  const marked = async (what) => ({ invalid: await page.getAttribute(what, 'aria-invalid'), said: await page.$eval(what, (e) => document.getElementById(e.getAttribute('aria-describedby'))?.textContent ?? '') });
  for (const [what, words] of [['[name=tp53]', 'tp53 cannot be wrong. TP53 by sequencing: give one of normal, mutated, or unknown.'], [`${line(2)} [name=start]`, 'YYYY-MM'], [`${line(1)} [name=end]`, 'before it starts']]) {
    const found = await marked(what);
    expect(`a mistake stands at ${what}`, found.invalid === 'true' && found.said.includes(words), found);
  }
  expect('a line without treatment says so', (await page.textContent(line(3))).includes('What was given is missing'));
  await axe(page, 'mistakes in a profile');
  await page.fill(`${line(2)} [name=start]`, '2012-01');
  expect('a mark goes when its field is written to', (await page.getAttribute(`${line(2)} [name=start]`, 'aria-invalid')) === null && (await marked('[name=tp53]')).invalid === 'true');
  await page.selectOption('#sample', 'nothing-known');
  for (const [day, value] of [['0', '40'], ['0.0', '41'], ['7', '']]) {
    await page.click('#add-point');
    await page.fill('#courses tbody tr:last-child [name=day]', day);
    await page.fill('#courses tbody tr:last-child [name=value]', value);
  }
  const before = (await (await fetch(`${server.url}api/v1/jobs`)).json()).jobs.length;
  await page.click('button:has-text("Rank regimens")');
  await page.waitForSelector('[role=alert]');
  const table = await page.textContent('#courses');
  expect('a day that stands twice, and half a measurement', table.includes('stands in the table twice') && table.includes('lacks its day or its value'), table);
  expect('what would be lost is not sent', (await (await fetch(`${server.url}api/v1/jobs`)).json()).jobs.length === before);
  await axe(page, 'mistakes in courses');
  await page.goto(`${server.url}#/patient?sample=nobody&agee=70&age=70&prior_lines=[{&courses={"ldh":{}}&preferences={"os":1,"speed":[2]}`);
  await page.reload();
  await page.waitForSelector('[role=alert]');
  const link = await page.textContent('[role=alert]');
  expect('what a link holds and the form cannot take', ['nobody', 'agee', 'prior_lines', 'ldh', 'speed'].every((x) => link.includes(x)) && (await page.inputValue('[name=age]')) === '70' && (await page.inputValue('#w-os')) === '1', link);
  page.quiet = false;
  await page.goto(`${server.url}#/patient?anc=500`);
  await page.reload();
  await page.waitForSelector('#sample');
  expect('fields that are seldom known are folded away', !(await page.isVisible('[name=anc]')));
  await page.click('button:has-text("Rank regimens")');
  expect('a number out of range is shown where it stands', await page.waitForFunction(() => document.activeElement?.name === 'anc').then(() => true, () => false), await page.evaluate(() => document.activeElement.outerHTML.slice(0, 200)));
}

/** From the sample to the ranking without a mouse: a line added, described, moved, another removed; a measurement; a weight. */
async function keyboard(page) {
  const seen = [];
  const at = () => page.evaluate(() => { const e = document.activeElement; return { id: e.id, name: e.name ?? '', tag: e.tagName, text: (e.getAttribute('aria-label') ?? e.textContent).slice(0, 60), path: e.dataset.path ?? '', outline: getComputedStyle(e).outlineStyle !== 'none' }; });
  const reach = async (good, most = 90) => {
    for (let i = 0; i < most; i++) {
      await press(page, 'Tab');
      seen.push(await at());
      if (good(seen.at(-1))) return true;
    }
    return expect('reached by Tab', false, `${good}; ${JSON.stringify(seen.slice(-3))}`);
  };
  await page.focus('#sample');
  await reach((e) => e.name === 'age');
  await page.keyboard.type('66');
  await reach((e) => e.id === 'earlier');
  await page.keyboard.type('as');
  await reach((e) => e.name === 'regimen');
  await page.keyboard.type('fcr');
  await reach((e) => e.name === 'ended');
  await page.keyboard.type('comp');
  await reach((e) => e.id === 'add-line');
  await press(page, 'Enter');
  await page.waitForTimeout(50);
  expect('a new line has the focus', (await at()).name === 'regimen' && (await at()).path !== '', await at());
  await reach((e) => e.name === 'drugs');
  await page.keyboard.type('ibrutinib');
  await reach((e) => e.text.startsWith('Earlier'));
  await press(page, 'Enter');
  await page.waitForTimeout(50);
  expect('a moved line keeps the focus', (await at()).text.startsWith('Later') && (await page.textContent('#lines [aria-live]')) === 'Line 2 is now line 1.', await at());
  expect('the order is that of the form', decodeURIComponent(await address(page)).includes('prior_lines=[{"drugs":["ibrutinib"]},{"regimen":"fcr"'), page.url());
  await reach((e) => e.text.startsWith('Remove line 2'));
  await press(page, 'Enter');
  await page.waitForTimeout(50);
  expect('after a removed line the focus is at the next', (await at()).text === 'Remove line 1', await at());
  await reach((e) => e.id === 'add-point');
  await press(page, 'Enter');
  await page.waitForTimeout(50);
  await page.keyboard.type('0');
  await reach((e) => e.name === 'value');
  await page.keyboard.type('40');
  await reach((e) => e.id === 'stated');
  await page.keyboard.type('as');
  await reach((e) => e.path === 'preferences/os' && e.id === '');
  await press(page, 'ArrowRight', 3);
  expect('a slider by arrow keys', (await page.inputValue('#w-os')) === '28', await page.inputValue('#w-os'));
  await reach((e) => e.text === 'Rank regimens');
  await press(page, 'Enter');
  expect('a ranking by keyboard', await page.waitForSelector('.ranking tbody tr', { timeout: 60000 }).then(() => true, () => false), seen.slice(-5));
  const command = await copied(page, 'Copy command');
  expect('what was typed is used', command.includes(`--with age=66 --with 'prior_lines=[{drugs: [ibrutinib]}]' --with 'courses={alc: {unit: 1e9/L, at: {0: 40}}}'`) && command.includes('os: 28'), command);
  expect('focus is always seen in the form', seen.every((s) => s.outline), seen.filter((s) => !s.outline));
}

export default async function patient({ browser, program, server }) {
  const list = await (await fetch(`${server.url}api/v1/profile`)).json();
  const tools = { browser, program, list };
  for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [320, 'light']]) {
    const what = `patient, ${width} px, ${colorScheme}`, thorough = width === 1280 && colorScheme === 'light';
    const page = await open(browser, `${server.url}#/patient?patients=40`, { viewport: { width, height: 900 }, colorScheme });
    await page.waitForSelector('#sample');
    await samples(page, what, tools, thorough);
    await parts(page, what, tools, thorough);
    await page.context().close();
  }
  const page = await open(browser, `${server.url}#/patient?patients=40`);
  await page.waitForSelector('#sample');
  await keyboard(page);
  await mistakes(page, server);
  await page.context().close();
}
