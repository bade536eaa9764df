// SPDX-License-Identifier: Apache-2.0
// page.mjs QUELL [PART] [--renew]: the page in a browser, as people use it; PART runs one file of parts/ alone, --renew stores its pictures anew. Exit status 77 where no browser is installed.
import { existsSync } from 'node:fs';
import { chromium, expect, faults, open, serve, table } from './tools.mjs';

const order = ['everyView', 'designersJourney', 'readersJourney', 'keyboardJourney', 'links', 'tour', 'slider', 'trials', 'trialDesigner', 'haematologist', 'student', 'patient', 'runs', 'report', 'trouble'];
const words = process.argv.slice(2);
const renew = words.includes('--renew');
const [program, only] = words.filter((w) => w !== '--renew');
if (!program || (only && !order.includes(only))) {
  console.error(`${only ? `no part ${only}` : 'no program'}; page.mjs QUELL [PART] [--renew], where PART is one of ${order.join(' ')}`);
  process.exit(2);
}
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
if (!executablePath) {
  console.log('skipped: no Chromium');
  process.exit(77);
}
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--font-render-hinting=none'] });
const said = [];

/** Time from starting the program to the first comparison on the screen. */
async function firstComparison() {
  const server = await serve(program);
  const page = await open(browser, server.url);
  expect('a first comparison', await page.waitForSelector(table).then(() => true, () => false));
  said.push(`program start to first comparison: ${((performance.now() - server.began) / 1000).toFixed(2)} s`);
  await page.context().close();
  return server;
}

const server = await firstComparison();
for (const name of only ? [only] : order) {
  const { default: part } = await import(`./parts/${name}.mjs`);
  const began = performance.now();
  await part({ browser, program, renew, said, server }).catch((e) => faults.push(`${name}: ${e.message.split('\n').slice(0, 4).join(' ')}`));
  said.push(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
await server.kill();
await browser.close();
console.log(said.join('\n'));
console.log(faults.length ? `${faults.length} faults\n${faults.join('\n')}` : 'page: all as expected');
process.exit(faults.length ? 1 : 0);
