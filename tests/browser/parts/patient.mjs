// SPDX-License-Identifier: Apache-2.0
// One profile: a sample, a changed field, the ranking; the numbers of the command line; mistakes in words; the keyboard.
import { spawnSync } from 'node:child_process';
import { axe, expect, open, press } from '../tools.mjs';

export default async function patient({ browser, program, server }) {
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
