import type { Endpoint, Interval, Published } from './types';
import { t } from './messages';

const digits = (x: number): string => {
  const a = Math.abs(x);
  return a >= 100 ? x.toFixed(0) : a >= 10 ? x.toFixed(1).replace(/\.0$/, '') : a >= 1 ? x.toFixed(1) : x.toPrecision(2);
};

/** Fractions are shown per 100. */
export function value(x: number | null, unit: string): string {
  if (x === null) return t.notReached;
  if (unit === '1') return (100 * x).toFixed(x > 0 && x < 0.0995 ? 1 : 0);
  return digits(x);
}
export function range(lower: number | null, upper: number | null, unit: string): string {
  if (lower === null && upper === null) return '';
  const open = (x: number | null) => (x === null ? '?' : value(x, unit));
  return `${open(lower)}–${open(upper)}`;
}
export const unitWord = (unit: string): string => (unit === '1' ? t.per100 : unit === 'month' ? t.monthsUnit : unit === '1/year' ? t.perYear : unit);
export const scale = (unit: string): number => (unit === '1' ? 100 : 1);

export function intervalText(i: Interval, unit: string): string {
  return range(i.lower, i.upper, unit);
}
export function publishedText(p: Published, unit: string): string {
  const r = range(p.lower, p.upper, unit);
  return `${value(p.value, unit)}${r ? ` (${r})` : ''}`;
}

/** Whole numbers that sum to `total`, with the least rounding error (largest remainders). */
export function countsOf(shares: number[], total = 100): number[] {
  const raw = shares.map((s) => s * total);
  const floor = raw.map(Math.floor);
  let left = total - floor.reduce((a, b) => a + b, 0);
  const order = raw.map((x, i) => ({ i, r: x - Math.floor(x) })).sort((a, b) => b.r - a.r);
  for (const { i } of order) {
    if (left <= 0) break;
    floor[i] = (floor[i] ?? 0) + 1;
    left--;
  }
  return floor;
}

export const csvCell = (s: unknown): string => {
  const x = s === null || s === undefined ? '' : String(s);
  const safe = /^[=+\-@]/.test(x) && Number.isNaN(Number(x)) ? `'${x}` : x; // no formulas in spreadsheets
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
export const csv = (head: string[], rows: unknown[][]): string =>
  [head, ...rows].map((r) => r.map(csvCell).join(',')).join('\n') + '\n';

export const endpointOf = (list: Endpoint[], id: string): Endpoint | undefined => list.find((e) => e.id === id);
