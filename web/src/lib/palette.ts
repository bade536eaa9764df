// Okabe-Ito colours that keep 3:1 on white and on the dark ground; dash and marker repeat the colour.
export const ink = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#000000'] as const;
export const inkDark = ['#56B4E9', '#E69F00', '#00C08B', '#E59DC6', '#FFFFFF'] as const;
export const dash = ['', '7 3', '2 3', '9 3 2 3', '4 2'] as const;
export const marker = ['circle', 'square', 'triangle', 'diamond', 'times'] as const;

export const isDark = (): boolean => matchMedia('(prefers-color-scheme: dark)').matches;
export const colour = (i: number): string => {
  const set = isDark() ? inkDark : ink;
  return set[i % set.length] ?? '#000';
};
