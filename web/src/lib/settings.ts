// A view as an address and back: whoever opens the link sees the same numbers.
import type { CompareSettings } from './types';

const number = (text: string | null, fallback: number): number => {
  const x = text === null || text === '' ? NaN : Number(text);
  return Number.isFinite(x) ? x : fallback;
};

export function settingsOf(q: URLSearchParams): CompareSettings {
  const set: Record<string, number> = {};
  for (const pair of (q.get('set') ?? '').split(',').filter(Boolean)) {
    const [name, value] = pair.split(':');
    const x = Number(value);
    if (name && value && Number.isFinite(x)) set[name] = x;
  }
  return {
    population: q.get('population') ?? 'unfit-1l',
    regimens: (q.get('regimens') ?? 'clb-obi,ven-obi,clb-rituximab,ibrutinib').split(',').filter(Boolean),
    patients: number(q.get('patients'), 200),
    years: number(q.get('years'), 6),
    seed: number(q.get('seed'), 7),
    set
  };
}

export function queryOf(s: CompareSettings, view: string): URLSearchParams {
  const q = new URLSearchParams({ population: s.population, regimens: s.regimens.join(','), patients: String(s.patients), years: String(s.years), seed: String(s.seed) });
  const set = Object.entries(s.set).map(([k, v]) => `${k}:${v}`);
  if (set.length) q.set('set', set.join(','));
  q.set('view', view);
  return q;
}
