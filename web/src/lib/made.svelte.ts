// Which program, model and library made the figures behind a link, and whether they are those of this program.
import { call } from './api';
import type { About } from './types';

/** `VERSION_MODEL_LIBRARY`, hashes by their first eight digits; a part that is not known is empty. */
export interface Made { version: string; model: string; library: string }
const shape = /^([\w.+-]*?)_([0-9a-f]{0,8})_([0-9a-f]{0,8})$/;
export function madeOf(text: string): Made | null {
  const m = shape.exec(text);
  return m ? { version: m[1] ?? '', model: m[2] ?? '', library: m[3] ?? '' } : null;
}
export const markOf = (version: string, model_hash: string, library_hash: string): string => [version, model_hash.slice(0, 8), library_hash.slice(0, 8)].join('_');

/** What the link that was opened says, and what the first figures shown for it were computed with. */
export const opened = $state({ link: '', now: '' });

/** Figures have come: with what they were computed. Those of a second question are no longer the link's. */
export async function computedWith(model_hash: string): Promise<string> {
  const a = await call<About>('about').catch(() => null); // asked anew: files may have changed since the page was opened
  if (!a) return '';
  if (opened.now) opened.link = '';
  opened.now = markOf(a.version, model_hash, a.library_hash);
  return opened.now;
}

/** The address of what is shown; `mark` where it shows figures. */
export function write(view: string, q: URLSearchParams, mark: string): string {
  if ((/^#\/(\w+)/.exec(location.hash)?.[1] ?? view) !== view) return ''; // another view is open by now
  const all = new URLSearchParams(q);
  if (mark) all.set('made', mark);
  const hash = `#/${view}?${all.toString().replaceAll('%2C', ',').replaceAll('%3A', ':')}`;
  if (location.hash !== hash) history.replaceState(null, '', hash);
  return hash;
}
