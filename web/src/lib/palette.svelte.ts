// Okabe-Ito colours that keep 3:1 on white and on the dark ground; dash and marker repeat the colour.
export const ink = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#000000'] as const;
export const inkDark = ['#56B4E9', '#E69F00', '#00C08B', '#E59DC6', '#FFFFFF'] as const;
export const dash = ['', '7 3', '2 3', '9 3 2 3', '4 2'] as const;
export const marker = ['circle', 'square', 'triangle', 'diamond', 'times'] as const;
export const MAX_ARMS = 5; // more would need colours that are told apart by few

const media = matchMedia('(prefers-color-scheme: dark)');
const printing = matchMedia('print');
export const scheme = $state({ dark: media.matches && !printing.matches });
const follow = () => (scheme.dark = media.matches && !printing.matches);
media.addEventListener('change', follow);
printing.addEventListener('change', follow);

export const colour = (i: number): string => {
  const set = scheme.dark ? inkDark : ink;
  return set[i % set.length] ?? '#000';
};

/** Moves labels apart by at least `gap`, keeping their order and staying in lo..hi. */
export function spread(at: number[], gap: number, lo: number, hi: number): number[] {
  const order = at.map((_, i) => i).sort((a, b) => (at[a] ?? 0) - (at[b] ?? 0));
  const out = [...at];
  let last = lo - gap;
  for (const i of order) last = out[i] = Math.max(out[i] ?? 0, last + gap);
  last = hi + gap;
  for (const i of order.reverse()) last = out[i] = Math.min(out[i] ?? 0, last - gap);
  return out;
}
