// A value as YAML on one line, the way the program shows it (src/serve/flow.c), and where each part of it stands.
import type { Json } from './types';

const plainKey = /^[A-Za-z0-9][A-Za-z0-9_.+/-]*$/;
const numeric = /^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$|^(inf|infinity|nan)$/i;

export const numberText = (x: number): string =>
  x !== 0 && Math.abs(x) < 1e-4 ? x.toExponential().replace(/e([+-])(\d)$/, 'e$10$2') : String(x);
const word = (s: string): string => (plainKey.test(s) && !numeric.test(s) ? s : JSON.stringify(s));
const key = (s: string): string => (plainKey.test(s) ? s : JSON.stringify(s));

export interface Place { path: (string | number)[]; from: number; to: number }

/** Columns count from 1, as in the program's diagnostics. */
export function flow(v: Json): { text: string; places: Place[] } {
  const places: Place[] = [];
  let text = '';
  const walk = (x: Json, path: (string | number)[], from = text.length) => {
    if (Array.isArray(x)) {
      text += '[';
      x.forEach((y, i) => {
        text += i ? ', ' : '';
        walk(y, [...path, i]);
      });
      text += ']';
    } else if (x !== null && typeof x === 'object') {
      text += '{';
      Object.entries(x).forEach(([k, y], i) => {
        text += i ? ', ' : '';
        const start = text.length;
        text += `${key(k)}: `;
        walk(y, [...path, k], start); // the key belongs to its member
      });
      text += '}';
    } else {
      text += typeof x === 'number' ? numberText(x) : typeof x === 'string' ? word(x) : String(x);
    }
    places.push({ path, from: from + 1, to: text.length });
  };
  walk(v, []);
  return { text, places };
}

/** The smallest part of a value that holds a column. */
export function pathAt(v: Json, column: number): (string | number)[] {
  const hits = flow(v).places.filter((p) => p.from <= column && column <= p.to);
  return hits.reduce<Place | null>((a, b) => (a && a.to - a.from <= b.to - b.from ? a : b), null)?.path ?? [];
}
