// SPDX-License-Identifier: Apache-2.0
// Every view at every width, light and dark: it appears, fits, has no axe violation, and looks as it did.
import { axe, compareShot, expect, open, tabs } from '../tools.mjs';

export default async function everyView({ browser, renew, server }) {
  const views = [...tabs.map((k) => [`compare-${k}`, `#/compare?view=${k}`, '#panel > *']),
    ['patient', '#/patient?sample=relapse-on-btki', '.fields select'], ['trials', '#/trials', 'main form button'], ['design', '#/trials?design=', 'main form button'],
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
        // On a narrow screen the form fills the first page: the picture is of what follows it.
        if (width === 320) await page.$eval(sign, (e) => e.scrollIntoView());
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
