// SPDX-License-Identifier: Apache-2.0
// Links carry what their figures were computed with: silent where that is what computes now, in words where it is not.
import { axe, expect, open, table } from '../tools.mjs';

const made = (page) => new URLSearchParams(new URL(page.url()).hash.split('?')[1] ?? '').get('made') ?? '';
const settled = (page) => page.waitForFunction(() => location.hash.includes('made='), null, { timeout: 60000 });
const notice = async (page) => (await page.textContent('main [role=status]')).trim();

export default async function links({ browser, server }) {
  const about = await (await fetch(`${server.url}api/v1/about`)).json();
  const settings = { population: 'unfit-1l', regimens: ['clb-obi', 'ven-obi'], patients: 60, years: 3, seed: 7 };
  const result = await (await fetch(`${server.url}api/v1/compare`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(settings) })).json();
  const model = result.model_hash.slice(0, 8), library = about.library_hash.slice(0, 8), same = `${about.version}_${model}_${library}`;
  const plain = '#/compare?population=unfit-1l&regimens=clb-obi,ven-obi&patients=60&years=3&seed=7';
  const page = await open(browser, server.url + plain);
  await page.waitForSelector(table);
  await settled(page);
  expect('a link says what its figures were computed with', made(page) === same, { found: made(page), same });
  await page.click('text=Copy link');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect('Copy link gives it, too', link === page.url() && link.includes(`made=${same}`), link);
  const shown = await page.textContent('#panel');
  await page.context().close();

  const cases = [ // what differs, and what must be said
    ['the same', same, []],
    ['another model', `${about.version}_0badc0de_${library}`, ['model 0badc0de', `model ${model}`]],
    ['another library', `${about.version}_${model}_0badc0de`, ['library 0badc0de', `library ${library}`]],
    ['another version', `0.0.1_${model}_${library}`, ['quell 0.0.1', `quell ${about.version}`]],
    ['all of them', '0.0.1_0badc0de_deadbeef', ['quell 0.0.1', 'model 0badc0de', 'library deadbeef', `model ${model}`]],
    ['a run of the store', '_0badc0de_', ['model 0badc0de', `model ${model}`]],
    ['no mark at all', 'rubbish', ['rubbish', 'computed here']]
  ];
  for (const [what, mark, words] of cases) {
    const other = await open(browser, `${server.url}${plain}&made=${mark}`);
    await other.waitForSelector(table);
    await other.waitForFunction((m) => location.hash.includes(`made=${m}`), same);
    const told = await notice(other);
    expect(`a link of ${what} is told in words`, words.length ? words.every((w) => told.includes(w)) : told === '', told);
    if (what !== 'no mark at all') expect(`a link of ${what} tells what differs only`, !/quell/.test(told) || what.startsWith('another version') || what === 'all of them', told);
    expect(`a link of ${what} still computes`, (await other.textContent('#panel')) === shown);
    expect(`a link of ${what} raises no alarm`, (await other.$('[role=alert]')) === null);
    if (what === 'all of them') {
      for (const width of [320, 1280]) {
        await other.setViewportSize({ width, height: 900 });
        await axe(other, `a foreign link, ${width} px`);
        expect(`a foreign link fits ${width} px`, await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      }
      await other.click('button:has-text("Understood")');
      expect('the notice goes when it is understood', (await notice(other)) === '');
    }
    if (what === 'another model') {
      await other.fill('#years', '2');
      await other.press('#years', 'Enter');
      await other.waitForFunction(() => document.querySelector('h1')?.textContent.includes('2 years'));
      await settled(other);
      expect('figures of a new question are not the link\'s', (await notice(other)) === '', await notice(other));
    }
    await other.context().close();
  }
  await otherViews(browser, server, model);
}

/** Every view that shows figures: its address carries the mark, a foreign one is told, and the figures come by themselves. */
async function otherViews(browser, server, model) {
  const views = [
    ['evidence', '#/evidence?line=1L&endpoint=pfs', '.two svg', 'library deadbeef'],
    ['model', '#/model?module=disease.qm', 'pre span', 'model 0badc0de'],
    ['therapies', '#/therapies?therapy=bispecifics', 'article section:nth-of-type(5)', 'model 0badc0de'],
    ['patient', '#/patient?sample=tp53-first-line&patients=40&seed=1', '.ranking tbody tr', 'model 0badc0de'],
    ['trials', '#/trials?patients=10', '.board', 'model 0badc0de']
  ];
  const page = await open(browser, `${server.url}#/limits`); // one tab: a link pasted into it opens, too
  for (const [name, address, sign, words] of views) {
    await page.goto(`${server.url}${address}&made=0.0.1_0badc0de_deadbeef`);
    if (!expect(`a link to ${name} shows its figures`, await page.waitForSelector(sign, { timeout: 240000 }).then(() => true, () => false))) continue;
    await page.waitForFunction(() => location.hash.includes('made=') && !location.hash.includes('deadbeef'), null, { timeout: 60000 });
    expect(`a foreign link to ${name} is told in words`, (await notice(page)).includes(words), await notice(page));
    expect(`the address of ${name} carries the mark`, made(page).includes(name === 'evidence' ? '__' : `_${model}_`), made(page));
    await page.goto(`${server.url}#/limits`);
    expect(`the notice of ${name} stays with it`, (await notice(page)) === '', await notice(page));
  }
  await page.context().close();
}
