// SPDX-License-Identifier: Apache-2.0
// A browser, a server of one's own, and a list of what was not as expected.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, '../../web/package.json'));
export const { chromium } = require('playwright-core');
export const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const faults = [];
export function expect(what, good, found = '') {
  if (!good) {
    const text = typeof found === 'string' ? found : JSON.stringify(found);
    faults.push(`${what}${text ? `: ${text.slice(0, 600)}` : ''}`);
  }
  return good;
}
export const table = '#panel table tbody tr';
export const tabs = ['table', 'curves', 'icons', 'dots', 'scatter', 'courses', 'words'];
export const press = async (page, key, n = 1) => { for (let i = 0; i < n; i++) await page.keyboard.press(key); };
export const median = (x) => [...x].sort((a, b) => a - b)[Math.floor(x.length / 2)];

export async function serve(program, port = 0, ...options) {
  const began = performance.now();
  const child = spawn(program, ['serve', '--port', String(port), ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await new Promise((ok, no) => {
    let text = '';
    child.stderr.on('data', (d) => {
      text += d;
      const m = /(http:\/\/\S+)/.exec(text);
      if (m) ok(m[1]);
    });
    child.on('exit', () => no(new Error(`quell serve ended: ${text}`)));
  });
  const gone = new Promise((ok) => child.on('exit', (code) => ok(code)));
  return { url, port: Number(new URL(url).port), began, gone, kill: (signal = 'SIGTERM') => { child.kill(signal); return gone; } };
}

/** A page that watches itself: errors on the console and requests that leave the origin are faults. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {});
  const page = await context.newPage();
  page.quiet = false; // true while trouble is made on purpose
  page.on('console', (m) => { if (m.type() === 'error' && !page.quiet) faults.push(`console at ${page.url()}: ${m.text()}`); });
  page.on('pageerror', (e) => faults.push(`script error at ${page.url()}: ${e.message}`));
  page.on('request', (r) => {
    const to = new URL(r.url());
    if (!['data:', 'blob:'].includes(to.protocol) && (to.protocol === 'file:' ? r.url() !== url : to.origin !== new URL(url).origin)) faults.push(`request to ${r.url()}`);
  });
  await page.goto(url);
  return page;
}

export async function axe(page, what) {
  await page.evaluate(axeSource).catch(() => {}); // the policy of the page does not bind the debugger
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  for (const v of found.violations) faults.push(`axe, ${what}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`);
  return found.passes.length;
}

// A screenshot is kept and compared at a quarter of its size, so that another machine's fonts pass and a lost chart does not.
const TOLERANCE = 0.045; // mean difference of brightness, 0 to 1
let studio; // an empty page to work on pictures in

async function reduce(page, shot) {
  studio ??= await page.context().browser().newPage();
  return studio.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.width / 4);
    canvas.height = Math.round(image.height / 4);
    const c = canvas.getContext('2d');
    c.imageSmoothingQuality = 'high';
    c.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/jpeg', 0.5).split(',')[1];
  }, shot.toString('base64'));
}

export async function compareShot(page, name, renew) {
  const file = join(here, 'shots', `${name}.jpg`);
  const small = await reduce(page, await page.screenshot());
  if (renew) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(small, 'base64'));
    return;
  }
  if (!expect(`picture ${name}`, existsSync(file), 'is not stored; --renew stores it')) return;
  const difference = await studio.evaluate(
    async ([a, b]) => {
      const read = async (data) => {
        const image = new Image();
        image.src = `data:image/jpeg;base64,${data}`;
        await image.decode();
        const c = new OffscreenCanvas(image.width, image.height).getContext('2d');
        c.filter = 'blur(1px)';
        c.drawImage(image, 0, 0);
        return { w: image.width, h: image.height, d: c.getImageData(0, 0, image.width, image.height).data };
      };
      const [x, y] = [await read(a), await read(b)];
      if (x.w !== y.w || x.h !== y.h) return 1;
      let sum = 0;
      for (let i = 0; i < x.d.length; i += 4) sum += Math.abs(x.d[i] + x.d[i + 1] + x.d[i + 2] - y.d[i] - y.d[i + 1] - y.d[i + 2]) / 765;
      return sum / (x.w * x.h);
    },
    [readFileSync(file).toString('base64'), small]
  );
  expect(`picture ${name}`, difference < TOLERANCE, `differs by ${difference.toFixed(4)} (accepted ${TOLERANCE}); --renew stores the new one`);
}
